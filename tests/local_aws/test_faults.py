"""Each AWS call of a check against each way it can fail: what was sent, stored, measured and reported.

The outcomes are the rows of the table "When things fail" in the README, word for word.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from local.account import Account
from local.inbox import Inbox
from local.server import LocalAws
from local.stack import PROJECT, Invocation, Stack
from local.wire import Call, Spoil, Wire

NAMESPACE = "SESQuotaMonitor"
TIMEOUT_SECONDS = 30
# What an invocation has to have left when it ends, whatever fails.
SPARE_SECONDS = 5
METRICS = {"SentLast24Hours", "Max24HourSend", "MaxSendRate", "QuotaUtilization", "AlertLevel", "CheckFailed"}


@dataclass(frozen=True)
class AwsCall:
    """One of the calls that a check makes when an alert is due."""

    step: str
    service: str
    operation: str
    endpoint: str
    where: Callable[[Call], bool] | None = None


def is_claim(call: Call) -> bool:
    return b"claimedBy" in call.body


def is_commit(call: Call) -> bool:
    return b"claimedBy" not in call.body


CALLS = {
    "SES read": AwsCall("read", "ses", "GetSendQuota", "SES"),
    "state read": AwsCall("state", "dynamodb", "GetItem", "DYNAMODB"),
    "claim": AwsCall("state", "dynamodb", "PutItem", "DYNAMODB", is_claim),
    "publish": AwsCall("alert", "sns", "Publish", "SNS"),
    "commit": AwsCall("state", "dynamodb", "PutItem", "DYNAMODB", is_commit),
    "metrics": AwsCall("metrics", "monitoring", "PutMetricData", "CLOUDWATCH"),
}

REFUSED, LOST = "refused", "lost"
# Fault: whether AWS has refused the call or its answer was lost, and the codes it is reported as; None where a retry
# within the call makes it good.
FAULTS: dict[str, tuple[str, set[str]] | None] = {
    "throttled": (REFUSED, {"ThrottlingException"}),
    "500, then fine": None,
    "500 always": (REFUSED, {"InternalFailure"}),
    "access denied": (REFUSED, {"AccessDenied"}),
    "connection refused": (REFUSED, {"NoConnection"}),
    "connection reset in the answer": (LOST, {"NoConnection", "InvalidResponse"}),
    "no answer": (REFUSED, {"Timeout"}),
    "truncated answer": (LOST, {"NoConnection", "InvalidResponse"}),
    "garbled answer": (LOST, {"InvalidResponse", "UnknownServiceError"}),
}


@contextmanager
def failing(aws: LocalAws, stack: Stack, call: AwsCall, fault: str) -> Iterator[None]:
    """Makes a call fail in a certain way while a check runs."""
    wire, account = aws.wire, stack.account.id
    kind = {"account": account, "where": call.where}
    name = (call.service, call.operation)
    with ExitStack() as stop:
        match fault:
            case "throttled":
                stop.enter_context(wire.refusing(*name, **kind, code="ThrottlingException", status=400))
            case "500, then fine":
                stop.enter_context(wire.refusing(*name, **kind, times=1))
            case "500 always":
                stop.enter_context(wire.refusing(*name, **kind))
            case "access denied":
                stop.enter_context(wire.refusing(*name, **kind, code="AccessDenied", status=403))
            case "connection refused":
                stop.enter_context(refusing_connections(aws, stack, call))
            case "connection reset in the answer":
                stop.enter_context(wire.spoiling(*name, Spoil.RESET, **kind))
            case "no answer":
                held = stop.enter_context(wire.holding(*name, **kind, times=None))
                held.dropped = True
            case "truncated answer":
                stop.enter_context(wire.spoiling(*name, Spoil.TRUNCATED, **kind))
            case "garbled answer":
                stop.enter_context(wire.spoiling(*name, Spoil.GARBLED, **kind))
        yield


@contextmanager
def refusing_connections(aws: LocalAws, stack: Stack, call: AwsCall) -> Iterator[None]:
    """The service's endpoint refuses connections: from the start, or once the call before has been answered."""
    before = {is_claim: ("GetItem", None), is_commit: ("PutItem", is_claim)}.get(call.where)  # type: ignore[arg-type]
    wire = Wire(aws.port)
    if before is None:
        # Bound and closed again: nothing listens there.
        wire.start()
        wire.stop()
        stack.change_settings(**{f"AWS_ENDPOINT_URL_{call.endpoint}": wire.url})
        yield
        return
    wire.start()
    try:
        operation, where = before
        with wire.departing("dynamodb", operation, where=where):
            stack.change_settings(**{f"AWS_ENDPOINT_URL_{call.endpoint}": wire.url})
            yield
    finally:
        wire.stop()


def check(stack: Stack) -> Invocation:
    started = time.monotonic()
    invocation = stack.invoke()
    assert time.monotonic() - started < TIMEOUT_SECONDS - SPARE_SECONDS
    return invocation


def heard(inbox: Inbox) -> list[str]:
    inbox.receive()
    return [alert.document["kind"] for alert in inbox.alerts]


def stored(stack: Stack) -> dict[str, str]:
    items = stack.state_items()
    return {name: next(iter(value.values())) for name, value in items[0].items()} if items else {}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", CALLS)
def test_each_call_against_each_fault(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox, name: str, fault: str
) -> None:
    call = CALLS[name]
    stack.change_settings(REGIONS="us-east-1")
    account.send_mail(200)
    with failing(aws, stack, call, fault):
        done = check(stack)
    measured = {reading.metric: reading.value for reading in account.metrics(NAMESPACE)}
    state = stored(stack)

    # CloudWatch has nothing to say but that it took the metrics, so nothing in its answer can be garbled.
    outcome = None if (name, fault) == ("metrics", "garbled answer") else FAULTS[fault]
    if outcome is None:
        assert done.error is None
        assert (heard(inbox), state["level"], set(measured), measured["CheckFailed"]) == (["RAISED"], "WARNING", METRICS, 0)
        return

    end, codes = outcome
    assert done.error is not None
    message = done.payload["errorMessage"]
    assert any(f"{account.id}#us-east-1: {call.step}: {code}" in message for code in codes), message
    match name:
        case "SES read":
            assert (heard(inbox), state, measured) == ([], {}, {"CheckFailed": 1})
        case "state read":
            assert (heard(inbox), state, set(measured), measured["CheckFailed"]) == (["RAISED"], {}, METRICS, 1)
        case "claim":
            assert (heard(inbox), set(measured)) == (["RAISED"], METRICS)
            assert state.get("pendingKind") == (None if end is REFUSED else "RAISED")
        case "publish":
            assert (state["level"], state["pendingKind"], set(measured)) == ("OK", "RAISED", METRICS)
            assert heard(inbox) == ([] if end is REFUSED else ["RAISED"])
            # Whoever was refused for certain lets go of the claim; who cannot know holds it.
            is_certain = fault in ("throttled", "access denied")
            assert ("claimedBy" in state) is not is_certain
        case "commit":
            assert (heard(inbox), set(measured)) == (["RAISED"], METRICS)
            assert state["level"] == ("OK" if end is REFUSED else "WARNING")
        case "metrics":
            assert (heard(inbox), state["level"]) == (["RAISED"], "WARNING")
            assert set(measured) == (set() if end is REFUSED else METRICS)


OUTCOMES = {
    "SES read": "no alert and no recovery is made up",
    "state read": "an alert that is due by the numbers alone is sent, at every check",
    "claim": "the alert is sent all the same",
    "publish": "the alert stays pending",
    "commit": "the alert was sent",
    "metrics": "the alert is sent; the graphs have a gap",
}


def test_the_readme_tells_the_outcome_of_every_call() -> None:
    readme = (PROJECT / "README.md").read_text()
    for name, outcome in OUTCOMES.items():
        [row] = [line for line in readme.splitlines() if line.startswith(f"| {name} ")]
        assert outcome in row
