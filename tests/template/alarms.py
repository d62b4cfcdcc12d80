"""How CloudWatch evaluates an alarm, as far as the template's alarms use it.

From the Amazon CloudWatch User Guide: "Configuring how CloudWatch alarms treat missing data", "Alarm evaluation window"
(a sliding window, evaluated each minute) and "Math expressions with metrics". Only `FILL` is known of metric math.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# CloudWatch retrieves more data points than it evaluates, in case some are missing. How many is not documented for each
# period; in the examples of the user guide it is two more.
EXTRA_PERIODS = 2
STATISTICS = {"Sum": sum, "Maximum": max, "Minimum": min}
COMPARISONS = {
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
}
Metric = tuple[str, str, str]
"""Namespace, name and dimensions."""


def metric(namespace: str, name: str, **dimensions: str) -> Metric:
    return namespace, name, str(sorted(dimensions.items()))


@dataclass(frozen=True)
class Point:
    """A value that a service publishes, at a time in seconds."""

    at: float
    value: float


@dataclass(frozen=True)
class Alarm:
    """An alarm, by its rendered properties."""

    properties: dict[str, Any]

    def state(self, datapoints: list[float | None], before: str = "OK") -> str:
        """The state after an evaluation of these data points, the most recent last; None stands for a missing one."""
        evaluated = self.properties["EvaluationPeriods"]
        to_alarm = self.properties.get("DatapointsToAlarm", evaluated)
        missing = self.properties["TreatMissingData"]
        real = [value for value in datapoints[-evaluated - EXTRA_PERIODS:] if value is not None]
        compare, threshold = COMPARISONS[self.properties["ComparisonOperator"]], self.properties["Threshold"]
        breaching = [compare(value, threshold) for value in real][-evaluated:]
        filled = evaluated - len(breaching)
        if sum(breaching) + (filled if missing == "breaching" else 0) >= to_alarm:
            return "ALARM"
        return before if missing == "ignore" and filled and all(breaching) else "OK"

    def states(self, published: dict[Metric, list[Point]], minutes: int) -> Iterator[tuple[int, str]]:
        """The time and the state at each full minute, when these points are published."""
        state = "OK"
        for now in range(60, 60 * minutes + 1, 60):
            state = self.state(self._datapoints(published, now), state)
            yield now, state

    def _datapoints(self, published: dict[Metric, list[Point]], now: int) -> list[float | None]:
        found, period, statistic, fill = self._watched()
        points = published.get(found, [])
        datapoints: list[float | None] = []
        for back in range(self.properties["EvaluationPeriods"] + EXTRA_PERIODS, 0, -1):
            values = [each.value for each in points if now - back * period < each.at <= now - (back - 1) * period]
            datapoints.append(STATISTICS[statistic](values) if values else fill)
        return datapoints

    def _watched(self) -> tuple[Metric, int, str, float | None]:
        """The metric, the period, the statistic, and what takes the place of missing data points before the evaluation."""
        one, fill = self.properties, None
        if "Metrics" in one:
            [math] = [each for each in one["Metrics"] if each.get("ReturnData", True)]
            filled = re.fullmatch(r"FILL\((\w+), (\d+)\)", math["Expression"])
            assert filled, math["Expression"]
            [stat] = [each["MetricStat"] for each in one["Metrics"] if each["Id"] == filled.group(1)]
            fill = float(filled.group(2))
            one = stat["Metric"] | {"Period": stat["Period"], "Statistic": stat["Stat"]}
        dimensions = {each["Name"]: each["Value"] for each in one.get("Dimensions", [])}
        return metric(one["Namespace"], one["MetricName"], **dimensions), one["Period"], one["Statistic"], fill
