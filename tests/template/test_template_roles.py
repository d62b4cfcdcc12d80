"""The roles that the template makes, and the Slack channel, in which people could act with one of them."""

import copy
import re
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from rendering import FLEET, RenderedStack, template

BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"
SLACK = {"SlackWorkspaceId": "T012ABCDEFG", "SlackChannelId": "C012ABCDEFG"}
ASK_FOR_REQUESTS = "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota"
CHANNEL = "AWS::Chatbot::SlackChannelConfiguration"


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Every role, including the one that the SAM transform makes for the schedule."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    function_as_packaged = copy.deepcopy(template())
    for one in function_as_packaged["Resources"].values():
        if one["Type"] == "AWS::Serverless::Function":
            one["Properties"]["CodeUri"] = "s3://bucket/key"
    transformed = Translator({}, Parser()).translate(function_as_packaged, {})
    found = {name: one["Properties"] for name, one in transformed["Resources"].items() if one["Type"] == "AWS::IAM::Role"}
    assert set(found) == {"MonitorRole", "MonitorScheduleRole", "PageRole", "SlackRole"}
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
        ["ses:GetSendQuota", "ses:GetSendStatistics", "ses:GetAccount", ASK_FOR_REQUESTS],
        {"StringEquals": {"aws:RequestedRegion": expected}},
    )]


def test_no_region_is_closed_to_the_function_that_checks_all() -> None:
    reading = statements(Regions="all")["ReadSendQuota"]
    assert reading.keys() == statements()["ReadSendQuota"].keys() - {"Condition"}
    assert statements()["ReadSendQuota"] | {"Condition": None} == reading | {"Condition": None}


def statements(**parameters: str) -> dict[str, dict[str, Any]]:
    """The statements of the function's role, by Sid."""
    [policy] = RenderedStack(parameters=parameters).properties("MonitorRole")["Policies"]
    return {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}


def test_other_accounts_need_three_statements_more_which_are_as_narrow_as_can_be() -> None:
    stack = RenderedStack(parameters=FLEET)
    assert {sid: each for sid, each in statements(**FLEET).items() if sid not in statements()} == {
        "AssumeReaderRoles": {
            "Sid": "AssumeReaderRoles", "Effect": "Allow", "Action": "sts:AssumeRole",
            "Resource": "arn:aws:iam::*:role/ses-quota-monitor-reader",
        },
        "ListAccounts": {
            "Sid": "ListAccounts", "Effect": "Allow", "Resource": "*",
            "Action": ["organizations:ListAccounts", "organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"],
        },
        "DivideChecks": {
            "Sid": "DivideChecks", "Effect": "Allow", "Resource": stack.attribute("WorkQueue", "Arn"),
            "Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        },
    }
    assert {sid: each for sid, each in statements(**FLEET).items() if sid in statements()} == statements()


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-eusc"])
def test_the_function_may_assume_the_reader_role_of_its_partition_alone(partition: str) -> None:
    stack = RenderedStack(partition=partition, parameters=FLEET | {"ReaderRole": "quota-reader"})
    [policy] = stack.properties("MonitorRole")["Policies"]
    [assuming] = [each for each in policy["PolicyDocument"]["Statement"] if each["Action"] == "sts:AssumeRole"]
    assert assuming["Resource"] == f"arn:{partition}:iam::*:role/quota-reader"


def test_a_key_of_your_own_is_for_the_work_queue_too() -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/1"
    assert statements(KmsKeyArn=key, **FLEET)["UseKmsKey"] == statements(KmsKeyArn=key)["UseKmsKey"]
    using = statements(KmsKeyArn=key)["UseKmsKey"]
    # A sender needs both, a receiver the first (Amazon SQS Developer Guide, "Amazon SQS Key management").
    assert using["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert "sqs.us-east-1.*" in using["Condition"]["StringLike"]["kms:ViaService"]


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
