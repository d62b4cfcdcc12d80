"""The dashboard: widgets side by side, metrics that the function publishes, and thresholds where the parameters put them."""

import json
import re
from itertools import chain, combinations
from typing import Any

import pytest

from published import ALONE, OF_A_TARGET, SOURCE
from rendering import ACCOUNT, FLEET, PAGE, RenderedStack
from toolkit.paths import PROJECT

COLUMNS = 24
EVERY_REGION = {"Regions": "all"}
KINDS: list[dict[str, str]] = [{}, FLEET, EVERY_REGION, FLEET | EVERY_REGION, PAGE, FLEET | PAGE]


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


@pytest.mark.parametrize("parameters", KINDS)
def test_the_widgets_fill_the_grid_and_do_not_overlap(parameters: dict[str, str]) -> None:
    cells = [
        {(x, y) for x in range(one["x"], one["x"] + one["width"]) for y in range(one["y"], one["y"] + one["height"])}
        for one in widgets(**parameters)
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


def test_with_other_accounts_each_line_is_one_of_any_account_and_names_it() -> None:
    every = list(chain(*(searches(one["properties"]) for one in widgets(**FLEET))))
    assert len(every) == len(list(chain(*(searches(one["properties"]) for one in widgets()))))
    for one in every:
        assert "Account=" not in one["expression"]
        assert one["label"].startswith("${PROP('Dim.Account')} ${PROP('Dim.Region')}")
        # "CloudWatch search expression syntax": at most 1,024 characters.
        assert len(one["expression"]) + 255 <= 1024


def alone(widget: dict[str, Any]) -> list[str]:
    """The metrics of a widget that are the function's own, and have no dimensions."""
    return [name for namespace, name, *rest in (one for one in widget.get("metrics", []) if len(one) > 1)
            if namespace == "SESQuotaMonitor"]


def test_with_other_accounts_the_sums_of_all_come_first() -> None:
    first, second = [one for one in widgets(**FLEET) if one["y"] == 8]
    assert alone(first["properties"]) == ["TargetsExhausted", "TargetsCritical", "TargetsWarning", "TargetsUnread"]
    assert alone(second["properties"]) == ["TargetsChecked", "HighestUtilization"]
    # Each part of a check counts its own.
    assert first["properties"]["stat"] == second["properties"]["stat"] == "Sum"
    [highest] = [one[-1] for one in second["properties"]["metrics"] if one[1] == "HighestUtilization"]
    assert (highest["stat"], highest["yAxis"]) == ("Maximum", "right")
    assert not list(chain(*(alone(one["properties"]) for one in widgets())))


def test_the_function_publishes_the_sums_that_the_dashboard_shows() -> None:
    shown = set(chain(*(alone(one["properties"]) for one in widgets(**FLEET))))
    assert shown and shown <= set(re.findall(r'"(\w+)"', SOURCE))


@pytest.mark.parametrize("parameters", [{}, FLEET])
def test_the_health_of_the_monitor_is_all_alarms_about_it(parameters: dict[str, str]) -> None:
    stack = RenderedStack(parameters=parameters)
    [health] = [one["properties"] for one in widgets(**parameters) if one["type"] == "alarm"]
    assert sorted(health["alarms"]) == sorted(stack.attribute(name, "Arn") for name in stack.resources("AWS::CloudWatch::Alarm"))


@pytest.mark.parametrize("regions, title, shown", [
    ("", "SES", ["us-east-1"]),
    ("eu-west-1,us-west-2", "SES", ["eu-west-1", "us-west-2"]),
    ("all", "SES in us-east-1", ["us-east-1"]),
])
@pytest.mark.parametrize("accounts, whose", [("", ""), ("organization", ", own account")])
def test_the_graphs_of_ses_name_what_they_show_where_it_is_not_all(
    regions: str, title: str, shown: list[str], accounts: str, whose: str
) -> None:
    graphs = [one["properties"] for one in widgets(Regions=regions, Accounts=accounts)
              if one["properties"].get("title", "").startswith("SES")]
    assert len(graphs) == 5
    for one in graphs:
        assert one["title"].startswith(f"{title}{whose}: ")
        assert [last["region"] for *_, last in one["metrics"]] == shown


def test_the_text_names_the_regions_and_how_to_read_many_accounts() -> None:
    def text(**parameters: str) -> str:
        [one] = [one["properties"]["markdown"] for one in widgets(**parameters) if one["type"] == "text"]
        return one

    assert text(Regions="eu-west-1,us-west-2").startswith("# SES send quota and account status: eu-west-1, us-west-2\n")
    assert text(Regions="all").startswith("# SES send quota and account status: all Regions\n")
    assert text(**FLEET) == text() + text(**FLEET).removeprefix(text())
    assert "500 lines at most" in text(**FLEET).removeprefix(text())


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
    assert dict(rows) == OF_A_TARGET | ALONE
