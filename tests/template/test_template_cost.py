"""What the documentation says that the monitor costs: computed from what the template creates and what the function counts."""

import re
from dataclasses import dataclass
from math import ceil

import pytest

from published import ALONE, OF_A_TARGET
from rendering import FLEET, RenderedStack, template
from toolkit.paths import PROJECT

PAGE, README = (PROJECT / "docs" / "metrics.md").read_text(), (PROJECT / "README.md").read_text()
DETAILS = template()["Parameters"]["MetricDetail"]["AllowedValues"]

# A month of 30 days, with a check every 5 minutes.
MINUTES = 30 * 24 * 60
CHECKS = MINUTES // template()["Parameters"]["CheckIntervalMinutes"]["Default"]
# List prices in us-east-1, in USD: the AWS pricing pages of CloudWatch, Lambda, DynamoDB (on-demand), EventBridge and SQS.
DASHBOARD, ALARM = 3.00, 0.10
METRIC_TIERS = [(10_000, 0.30), (240_000, 0.10)]
PUT_METRIC_DATA, LOG_KB = 0.01 / 1_000, 0.50 / 1_000_000
INVOCATION, GB_SECOND = 0.20 / 1_000_000, 0.0000166667
READ, WRITE, SCHEDULED, QUEUE_REQUEST = 0.125 / 1_000_000, 0.625 / 1_000_000, 1.00 / 1_000_000, 0.40 / 1_000_000
# Lambda polls a queue with five requests that wait 20 seconds each; a message is sent, received and deleted.
POLLS, REQUESTS_PER_MESSAGE = 5 * 3 * MINUTES, 3
# An invocation writes 2.3 KB of log, and 170 bytes more for each target that it lists after the first, of up to 100.
LOG_OF_INVOCATION, LOG_OF_TARGET, MOST_LISTED = 2.3, 0.17, 100
# What is kept of a target, with SNAPSHOT.
KEPT_BYTES = 140


def constant(file: str, pattern: str) -> int:
    [value] = re.findall(pattern, (PROJECT / "src" / file).read_text())
    return int(value.replace("_", ""))


METRICS = constant("metrics/mod.rs", r"MOST_METRICS: usize = ([\d_]+)")
TARGETS_PER_REQUEST = constant("aws/cloudwatch.rs", r"MOST_DATA: usize = ([\d_]+)") // METRICS
SUBJECTS = constant("alert/subject.rs", r"ALL: \[Self; (\d+)\]")
SHARD_TARGETS = template()["Parameters"]["ShardTargets"]["Default"]


def section(heading: str) -> str:
    [found] = re.findall(rf"^### {heading}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found


def rows(text: str) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in text.splitlines() if row.startswith("| ")]
    return {label: values for label, *values in cells if label and not label.startswith("---")}


@dataclass(frozen=True)
class Fleet:
    targets: int
    accounts: int
    sending: int
    # As the page has them: measured, not computed.
    memory: int = 0
    seconds: float = 0

    @property
    def stack(self) -> RenderedStack:
        return RenderedStack(parameters=FLEET if self.accounts > 1 else {})

    @property
    def parts(self) -> int:
        return ceil(self.targets / SHARD_TARGETS) if self.accounts > 1 else 1

    @property
    def invocations(self) -> int:
        """One more, which divides the check, if it is divided."""
        return self.parts + (self.parts > 1)

    @property
    def items(self) -> int:
        """Those of each subject of a target, and one for each account but the monitor's own."""
        return self.targets * SUBJECTS + self.accounts - 1

    def measured(self, detail: str) -> int:
        return {"all": self.targets, "sending": self.sending, "fleet": 0}[detail]

    def metrics(self, detail: str) -> int:
        """Without that of parts that failed: it is there only then."""
        is_single = self.targets == 1 and detail == "all"
        alone = {"HighestAlertLevel", "Subscribers"} if is_single else ALONE.keys() - {"ShardsFailed"}
        return self.measured(detail) * METRICS + len(alone)

    def requests(self, detail: str) -> int:
        """What is measured of all together takes a place like a target."""
        return self.parts * ceil((ceil(self.measured(detail) / self.parts) + 1) / TARGETS_PER_REQUEST)

    def installed(self) -> float:
        created = [len(self.stack.resources(f"AWS::CloudWatch::{kind}")) for kind in ["Dashboard", "Alarm"]]
        return created[0] * DASHBOARD + created[1] * ALARM

    def computing(self) -> float:
        return CHECKS * self.invocations * (INVOCATION + self.seconds * self.memory / 1_024 * GB_SECOND)

    def reads(self) -> float:
        return CHECKS * self.items * READ

    def others(self) -> float:
        messages = self.parts if self.parts > 1 else 0
        queue = (POLLS + CHECKS * messages * REQUESTS_PER_MESSAGE) * QUEUE_REQUEST if self.accounts > 1 else 0
        listed = self.targets - 1 if self.targets <= MOST_LISTED else 0
        log = self.invocations * LOG_OF_INVOCATION + listed * LOG_OF_TARGET
        return CHECKS * (SCHEDULED + log * LOG_KB) + queue

    def measuring(self, detail: str) -> float:
        cost, left = CHECKS * self.requests(detail) * PUT_METRIC_DATA, self.metrics(detail)
        for size, price in METRIC_TIERS:
            cost, left = cost + min(left, size) * price, max(left - size, 0)
        assert not left
        return cost

    def keeping(self) -> float:
        return CHECKS * self.parts * ceil(self.targets / self.parts * KEPT_BYTES / 1_024) * WRITE

    def sum(self, detail: str) -> float:
        return self.installed() + self.computing() + self.reads() + self.others() + self.measuring(detail)


SHOWN = rows(section("Many accounts and Regions"))
MEMORY, SECONDS = SHOWN["memory of an invocation, MB"], SHOWN["seconds of an invocation, at most"]
SIZES = [(1, 1, 1), (10, 1, 1), (240, 40, 24), (10_000, 5_000, 1_000)]
FLEETS = [Fleet(*size, int(memory.replace(",", "")), float(seconds))
          for size, memory, seconds in zip(SIZES, MEMORY, SECONDS, strict=True)]


def usd(amount: float) -> str:
    return f"{amount:,.2f}"


def right_rows() -> dict[str, list[str]]:
    return {
        "invocations a check": [f"{fleet.invocations:,}" for fleet in FLEETS],
        "memory of an invocation, MB": MEMORY,
        "seconds of an invocation, at most": SECONDS,
        "items read a check": [f"{fleet.items:,}" for fleet in FLEETS],
        **{f"custom metrics with `{detail}`, at most": [f"{fleet.metrics(detail):,}" for fleet in FLEETS] for detail in DETAILS},
        **{f"`PutMetricData` requests a check with `{detail}`": [f"{fleet.requests(detail):,}" for fleet in FLEETS]
           for detail in DETAILS},
        "dashboard and alarms": [usd(fleet.installed()) for fleet in FLEETS],
        "Lambda": [usd(fleet.computing()) for fleet in FLEETS],
        "DynamoDB reads": [usd(fleet.reads()) for fleet in FLEETS],
        "schedule, work queue, logs": [usd(fleet.others()) for fleet in FLEETS],
        **{f"metrics with `{detail}`": [usd(fleet.measuring(detail)) for fleet in FLEETS] for detail in DETAILS},
        **{f"**sum with `{detail}`**": [f"**{usd(fleet.sum(detail))}**" for fleet in FLEETS] for detail in DETAILS},
        "`Snapshot` adds": [usd(fleet.keeping()) for fleet in FLEETS],
    }


def test_a_target_has_as_many_metrics_as_fit_a_request() -> None:
    assert len(OF_A_TARGET) == METRICS


def test_the_sum_of_one_region_counts_every_metric_and_every_alarm() -> None:
    cost, [one, *_] = section("One Region"), FLEETS
    alone, alarms = one.metrics("all") - METRICS, len(one.stack.resources("AWS::CloudWatch::Alarm"))
    assert f"| alarms | {alarms} × 0.10 | {alarms * ALARM:.2f} |" in cost
    assert f"| custom metrics, at most | ({METRICS} + {alone}) × 0.30 | {one.metrics('all') * 0.3:.2f} |" in cost
    total = usd(sum(map(float, re.findall(r"^\| .* \| .* \| (\d+\.\d+) \|$", cost, re.MULTILINE))))
    assert f"| **sum** | | **{total}** |" in cost
    assert f"About **{total} USD a month**" in README and total == usd(one.sum("all"))


def test_each_further_region_adds_metrics() -> None:
    first, second = (Fleet(targets, 1, 0).metrics("all") for targets in (1, 2))
    together = second - first - METRICS
    each, both = f"{METRICS * 0.3:.2f}", f"{together * 0.3:.2f}"
    assert f"- Each further Region adds {METRICS} custom metrics, at most {each} USD." in PAGE
    assert f"The second one also adds {together} metrics of both together, {both} USD." in PAGE
    assert f"Each further Region adds {each} at most, and the second one {both} more." in README.replace("\n", " ")


def test_the_sums_of_many_targets_are_right() -> None:
    assert SHOWN == right_rows()


@pytest.mark.parametrize("fleet", FLEETS, ids=lambda fleet: str(fleet.targets))
def test_the_readme_has_the_sums(fleet: Fleet) -> None:
    [row] = re.findall(rf"^\| {fleet.targets:,} \|.*?\| ([\d.,| ]+) \|$", README, re.MULTILINE)
    assert row.split(" | ") == [usd(fleet.sum(detail)) for detail in DETAILS]
