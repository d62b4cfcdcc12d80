"""The alarms about the monitor: each goes into ALARM when it should, as far as the local AWS supports it.

The local AWS evaluates alarms when it receives metric data, and does not support missing data. Of the metrics that AWS
services publish, it has those of Lambda. Therefore:

| alarm | caused by |
| --- | --- |
| checks-fail | a function that fails: it is denied access to the quota, or to the topic |
| near-timeout | a datapoint like Lambda's: no call of a check can be made to last 24 seconds |
| not-delivered, checks-dropped | a datapoint like those of SNS and SQS, which the local AWS does not publish |
| fell-silent | nothing: only its configuration is tested |
"""

import json
from typing import Any

import pytest

from local.account import Account
from local.inbox import Inbox
from local.server import LocalAws
from local.stack import Stack
from toolkit.waiting import wait_for


def alarm(stack: Stack, suffix: str) -> dict[str, Any]:
    cloudwatch = stack.session.client("cloudwatch")
    [found] = cloudwatch.describe_alarms(AlarmNames=[f"{stack.name}-{suffix}"])["MetricAlarms"]
    return found


def received_alarm(inbox: Inbox, name: str, state: str) -> bool:
    inbox.receive()
    received = [(each.document["AlarmName"], each.document["NewStateValue"]) for each in inbox.alarms]
    return (name, state) in received


@pytest.mark.parametrize("service, operation", [("ses", "GetSendQuota"), ("sns", "Publish")])
def test_a_function_that_fails_raises_the_alarm(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox, service: str, operation: str
) -> None:
    account.send_mail(200)
    with aws.proxy.refusing(service, operation, account=account.id, code="AccessDenied", status=403):
        wait_for(lambda: stack.invoke() and alarm(stack, "checks-fail")["StateValue"] == "ALARM", "the alarm")
    wait_for(lambda: received_alarm(inbox, f"{stack.name}-checks-fail", "ALARM"), "the notification of the alarm")


@pytest.mark.parametrize("suffix, value", [("near-timeout", 29_000), ("not-delivered", 1), ("checks-dropped", 1)])
def test_a_metric_of_aws_raises_the_alarm(
    account: Account, stack: Stack, inbox: Inbox, suffix: str, value: float
) -> None:
    watched = alarm(stack, suffix)
    # It watches the function, topic or queue of this stack only.
    [dimension] = watched["Dimensions"]
    own = [stack.function, stack.topic_arn.rpartition(":")[2], stack.outputs["DeadLetterQueueUrl"].rpartition("/")[2]]
    assert dimension["Value"] in own
    datum = {"MetricName": watched["MetricName"], "Dimensions": watched["Dimensions"], "Value": value}
    account.client("cloudwatch").put_metric_data(Namespace=watched["Namespace"], MetricData=[datum])
    wait_for(lambda: alarm(stack, suffix)["StateValue"] == "ALARM", "the alarm")
    wait_for(lambda: received_alarm(inbox, watched["AlarmName"], "ALARM"), "the notification of the alarm")


def test_missing_checks_are_an_alarm(stack: Stack) -> None:
    silence = alarm(stack, "fell-silent")
    assert (silence["Namespace"], silence["MetricName"]) == ("AWS/Lambda", "Invocations")
    assert silence["Dimensions"] == [{"Name": "FunctionName", "Value": stack.function}]
    assert (silence["TreatMissingData"], silence["ComparisonOperator"], silence["Threshold"]) == (
        "breaching", "LessThanThreshold", 1
    )
    assert silence["AlarmActions"] == [stack.topic_arn]


def test_an_event_that_exhausts_its_retries_is_kept_with_its_error(aws: LocalAws, account: Account, stack: Stack) -> None:
    queue = stack.outputs["DeadLetterQueueUrl"]
    with aws.proxy.refusing("ses", ".*", account=account.id, code="AccessDenied", status=403):
        account.client("lambda").invoke(FunctionName=stack.function, InvocationType="Event", Payload=b"{}")
        [dropped] = wait_for(
            lambda: account.client("sqs").receive_message(QueueUrl=queue).get("Messages"), "the dropped event", timeout=60
        )
    record = json.loads(dropped["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert "read: AccessDenied" in record["responsePayload"]["errorMessage"]


def test_alarms_notify_the_operator_topic_too(aws: LocalAws, account: Account) -> None:
    topic = account.client("sns").create_topic(Name="operators")["TopicArn"]
    stack = account.install({"OperatorTopicArn": topic})
    for suffix in ["checks-fail", "fell-silent", "near-timeout", "not-delivered", "checks-dropped"]:
        assert sorted(alarm(stack, suffix)["AlarmActions"]) == sorted([stack.topic_arn, topic])
