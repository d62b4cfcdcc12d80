"""Each AWS call of a check against each way it can fail: what was sent, stored, measured and reported.

The outcomes are the rows of the table in docs/failures.md, word for word.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import pytest

from local import traffic
from local.account import Account
from local.calls import Call
from local.faults import Breakage
from local.inbox import Inbox
from local.proxy import FaultProxy
from local.server import LocalAws
from local.stack import Invocation, Stack
from toolkit.paths import PROJECT

NAMESPACE = "SESQuotaMonitor"
# Nobody answered: then the function does not ask the same host again.
WITHOUT_RESPONSE = {"NoConnection", "NoAnswer", "Timeout"}
# Short, so that an endpoint that never answers is given up soon.
TIMEOUT_SECONDS = 12
# What is measured of the quota, of the account, of the history, and in any case.
OF_QUOTA = {"SentLast24Hours", "Max24HourSend", "MaxSendRate", "QuotaUtilization", "AlertLevel"}
OF_ACCOUNT, ALWAYS = {"SendingStatus"}, {"CheckFailed", "HighestAlertLevel"}
OF_HISTORY = {"ForecastPeakUtilization", "SendRateUtilization"}
METRICS = OF_QUOTA | OF_ACCOUNT | OF_HISTORY | ALWAYS


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
    "account status": AwsCall("account", "ses", "GetAccount", "SESV2"),
    "history": AwsCall("history", "ses", "GetSendStatistics", "SES"),
    "state read": AwsCall("state", "dynamodb", "BatchGetItem", "DYNAMODB"),
    "claim": AwsCall("state", "dynamodb", "PutItem", "DYNAMODB", is_claim),
    "publish": AwsCall("alert", "sns", "Publish", "SNS"),
    "commit": AwsCall("state", "dynamodb", "PutItem", "DYNAMODB", is_commit),
    "metrics": AwsCall("metrics", "monitoring", "PutMetricData", "CLOUDWATCH"),
}

# Fault: the column of the table in docs/failures.md that it belongs to, and the codes it is reported as.
REFUSED, ONCE, LOST = "refused", "internal error, once", "carried out, answer lost"
NOT_DONE, UNCONNECTED = "internal error every time, no answer", "connection refused"
COLUMNS = (REFUSED, ONCE, NOT_DONE, UNCONNECTED, LOST)
FAULTS: dict[str, tuple[str, set[str]]] = {
    "throttled": (REFUSED, {"ThrottlingException"}),
    "access denied": (REFUSED, {"AccessDenied"}),
    "500, then fine": (ONCE, {"InternalFailure"}),
    "500 always": (NOT_DONE, {"InternalFailure"}),
    "connection refused": (UNCONNECTED, {"NoConnection"}),
    "no answer": (NOT_DONE, {"Timeout"}),
    "connection reset in the answer": (LOST, {"NoAnswer", "InvalidResponse"}),
    "truncated answer": (LOST, {"NoAnswer", "InvalidResponse"}),
    "garbled answer": (LOST, {"InvalidResponse", "UnexpectedResponse"}),
}


@dataclass(frozen=True)
class Outcome:
    """What a user sees, in the words of docs/failures.md, and what that is."""

    words: str
    received: list[str]
    metrics: set[str]
    # The stored level and pending kind of the quota; None where there is no item, or nothing pending.
    level: str | None = "OK"
    pending: str | None = None
    is_claimed: bool = False
    # Whether it is stored that the target was not read.
    is_unread: bool = False
    check_failed: int = 0
    # What the very next check says, when all is well again.
    next_says: str | None = None


SENT, UNSENT, GAP = ["RAISED"], [], set[str]()
WELL = Outcome("none: the retry succeeds", SENT, METRICS, "WARNING")
UNREAD = Outcome("no alert and no recovery of the quota is sent, and its graphs have a gap; `CheckFailed` is 1; if it lasts, "
                 "a `READING` alert is sent",
                 UNSENT, OF_ACCOUNT | ALWAYS, level=None, is_unread=True, check_failed=1, next_says="RAISED")
UNANSWERED = replace(UNREAD, words=f"{UNREAD.words}; without any response, the account status is not read, either")
UNREACHED = Outcome("no alert and no recovery of quota or account is sent, and all graphs have a gap; `CheckFailed` is 1; if it "
                    "lasts, a `READING` alert is sent",
                    UNSENT, ALWAYS, level=None, is_unread=True, check_failed=1, next_says="RAISED")
STATUSLESS = Outcome("the alert is sent; the graph of the account status has a gap, and `CheckFailed` is 1; if it lasts, a "
                     "`READING` alert is sent",
                     SENT, OF_QUOTA | OF_HISTORY | ALWAYS, "WARNING", is_unread=True, check_failed=1)
UNTOLD = Outcome("the alert is sent without a forecast", SENT, METRICS - OF_HISTORY, "WARNING")
BLIND = Outcome("the alert is sent, and once an hour again; `CheckFailed` is 1",
                SENT, METRICS - {"AlertLevel"}, level=None, check_failed=1, next_says="RAISED")
UNCLAIMED = Outcome("the alert is sent, and the next check sends it again",
                    SENT, METRICS, level=None, next_says="RAISED")
REPEATED = Outcome("the alert is sent, and again after the claim expires",
                   SENT, METRICS, pending="RAISED", is_claimed=True)
PENDING = Outcome("the next check sends the alert", UNSENT, METRICS, pending="RAISED", next_says="RAISED")
HELD = Outcome("the first check after the claim expires sends the alert",
               UNSENT, METRICS, pending="RAISED", is_claimed=True)
TOLD = Outcome("the alert is sent once", SENT, METRICS, "WARNING")
UNMEASURED = Outcome("the alert is sent; the graphs have a gap", SENT, GAP, "WARNING")
MEASURED = Outcome("the alert is sent, and the metrics arrive", SENT, METRICS, "WARNING")

MATRIX: dict[str, dict[str, Outcome]] = {
    "SES read": {REFUSED: UNREAD, ONCE: WELL, NOT_DONE: UNANSWERED, UNCONNECTED: UNREACHED, LOST: UNANSWERED},
    "account status": {REFUSED: STATUSLESS, ONCE: WELL, NOT_DONE: STATUSLESS, UNCONNECTED: STATUSLESS, LOST: STATUSLESS},
    "history": {REFUSED: UNTOLD, ONCE: WELL, NOT_DONE: UNTOLD, UNCONNECTED: UNTOLD, LOST: UNTOLD},
    "state read": {REFUSED: BLIND, ONCE: WELL, NOT_DONE: BLIND, UNCONNECTED: BLIND, LOST: BLIND},
    "claim": {REFUSED: UNCLAIMED, ONCE: WELL, NOT_DONE: UNCLAIMED, UNCONNECTED: UNCLAIMED, LOST: REPEATED},
    "publish": {REFUSED: PENDING, ONCE: HELD, NOT_DONE: HELD, UNCONNECTED: PENDING, LOST: REPEATED},
    "commit": {REFUSED: REPEATED, ONCE: WELL, NOT_DONE: REPEATED, UNCONNECTED: REPEATED, LOST: TOLD},
    "metrics": {REFUSED: UNMEASURED, ONCE: WELL, NOT_DONE: UNMEASURED, UNCONNECTED: UNMEASURED, LOST: MEASURED},
}


@contextmanager
def failing(aws: LocalAws, stack: Stack, name: str, fault: str) -> Iterator[None]:
    """Makes a call fail in a certain way while a check runs."""
    proxy, call = aws.proxy, CALLS[name]
    kind = {"account": stack.session.id, "where": call.where}
    operation = (call.service, call.operation)
    with ExitStack() as stop:
        match fault:
            case "throttled":
                stop.enter_context(proxy.refusing(*operation, **kind, code="ThrottlingException", status=400))
            case "500, then fine":
                stop.enter_context(proxy.refusing(*operation, **kind, times=1))
            case "500 always":
                stop.enter_context(proxy.refusing(*operation, **kind))
            case "access denied":
                stop.enter_context(proxy.refusing(*operation, **kind, code="AccessDenied", status=403))
            case "connection refused":
                stop.enter_context(refusing_connections(aws, stack, name))
            case "connection reset in the answer":
                stop.enter_context(proxy.breaking_responses(*operation, Breakage.RESET, **kind))
            case "no answer":
                held = stop.enter_context(proxy.holding(*operation, **kind, times=None))
                held.dropped = True
            case "truncated answer":
                stop.enter_context(proxy.breaking_responses(*operation, Breakage.TRUNCATED, **kind))
            case "garbled answer":
                stop.enter_context(proxy.breaking_responses(*operation, Breakage.GARBLED, **kind))
        yield


@contextmanager
def refusing_connections(aws: LocalAws, stack: Stack, name: str) -> Iterator[None]:
    """The service's endpoint refuses connections: from the start, or once the call before has been answered."""
    call = CALLS[name]
    before = {"history": ("ses", "GetSendQuota", None), "claim": ("dynamodb", "BatchGetItem", None),
              "commit": ("dynamodb", "PutItem", is_claim)}.get(name)
    proxy = FaultProxy(aws.port)
    if before is None:
        # Bound and closed again: nothing listens there.
        proxy.start()
        proxy.stop()
        stack.change_settings(**{f"AWS_ENDPOINT_URL_{call.endpoint}": proxy.url})
        yield
        return
    proxy.start()
    try:
        service, operation, where = before
        with proxy.closing_after(service, operation, where=where):
            stack.change_settings(**{f"AWS_ENDPOINT_URL_{call.endpoint}": proxy.url})
            yield
    finally:
        proxy.stop()


def check(stack: Stack) -> Invocation:
    started = time.monotonic()
    invocation = stack.invoke()
    # It ends by itself, not by Lambda.
    assert time.monotonic() - started < TIMEOUT_SECONDS
    return invocation


def received(inbox: Inbox) -> list[str]:
    inbox.receive()
    return [alert.document["kind"] for alert in inbox.alerts]


def error(done: Invocation, step: str) -> str | None:
    """The code of the error of this step, in the error of the invocation or, if there is none, in its report."""
    if done.error:
        [code] = set(re.findall(rf"#us-east-1: {step}: (\w+)", done.payload["errorMessage"]))
        return code
    [target] = done.payload["targets"]
    assert target.get("error", {}).get("step") in (None, step) and "furtherErrors" not in target
    return target.get("error", {}).get("code")


def stored(stack: Stack, subject: str = "") -> dict[str, str]:
    """The item of the quota, or of another subject, with plain values; empty if there is none."""
    key = f"{stack.session.id}#us-east-1{subject}"
    items = [{name: next(iter(value.values())) for name, value in item.items()} for item in stack.state_items()]
    return next((item for item in items if item["target"] == key), {})


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", CALLS)
def test_each_call_against_each_fault(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox, name: str, fault: str
) -> None:
    call, (column, codes) = CALLS[name], FAULTS[fault]
    expected = MATRIX[name][column]
    account.client("lambda").update_function_configuration(FunctionName=stack.function, Timeout=TIMEOUT_SECONDS)
    stack.change_settings(REGIONS="us-east-1", WARNING_PERCENT="80", CRITICAL_PERCENT="95", CLEAR_MARGIN_PERCENT="5")
    account.set_ses(**traffic.filling(time.time()).numbers())
    with failing(aws, stack, name, fault):
        done = check(stack)
    measured = {reading.metric: reading.value for reading in account.metrics(NAMESPACE)}
    state = stored(stack)

    found = error(done, call.step)
    # CloudWatch has nothing to say but that it took the metrics, so nothing in its answer can be garbled.
    if expected is WELL or (name, fault) == ("metrics", "garbled answer"):
        assert (done.error, found) == (None, None)
    else:
        assert found in codes
        # The quota of the only target is read all the same, so this is no error of the invocation.
        assert (done.error is None) == (name in ("account status", "history"))

    assert received(inbox) == expected.received
    assert (state.get("level"), state.get("pendingKind"), "claimedBy" in state) == (
        expected.level, expected.pending, expected.is_claimed
    )
    assert ("unreadSince" in stored(stack, "#READING")) == expected.is_unread
    not_asked = OF_ACCOUNT if name == "SES read" and found in WITHOUT_RESPONSE else set()
    assert set(measured) == expected.metrics - not_asked and measured.get("CheckFailed", 0) == expected.check_failed

    stack.change_settings(**{f"AWS_ENDPOINT_URL_{call.endpoint}": ""})
    [target] = check(stack).payload["targets"]
    assert target["notification"] == expected.next_says


def test_the_documentation_tells_the_outcome_of_every_call() -> None:
    page = (PROJECT / "docs" / "failures.md").read_text()
    for name, outcomes in MATRIX.items():
        cells = [outcomes[column].words for column in COLUMNS]
        assert f"| {name} | {' | '.join(cells)} |" in page.splitlines()
