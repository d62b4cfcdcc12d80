"""The watcher is watched: each alarm is put into ALARM by what it is there for, as far as the local AWS can.

The local AWS evaluates alarms when metric data arrive, from all of an account, and knows nothing of missing data. Of AWS's
own metrics it publishes those of Lambda. So:

| alarm | caused by |
| --- | --- |
| checks-fail | the function failing: a quota that it may not read, a topic that refuses |
| near-timeout | a datum like Lambda's own: no call of a check can be made to last 24 seconds |
| not-delivered, checks-dropped | a datum like that of SNS and SQS, which the local AWS does not publish |
| fell-silent | not here: only its settings are looked at |
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


def heard_of(inbox: Inbox, name: str, state: str) -> bool:
    inbox.receive()
    told = [(each.document["AlarmName"], each.document["NewStateValue"]) for each in inbox.alarms]
    return (name, state) in told


@pytest.mark.parametrize("service, operation", [("ses", "GetSendQuota"), ("sns", "Publish")])
def test_a_function_that_fails_raises_the_alarm(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox, service: str, operation: str
) -> None:
    account.send_mail(200)
    with aws.proxy.refusing(service, operation, account=account.id, code="AccessDenied", status=403):
        wait_for(lambda: stack.invoke() and alarm(stack, "checks-fail")["StateValue"] == "ALARM", "the alarm")
    wait_for(lambda: heard_of(inbox, f"{stack.name}-checks-fail", "ALARM"), "word of the alarm")


@pytest.mark.parametrize("suffix, value", [("near-timeout", 29_000), ("not-delivered", 1), ("checks-dropped", 1)])
def test_what_aws_measures_raises_the_alarm(
    account: Account, stack: Stack, inbox: Inbox, suffix: str, value: float
) -> None:
    watched = alarm(stack, suffix)
    # Bound to this stack's own function, topic or queue.
    [dimension] = watched["Dimensions"]
    own = [stack.function, stack.topic_arn.rpartition(":")[2], stack.outputs["DeadLetterQueueUrl"].rpartition("/")[2]]
    assert dimension["Value"] in own
    datum = {"MetricName": watched["MetricName"], "Dimensions": watched["Dimensions"], "Value": value}
    account.client("cloudwatch").put_metric_data(Namespace=watched["Namespace"], MetricData=[datum])
    wait_for(lambda: alarm(stack, suffix)["StateValue"] == "ALARM", "the alarm")
    wait_for(lambda: heard_of(inbox, watched["AlarmName"], "ALARM"), "word of the alarm")


def test_silence_is_an_alarm(stack: Stack) -> None:
    silence = alarm(stack, "fell-silent")
    assert (silence["Namespace"], silence["MetricName"]) == ("AWS/Lambda", "Invocations")
    assert silence["Dimensions"] == [{"Name": "FunctionName", "Value": stack.function}]
    assert (silence["TreatMissingData"], silence["ComparisonOperator"], silence["Threshold"]) == (
        "breaching", "LessThanThreshold", 1
    )
    assert silence["AlarmActions"] == [stack.topic_arn]


def test_what_lambda_gives_up_is_kept_with_its_error(aws: LocalAws, account: Account, stack: Stack) -> None:
    queue = stack.outputs["DeadLetterQueueUrl"]
    with aws.proxy.refusing("ses", ".*", account=account.id, code="AccessDenied", status=403):
        account.client("lambda").invoke(FunctionName=stack.function, InvocationType="Event", Payload=b"{}")
        [given_up] = wait_for(
            lambda: account.client("sqs").receive_message(QueueUrl=queue).get("Messages"), "what was given up", timeout=60
        )
    record = json.loads(given_up["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert "read: AccessDenied" in record["responsePayload"]["errorMessage"]


def test_an_operator_hears_of_alarms_by_a_second_topic(aws: LocalAws, account: Account) -> None:
    topic = account.client("sns").create_topic(Name="operators")["TopicArn"]
    stack = account.install({"OperatorTopicArn": topic})
    for suffix in ["checks-fail", "fell-silent", "near-timeout", "not-delivered", "checks-dropped"]:
        assert sorted(alarm(stack, suffix)["AlarmActions"]) == sorted([stack.topic_arn, topic])
