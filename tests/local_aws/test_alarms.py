"""What raises an alarm about the monitor, in the deployed function. When each alarm goes off is in `tests/template`.

The local AWS evaluates alarms when it receives metric data, knows no missing data and no metric math. Of the metrics that
AWS services publish, it has those of Lambda.
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


def test_an_alert_at_the_level_of_the_pager_raises_its_alarm_until_it_is_over(account: Account) -> None:
    operators = account.client("sns").create_topic(Name="operators")["TopicArn"]
    stack = account.install({"AlarmLevel": "WARNING", "OperatorTopicArn": operators})
    pager, alerts = account.subscribe(operators), account.subscribe(stack.topic_arn)
    name = f"{stack.name}-alert-level"

    account.set_ses(max_24_hour_send=1_000, sent_last_24_hours=960)
    assert stack.invoke().error is None
    wait_for(lambda: alarm(stack, "alert-level")["StateValue"] == "ALARM", "the alarm")
    wait_for(lambda: received_alarm(pager, name, "ALARM"), "the notification of the alarm")
    # The alert itself goes to the alert topic, and the alarm does not go there too.
    assert (pager.alerts, kinds(alerts)) == ([], ["RAISED"])
    assert not received_alarm(alerts, name, "ALARM")


def kinds(inbox: Inbox) -> list[str]:
    inbox.receive()
    return [alert.document["kind"] for alert in inbox.alerts]


def test_an_account_that_is_paused_raises_it_too(account: Account) -> None:
    operators = account.client("sns").create_topic(Name="operators")["TopicArn"]
    stack = account.install({"AlarmLevel": "EXHAUSTED", "OperatorTopicArn": operators})
    # As full as a quota can be before it is exhausted.
    account.set_ses(max_24_hour_send=1_000, sent_last_24_hours=999)
    assert stack.invoke().error is None
    wait_for(lambda: alarm(stack, "alert-level")["StateValue"] == "OK", "the first evaluation")
    account.set_ses(sending_enabled=False)
    assert stack.invoke().error is None
    wait_for(lambda: alarm(stack, "alert-level")["StateValue"] == "ALARM", "the alarm")


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
