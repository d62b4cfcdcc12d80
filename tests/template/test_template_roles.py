"""The roles that the template makes, and the Slack channel, in which people could act with one of them."""

import copy
import re
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from rendering import RenderedStack, template

BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"
SLACK = {"SlackWorkspaceId": "T012ABCDEFG", "SlackChannelId": "C012ABCDEFG"}
CHANNEL = "AWS::Chatbot::SlackChannelConfiguration"


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Every role, including the one that the SAM transform makes for the schedule."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    function_as_packaged = copy.deepcopy(template())
    function_as_packaged["Resources"]["Monitor"]["Properties"]["CodeUri"] = "s3://bucket/key"
    transformed = Translator({}, Parser()).translate(function_as_packaged, {})
    found = {name: one["Properties"] for name, one in transformed["Resources"].items() if one["Type"] == "AWS::IAM::Role"}
    assert set(found) == {"MonitorRole", "MonitorScheduleRole", "SlackRole"}
    return found


@pytest.mark.parametrize("parameters, expected", [({}, None), ({"PermissionsBoundaryArn": BOUNDARY}, BOUNDARY)])
def test_every_role_has_the_permissions_boundary(
    roles: dict[str, dict[str, Any]], parameters: dict[str, str], expected: str | None
) -> None:
    for name, properties in roles.items():
        boundary = RenderedStack(parameters=parameters).render({"at": properties["PermissionsBoundary"]}).get("at")
        assert boundary == expected, name


@pytest.mark.parametrize("regions, expected", [("", ["us-east-1"]), ("eu-west-1,us-west-2", ["eu-west-1", "us-west-2"])])
def test_the_function_may_read_ses_in_the_regions_it_checks_and_nothing_else_of_it(regions: str, expected: list[str]) -> None:
    [policy] = RenderedStack(parameters={"Regions": regions}).properties("MonitorRole")["Policies"]
    of_ses = [each for each in policy["PolicyDocument"]["Statement"] if "ses:" in str(each["Action"])]
    assert [(each["Action"], each["Condition"]) for each in of_ses] == [(
        ["ses:GetSendQuota", "ses:GetSendStatistics", "ses:GetAccount"],
        {"StringEquals": {"aws:RequestedRegion": expected}},
    )]


@pytest.mark.parametrize("parameters", [{}, {"SlackWorkspaceId": "T012ABCDEFG"}, {"SlackChannelId": "C012ABCDEFG"}])
def test_without_a_slack_channel_there_is_no_role_for_it(parameters: dict[str, str]) -> None:
    stack = RenderedStack(parameters=parameters)
    assert stack.resources(CHANNEL) == {}
    assert set(stack.resources("AWS::IAM::Role")) == {"MonitorRole"}


def test_the_slack_channel_shows_the_alert_topic_and_nothing_twice() -> None:
    stack = RenderedStack(parameters=SLACK | {"OperatorTopicArn": "arn:aws:sns:us-east-1:111122223333:operators"})
    [channel] = stack.resources(CHANNEL).values()
    assert channel["SnsTopicArns"] == [stack.ref("AlertTopic")]
    assert SLACK.items() <= channel.items()


def test_nobody_in_the_slack_channel_can_do_anything() -> None:
    stack = RenderedStack(parameters=SLACK)
    [channel] = stack.resources(CHANNEL).values()
    role = stack.resources("AWS::IAM::Role")["SlackRole"]
    assert channel["IamRoleArn"] == stack.attribute("SlackRole", "Arn")
    # The channel's role, and the roles that members choose for themselves: guardrails limit both.
    assert not {"Policies", "ManagedPolicyArns"} & role.keys()
    assert channel["GuardrailPolicies"] == ["arn:aws:iam::aws:policy/AWSDenyAll"]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust == {"Effect": "Allow", "Principal": {"Service": "chatbot.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_the_name_of_the_slack_channel_is_valid_for_the_longest_stack_name() -> None:
    """AWS::Chatbot::SlackChannelConfiguration, "ConfigurationName"."""
    [channel] = RenderedStack(name="s" * 128, parameters=SLACK).resources(CHANNEL).values()
    assert re.fullmatch("[A-Za-z0-9-_]{1,128}", channel["ConfigurationName"])


@pytest.mark.parametrize("parameter, values", [
    ("SlackWorkspaceId", {"": True, "T012ABCDEFG": True, "t012": False, "T 12": False}),
    ("SlackChannelId", {"": True, "C012ABCDEFG": True, "#alerts": False, "https://example.slack.com/archives/C012": False}),
])
def test_an_id_that_slack_does_not_have_is_refused(parameter: str, values: dict[str, bool]) -> None:
    pattern = template()["Parameters"][parameter]["AllowedPattern"]
    assert {value: bool(re.fullmatch(pattern, value)) for value in values} == values
