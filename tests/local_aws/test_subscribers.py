"""The commands with which the documentation adds subscribers, run where policies are enforced, and the Slack channel."""

import json
from typing import Any

import pytest

from local.account import Account
from local.server import LocalAws
from toolkit.documentation import aws_call, commands
from toolkit.paths import PROJECT

SLACK_CHANNEL = "AWS::Chatbot::SlackChannelConfiguration"
ATTRIBUTES = {"kind": {"DataType": "String", "StringValue": "TEST"}}
ADD_SUBSCRIBERS = commands(PROJECT / "docs" / "alerts.md", "Queues, functions and webhooks")


def run(account: Account, command: str, **values: str) -> dict[str, Any]:
    call = aws_call(command, **values)
    return getattr(account.client(call.service), call.method)(**call.parameters)


def documented(operation: str) -> str:
    [command] = [each for each in ADD_SUBSCRIBERS if each.startswith(f"aws {operation} ")]
    return command


def bodies(account: Account, queue: str) -> list[str]:
    return [each["Body"] for each in account.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])]


@pytest.mark.parametrize("other_account", [False, True])
def test_a_queue_receives_alerts_once_its_policy_allows_it(enforcing: LocalAws, other_account: bool) -> None:
    owner, reader = enforcing.account(), enforcing.account()
    topic = owner.client("sns").create_topic(Name="alerts")["TopicArn"]
    if other_account:
        run(owner, documented("sns add-permission"), TOPIC=topic, OTHER_ACCOUNT=reader.id)
    else:
        reader = owner
    queue = reader.client("sqs").create_queue(QueueName="alerts")["QueueUrl"]
    arn = f"arn:aws:sqs:{reader.region}:{reader.id}:alerts"
    [subscribe] = [each for each in ADD_SUBSCRIBERS if "--protocol sqs" in each]
    run(reader, subscribe, TOPIC=topic, QUEUE_ARN=arn)

    owner.client("sns").publish(TopicArn=topic, Message="before", MessageAttributes=ATTRIBUTES)
    run(reader, documented("sqs set-queue-attributes"), QUEUE_URL=queue, QUEUE_ARN=arn, TOPIC=topic)
    owner.client("sns").publish(TopicArn=topic, Message="after", MessageAttributes=ATTRIBUTES)
    # An alarm about the monitor has no message attributes.
    owner.client("sns").publish(TopicArn=topic, Message="alarm")
    assert bodies(reader, queue) == ["after"]


def test_a_slack_channel_shows_what_the_alert_topic_gets_and_its_role_may_nothing(account: Account) -> None:
    stack = account.install({"SlackWorkspaceId": "T012ABCDEFG", "SlackChannelId": "C012ABCDEFG"})
    resources = account.client("cloudformation").describe_stack_resources(StackName=stack.name)["StackResources"]
    [arn] = [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == SLACK_CHANNEL]
    found = account.client("cloudcontrol").get_resource(TypeName=SLACK_CHANNEL, Identifier=arn)["ResourceDescription"]
    channel = json.loads(found["Properties"])
    assert (channel["SlackWorkspaceId"], channel["SlackChannelId"]) == ("T012ABCDEFG", "C012ABCDEFG")
    assert channel["SnsTopicArns"] == [stack.topic_arn]
    assert channel["GuardrailPolicies"] == ["arn:aws:iam::aws:policy/AWSDenyAll"]
    role, iam = channel["IamRoleArn"].rpartition("/")[2], account.client("iam")
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
