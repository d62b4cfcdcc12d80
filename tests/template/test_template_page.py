"""The fleet page: a second function of the same code, that may read the table and nothing else, and its widget."""

import json
import re
from math import ceil
from typing import Any

import pytest

from rendering import FLEET, PAGE, RenderedStack, template
from test_template_cost import GB_SECOND, INVOCATION, KEPT_BYTES, READ
from toolkit.paths import PROJECT

KEY = "arn:aws:kms:us-east-1:111122223333:key/1"
# What a stack has beside the page: the page must not change it.
UNCHANGED = ("AWS::CloudWatch::Alarm", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::DynamoDB::Table")


def page_statements(**parameters: str) -> dict[str, dict[str, Any]]:
    [policy] = RenderedStack(parameters=PAGE | parameters).properties("PageRole")["Policies"]
    return {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}


def widget(**parameters: str) -> list[dict[str, Any]]:
    [dashboard] = RenderedStack(parameters=parameters).resources("AWS::CloudWatch::Dashboard").values()
    return [one for one in json.loads(dashboard["DashboardBody"])["widgets"] if one["type"] == "custom"]


def test_without_the_page_there_is_nothing_of_it() -> None:
    stack = RenderedStack()
    assert template()["Parameters"]["FleetPage"]["Default"] == "false"
    assert set(stack.resources("AWS::Serverless::Function")) == {"Monitor"}
    assert set(stack.resources("AWS::Logs::LogGroup")) == {"LogGroup"}
    assert not widget() and not widget(**FLEET)


def test_the_page_changes_nothing_else() -> None:
    for parameters in ({}, FLEET):
        with_page, without = RenderedStack(parameters=PAGE | parameters), RenderedStack(parameters=parameters)
        for kind in UNCHANGED:
            assert with_page.resources(kind) == without.resources(kind)
        assert with_page.properties("MonitorRole") == without.properties("MonitorRole")


def test_the_page_may_read_the_table_and_write_its_log_and_nothing_else() -> None:
    stack = RenderedStack(parameters=PAGE)
    assert page_statements() == {
        "ReadSnapshot": {
            "Sid": "ReadSnapshot", "Effect": "Allow", "Action": "dynamodb:BatchGetItem", "Resource": stack.attribute("StateTable", "Arn"),
        },
        "WriteLogs": {
            "Sid": "WriteLogs", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": stack.attribute("PageLogGroup", "Arn"),
        },
    }
    assert "ManagedPolicyArns" not in stack.properties("PageRole")
    [trust] = stack.properties("PageRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust == {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_a_key_of_your_own_is_used_to_read_the_table_alone() -> None:
    more = {sid: each for sid, each in page_statements(KmsKeyArn=KEY).items() if sid not in page_statements()}
    assert more == {"UseKmsKey": {
        "Sid": "UseKmsKey", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY,
        "Condition": {"StringLike": {"kms:ViaService": "dynamodb.us-east-1.*"}},
    }}
    stack = RenderedStack(parameters=PAGE | {"KmsKeyArn": KEY})
    assert stack.properties("PageLogGroup")["KmsKeyId"] == KEY


@pytest.mark.parametrize("snapshot, page, expected", [
    ("false", "false", "false"), ("true", "false", "true"), ("false", "true", "true"), ("true", "true", "true"),
])
def test_the_page_has_something_to_show(snapshot: str, page: str, expected: str) -> None:
    stack = RenderedStack(parameters={"Snapshot": snapshot, "FleetPage": page})
    assert stack.properties("Monitor")["Environment"]["Variables"]["SNAPSHOT"] == expected


def test_the_function_knows_its_purpose_its_table_and_the_interval_and_no_topic() -> None:
    stack = RenderedStack(parameters=PAGE | {"CheckIntervalMinutes": "15"})
    monitor, page = stack.properties("Monitor"), stack.properties("PageFunction")
    variables = page["Environment"]["Variables"]
    assert variables == {"FLEET_PAGE": "true", "STATE_TABLE": stack.ref("StateTable"), "CHECK_INTERVAL_MINUTES": "15"}
    assert variables.items() - {("FLEET_PAGE", "true")} <= monitor["Environment"]["Variables"].items()
    assert page["Role"] == stack.attribute("PageRole", "Arn") and "Events" not in page


def test_the_code_is_built_once_for_both_functions() -> None:
    """AWS SAM CLI builds functions together whose code, runtime, architecture and build settings are the same."""
    monitor, page = (template()["Resources"][name] for name in ("Monitor", "PageFunction"))
    assert monitor["Metadata"] == page["Metadata"]
    for name in ("CodeUri", "Handler", "Runtime", "Architectures"):
        assert monitor["Properties"][name] == page["Properties"][name]


def test_the_name_is_one_that_cloudwatch_lists_and_lambda_accepts() -> None:
    """Amazon CloudWatch User Guide, "Create a custom widget for a CloudWatch dashboard"; Lambda API, "FunctionName"."""
    name = RenderedStack(name="s" * 51, parameters=PAGE).properties("PageFunction")["FunctionName"]
    assert name.startswith("customWidget") and re.fullmatch("[a-zA-Z0-9-_]{1,64}", name)
    assert "51" in template()["Parameters"]["FleetPage"]["Description"]


@pytest.mark.parametrize("parameters", [PAGE, PAGE | FLEET])
def test_the_widget_is_the_first_thing_on_the_dashboard(parameters: dict[str, str]) -> None:
    [page] = widget(**parameters)
    assert (page["x"], page["y"], page["width"]) == (0, 0, 24)
    properties = page["properties"]
    assert properties["endpoint"] == RenderedStack(parameters=parameters).attribute("PageFunction", "Arn")
    # It comes anew with the dashboard. Its size and the time range of the graphs change nothing in it.
    assert properties["updateOn"] == {"refresh": True, "resize": False, "timeRange": False}
    assert properties["params"] == {"filter": ""}


# A dashboard that is refreshed every minute, day and night, for a month of 30 days.
VIEWS = 30 * 24 * 60


def test_the_documentation_has_what_a_view_costs() -> None:
    page = " ".join((PROJECT / "docs" / "fleet-page.md").read_text().split())
    [probed] = re.findall(r"PROBED: usize = (\d+)", (PROJECT / "src/aws/dynamodb/snapshot/read.rs").read_text())
    one, many = (int(probed) + ceil(targets * KEPT_BYTES / 4_096) - 1 for targets in (1, 10_000))
    assert f"{one} read request units for one target, about {round(many, -1)} for 10,000" in page
    assert f"{VIEWS * one * READ:.2f} or {VIEWS * round(many, -1) * READ:.2f} USD a month" in page
    memory = template()["Resources"]["PageFunction"]["Properties"]["MemorySize"]
    function = VIEWS * (INVOCATION + 0.5 * memory / 1_024 * GB_SECOND)
    assert function <= 0.06 and "at most 0.06 for the function" in page
