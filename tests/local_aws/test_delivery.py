"""No alert is lost or duplicated: races, crashes and refusals around one notification."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.account import Account
from local.inbox import Inbox
from local.server import LocalAws
from local.stack import Invocation, Stack
from toolkit.waiting import wait_for

# A claim expires 10 seconds after the timeout of its holder: with this one after 14 seconds instead of 40.
TIMEOUT_SECONDS = 4
CLOCK_SKEW_SECONDS = 10


@pytest.fixture
def stack(account: Account) -> Stack:
    stack = account.install({"WarningPercent": "0.4", "CriticalPercent": "0.8", "ClearMarginPercent": "0.1"})
    account.client("lambda").update_function_configuration(FunctionName=stack.function, Timeout=TIMEOUT_SECONDS)
    return stack


def kinds_and_ids(inbox: Inbox) -> list[tuple[str, str]]:
    inbox.receive()
    return [(alert.document["kind"], alert.document["alertId"]) for alert in inbox.alerts]


def notification(invocation: Invocation) -> str | None:
    assert invocation.error is None, invocation.payload
    return invocation.payload["targets"][0]["notification"]


def item(stack: Stack) -> dict[str, str]:
    """The only item of the state table, with plain values."""
    [found] = stack.state_items()
    return {name: next(iter(value.values())) for name, value in found.items()}


@contextmanager
def killed(aws: LocalAws, stack: Stack, service: str, operation: str, carried_out: bool) -> Iterator[None]:
    """Runs a check, and kills its process at a call: before AWS receives it, or after AWS has carried it out."""
    hold = aws.proxy.holding(service, operation, account=stack.session.id, carried_out=carried_out)
    with ThreadPoolExecutor(1) as pool, hold as held:
        check = pool.submit(stack.invoke)
        assert held.reached.wait(30)
        if not carried_out:
            # A process that is killed earlier does not make the call.
            held.dropped = True
        assert aws.kill_function(stack) == 1
        assert check.result().error is not None
    yield


def test_two_checks_that_read_the_same_state_send_one_alert(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    account.send_mail(200)
    with ExitStack() as cleanup, ThreadPoolExecutor(2) as pool:
        reads = [
            cleanup.enter_context(aws.proxy.holding("dynamodb", "BatchGetItem", account=account.id, carried_out=True))
            for _ in range(2)
        ]
        checks = [pool.submit(stack.invoke) for _ in range(2)]
        # Both have read that no alert was sent; only now do both go on to claim the target.
        assert all(read.reached.wait(30) for read in reads)
        for read in reads:
            read.released.set()
        sent = [notification(check.result()) for check in checks]
    assert sorted(sent, key=str) == [None, "RAISED"]
    assert [kind for kind, _ in kinds_and_ids(inbox)] == ["RAISED"]


def test_a_crash_before_the_publish_loses_nothing(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    account.send_mail(200)
    with killed(aws, stack, "sns", "Publish", carried_out=False):
        assert kinds_and_ids(inbox) == []
        claimed = item(stack)
    assert (claimed["level"], claimed["pendingKind"], claimed["pendingLevel"]) == ("OK", "RAISED", "WARNING")

    wait_for(lambda: stack.invoke() and kinds_and_ids(inbox), "the alert", timeout=60, interval=0.5)
    assert kinds_and_ids(inbox) == [("RAISED", claimed["pendingAlertId"])]
    assert notification(stack.invoke()) is None


def test_a_crash_after_the_publish_repeats_the_alert_once_with_the_same_id(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    account.send_mail(200)
    with killed(aws, stack, "sns", "Publish", carried_out=True):
        [first] = kinds_and_ids(inbox)

    wait_for(lambda: stack.invoke() and len(kinds_and_ids(inbox)) > 1, "the repeat", timeout=60, interval=0.5)
    assert notification(stack.invoke()) is None
    assert kinds_and_ids(inbox) == [first, first]


def test_a_claim_lasts_as_long_as_its_holder_can_live(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    account.send_mail(200)
    with killed(aws, stack, "sns", "Publish", carried_out=True):
        claimed = item(stack)
        # Until it expires, other checks do not claim the target.
        assert notification(stack.invoke()) is None
    started, until = (datetime.fromisoformat(claimed[name]) for name in ("changedAt", "claimedUntil"))
    assert TIMEOUT_SECONDS - 2 <= (until - started).total_seconds() - CLOCK_SKEW_SECONDS <= TIMEOUT_SECONDS


def test_the_template_lets_no_claim_outlast_the_shortest_schedule(account: Account, stack: Stack) -> None:
    template = account.client("cloudformation").get_template(StackName=stack.name, TemplateStage="Original")
    # With a check each minute, no other value is allowed.
    timeout = template["TemplateBody"]["Parameters"]["Timeout"]["Default"]
    assert timeout + CLOCK_SKEW_SECONDS < 60


def test_sns_refusing_and_then_accepting_delivers_exactly_one(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    account.send_mail(200)
    with aws.proxy.refusing("sns", "Publish", account=account.id, code="AuthorizationError", status=403):
        for _ in range(2):
            failed = stack.invoke()
            assert failed.error and "alert: AuthorizationError" in failed.payload["errorMessage"]
        refused = item(stack)
    assert "claimedBy" not in refused
    # More mail was sent meanwhile: it is the same alert, with the current figures.
    account.send_mail(10)
    assert notification(stack.invoke()) == "RAISED"
    assert notification(stack.invoke()) is None
    assert kinds_and_ids(inbox) == [("RAISED", refused["pendingAlertId"])]
    assert inbox.alerts[0].document["sentLast24Hours"] == 210


def test_an_alert_that_was_never_sent_is_not_followed_by_a_recovery(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    account.send_mail(200)
    with aws.proxy.refusing("sns", "Publish", account=account.id, code="AuthorizationError", status=403):
        assert stack.invoke().error
    stack.change_settings(WARNING_PERCENT="80", CRITICAL_PERCENT="95")
    written = item(stack)["changedAt"]
    wait_for(lambda: stack.invoke() and item(stack)["changedAt"] > written, "a newer reading")
    assert "pendingKind" not in item(stack)
    assert kinds_and_ids(inbox) == []


@pytest.mark.parametrize("operation", ["BatchGetItem", "PutItem"])
def test_dynamodb_refusing_still_alerts_and_is_reported(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox, operation: str
) -> None:
    account.send_mail(200)
    code = "AccessDeniedException"
    with aws.proxy.refusing("dynamodb", operation, account=account.id, code=code, status=400):
        failed = stack.invoke()
    assert failed.error and f"state: {code}" in failed.payload["errorMessage"]
    assert [kind for kind, _ in kinds_and_ids(inbox)] == ["RAISED"]


def test_an_item_of_unknown_format_still_alerts_and_is_named(
    account: Account, stack: Stack, inbox: Inbox
) -> None:
    account.send_mail(200)
    table = stack.outputs["StateTableName"]
    key = f"{account.id}#us-east-1"
    strange: dict[str, Any] = {"target": {"S": key}, "schemaVersion": {"N": "7"}, "mood": {"S": "good"}}
    account.client("dynamodb").put_item(TableName=table, Item=strange)
    failed = stack.invoke()
    assert failed.error
    for part in ["UnknownState", key, "schemaVersion is 7", "delete this item"]:
        assert part in failed.payload["errorMessage"]
    assert [kind for kind, _ in kinds_and_ids(inbox)] == ["RAISED"]
    assert stack.state_items() == [strange]

    account.client("dynamodb").delete_item(TableName=table, Key={"target": {"S": key}})
    assert notification(stack.invoke()) == "RAISED"
    assert notification(stack.invoke()) is None


def test_the_steady_state_costs_one_read_and_no_write(aws: LocalAws, account: Account, stack: Stack) -> None:
    account.send_mail(200)
    assert notification(stack.invoke()) == "RAISED"
    before = len(aws.proxy.calls("dynamodb", ".*", account.id))
    assert notification(stack.invoke()) is None
    steady = aws.proxy.calls("dynamodb", ".*", account.id)[before:]
    assert [call.operation for call in steady] == ["BatchGetItem"]
    assert b'"ConsistentRead":true' in steady[0].body.replace(b" ", b"")


def test_reminders_are_sent_when_they_are_due(account: Account, stack: Stack, inbox: Inbox) -> None:
    account.send_mail(200)
    assert notification(stack.invoke()) == "RAISED"
    assert notification(stack.invoke()) is None
    # The default of REMINDER_HOURS.
    stack.move_back(item(stack)["target"], "notifiedAt", timedelta(days=1))
    assert notification(stack.invoke()) == "REMINDER"
    assert notification(stack.invoke()) is None
    assert [kind for kind, _ in kinds_and_ids(inbox)] == ["RAISED", "REMINDER"]
    assert inbox.alerts[1].document["since"] == inbox.alerts[0].document["since"]
