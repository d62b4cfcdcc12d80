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
