"""What the template has for other accounts, and only then: the work queue, through which a check is divided."""

import json
from typing import Any

import pytest

from rendering import FLEET, RenderedStack, template

TIMEOUTS = list(template()["Mappings"]["Timeout"])
QUEUE, SOURCE = "AWS::SQS::Queue", "AWS::Lambda::EventSourceMapping"
KEY = "arn:aws:kms:us-east-1:111122223333:key/1"
# Account lists of every form.
FORMS = ["organization", "111122223333,444455556666", "ou-a1b2-11111111"]


def work_queue(**parameters: str) -> dict[str, Any]:
    return RenderedStack(parameters=FLEET | parameters).properties("WorkQueue")


def test_a_stack_for_one_account_has_nothing_of_it() -> None:
    stack = RenderedStack()
    assert set(stack.resources(QUEUE)) == {"DeadLetterQueue"}
    assert stack.resources(SOURCE) == {}
    assert "WORK_QUEUE_URL" not in stack.properties("Monitor")["Environment"]["Variables"]
    assert not stack.condition(template()["Outputs"]["WorkQueueUrl"]["Condition"])


@pytest.mark.parametrize("accounts", FORMS)
def test_a_stack_for_many_accounts_divides_checks_through_a_queue(accounts: str) -> None:
    stack = RenderedStack(parameters={"Accounts": accounts})
    assert set(stack.resources(QUEUE)) == {"DeadLetterQueue", "WorkQueue", "WorkDeadLetterQueue"}
    [source] = stack.resources(SOURCE).values()
    assert (source["EventSourceArn"], source["FunctionName"]) == (stack.attribute("WorkQueue", "Arn"), stack.ref("Monitor"))
    # One part fills an invocation, and is tried again alone.
    assert (source["BatchSize"], source["FunctionResponseTypes"]) == (1, ["ReportBatchItemFailures"])
    assert stack.properties("Monitor")["Environment"]["Variables"]["WORK_QUEUE_URL"] == stack.ref("WorkQueue")
    assert stack.condition(template()["Outputs"]["WorkQueueUrl"]["Condition"])
    assert stack.output("WorkQueueUrl") == stack.ref("WorkQueue")


def test_the_parts_of_a_check_together_send_no_more_than_a_mailbox_takes() -> None:
    """Amazon SNS Developer Guide, "Amazon SNS email subscription setup and management": at most ten messages a second."""
    [source] = RenderedStack(parameters=FLEET).resources(SOURCE).values()
    concurrency = source["ScalingConfig"]["MaximumConcurrency"]
    assert concurrency * 5 <= 10
    # CreateEventSourceMapping, "ScalingConfig": at least 2.
    assert concurrency >= 2


@pytest.mark.parametrize("timeout", TIMEOUTS)
def test_a_part_is_invisible_for_six_times_as_long_as_it_may_take(timeout: str) -> None:
    """AWS Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping"."""
    assert work_queue(Timeout=timeout)["VisibilityTimeout"] == 6 * int(timeout)


def test_the_mapping_has_every_timeout_that_can_be_chosen() -> None:
    assert TIMEOUTS == [str(value) for value in template()["Parameters"]["Timeout"]["AllowedValues"]]


@pytest.mark.parametrize("timeout", TIMEOUTS)
@pytest.mark.parametrize("interval", template()["Mappings"]["Interval"])
def test_a_check_ends_and_its_claims_expire_before_the_next_but_one_begins(timeout: str, interval: str) -> None:
    stack = RenderedStack(parameters={"Timeout": timeout, "CheckIntervalMinutes": interval})
    if not stack.broken_rules():
        # A claim outlives the check by ten seconds.
        assert int(timeout) + 10 <= 60 * int(interval)


def test_a_part_that_fails_three_times_is_kept_for_two_weeks() -> None:
    stack = RenderedStack(parameters=FLEET)
    assert work_queue()["RedrivePolicy"] == {
        "deadLetterTargetArn": stack.attribute("WorkDeadLetterQueue", "Arn"), "maxReceiveCount": 3,
    }
    assert stack.properties("WorkDeadLetterQueue")["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("parameters", [{}, {"KmsKeyArn": KEY}])
def test_all_queues_are_encrypted_in_the_same_way(parameters: dict[str, str]) -> None:
    queues = RenderedStack(parameters=FLEET | parameters).resources(QUEUE).values()
    encrypted = [{key: value for key, value in one.items() if key in ("SqsManagedSseEnabled", "KmsMasterKeyId")} for one in queues]
    expected = {"KmsMasterKeyId": KEY} if parameters else {"SqsManagedSseEnabled": True}
    assert encrypted == [expected] * 3


@pytest.mark.parametrize("accounts", FORMS)
def test_whatever_the_accounts_are_the_rest_of_the_stack_stays_as_it_is(accounts: str) -> None:
    """Alarms, topic, table, roles and schedule: a stack that begins to read other accounts goes on with its own."""
    alone, fleet = RenderedStack(), RenderedStack(parameters={"Accounts": accounts})
    for name, one in template()["Resources"].items():
        if one.get("Condition") != "HasAccounts" and name not in ("Monitor", "MonitorRole", "Dashboard"):
            assert json.dumps(alone.properties(name)) == json.dumps(fleet.properties(name)), name
