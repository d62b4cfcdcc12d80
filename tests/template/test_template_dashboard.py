"""The dashboard: widgets side by side, metrics that the function publishes, and thresholds where the parameters put them."""

import json
import re
from itertools import chain, combinations
from typing import Any

import pytest

from rendering import ACCOUNT, RenderedStack
from toolkit.paths import PROJECT

COLUMNS = 24
# What the function publishes: `metric("QuotaUtilization", Unit::Percent, ...)`, and by itself `Metric { name: "Subscribers", ... }`.
SOURCE = (PROJECT / "src" / "metrics" / "mod.rs").read_text().split("#[cfg(test)]")[0]
OF_A_TARGET = re.findall(r'\bmetric\("(\w+)", Unit::', SOURCE)
ALONE = re.findall(r'Metric \{ name: "(\w+)"', SOURCE)
assert OF_A_TARGET and ALONE


def widgets(**parameters: str) -> list[dict[str, Any]]:
    [dashboard] = RenderedStack(parameters=parameters).resources("AWS::CloudWatch::Dashboard").values()
    return json.loads(dashboard["DashboardBody"])["widgets"]


def titled(title: str, **parameters: str) -> dict[str, Any]:
    [found] = [one["properties"] for one in widgets(**parameters) if one["properties"].get("title") == title]
    return found


def searches(widget: dict[str, Any]) -> list[dict[str, str]]:
    """The metrics of a widget that CloudWatch searches for."""
    return [last for *_, last in widget.get("metrics", []) if isinstance(last, dict) and "expression" in last]


def searched(widget: dict[str, Any]) -> list[str]:
    return [re.findall(r'MetricName="(\w+)"', one["expression"])[0] for one in searches(widget)]


def test_the_widgets_fill_the_grid_and_do_not_overlap() -> None:
    cells = [
        {(x, y) for x in range(one["x"], one["x"] + one["width"]) for y in range(one["y"], one["y"] + one["height"])}
        for one in widgets()
    ]
    for one, other in combinations(cells, 2):
        assert not one & other
    covered = set(chain(*cells))
    assert covered == {(x, y) for x in range(COLUMNS) for y in range(1 + max(y for _, y in covered))}


def test_every_search_is_for_a_metric_that_the_function_publishes() -> None:
    every = [one["properties"] for one in widgets(MetricNamespace="Some/Name")]
    names = list(chain(*map(searched, every)))
    assert names and set(names) <= set(OF_A_TARGET)
    for one in chain(*map(searches, every)):
        assert f'SEARCH(\'{{"Some/Name",Account,Region}} MetricName="' in one["expression"]
        assert f'Account="{ACCOUNT}"' in one["expression"] and "${PROP('Dim.Region')}" in one["label"]
    for one in every:
        identifiers = [each["id"] for each in searches(one)]
        assert len(identifiers) == len(set(identifiers)), one["title"]


def test_the_dashboard_shows_every_metric_of_a_target() -> None:
    shown = set(chain(*(searched(one["properties"]) for one in widgets())))
    # The rate that SES accepts does not move: what is used of it does.
    assert set(OF_A_TARGET) - shown == {"MaxSendRate"}


def test_what_is_expected_is_beside_what_is_used() -> None:
    expected = titled("Expected peak of the next 24 hours")
    assert searched(expected) == ["QuotaUtilization", "ForecastPeakUtilization"]
    assert [one["label"] for one in searches(expected)] == ["${PROP('Dim.Region')} used", "${PROP('Dim.Region')} expected peak"]


@pytest.mark.parametrize("title", ["Utilization of the send quota", "Expected peak of the next 24 hours"])
def test_a_graph_of_the_utilization_shows_the_thresholds(title: str) -> None:
    lines = titled(title, WarningPercent="60.5", CriticalPercent="90")["annotations"]["horizontal"]
    assert {one["label"]: one["value"] for one in lines} == {"WARNING": 60.5, "CRITICAL": 90, "EXHAUSTED": 100}


def test_the_send_rate_is_shown_as_a_share_of_its_maximum() -> None:
    rate = titled("Send rate, average of a quarter hour")
    assert searched(rate) == ["SendRateUtilization"]
    assert [one["value"] for one in rate["annotations"]["horizontal"]] == [100]


def test_the_text_says_how_to_read_the_expected_peak() -> None:
    [text] = [one["properties"]["markdown"] for one in widgets(WarningPercent="70") if one["type"] == "text"]
    [line] = [one for one in text.splitlines() if one.startswith("**The expected peak.**")]
    assert "expected, not certain" in line and "gap" in line and "70%" in line


def test_the_documentation_lists_every_metric_with_its_unit() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\w/]+) \|", (PROJECT / "docs/metrics.md").read_text(), re.MULTILINE)
    units = {"CountPerSecond": "Count/Second"}
    published = re.findall(r'(?:\bmetric\(|name: )"(\w+)",\s*(?:unit: )?Unit::(\w+)', SOURCE)
    assert dict(rows) == {name: units.get(unit, unit) for name, unit in published}


def test_the_cost_counts_every_metric() -> None:
    cost, price = (PROJECT / "docs/metrics.md").read_text(), 0.3
    each, alone = len(OF_A_TARGET), len(ALONE)
    assert f"| custom metrics, at most | ({each} + {alone}) × 0.30 | {(each + alone) * price:.2f} |" in cost
    assert f"- Each further Region adds {each} custom metrics, at most {each * price:.2f} USD." in cost
    assert f"Each further Region adds {each * price:.2f} at most." in (PROJECT / "README.md").read_text().replace("\n", " ")
