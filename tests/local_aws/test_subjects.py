"""What alerts are about: the life of each subject, in the deployed function and with the permissions of its role."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from checks import NAMESPACE, check, items, life, one_incident, said, validate, values
from local.account import Account
from local.calls import Call
from local.faults import Breakage
from local.inbox import Inbox, Message
from local.publications import Publication
from local.server import LocalAws
from local.stack import Invocation, Stack
from toolkit.waiting import next_second, wait_for

HERE, THERE = "us-east-1", "eu-west-1"
ACCOUNT, READING = "#ACCOUNT", "#READING"
UNREADABLE_MINUTES = 15
REGIONS = [
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1",
    "eu-north-1", "ap-south-1", "ap-southeast-1",
]
# Short, so that claims expire soon: 10 seconds later.
TIMEOUT_SECONDS = 8
# Everything in an answer of SES that is nobody's business here.
DETAILS = {
    "MailType": "MARKETING", "WebsiteURL": "https://secret-shop.example.com", "ContactLanguage": "EN",
    "UseCaseDescription": "A newsletter about a merger that nobody knows of.",
    "AdditionalContactEmailAddresses": ["private.owner@example.com"],
    "ReviewDetails": {"Status": "GRANTED", "CaseId": "170000000000042"},
}
PRIVATE = ["secret-shop", "merger", "private.owner", "170000000000042", "MARKETING"]


@pytest.fixture
def account(enforcing: LocalAws) -> Account:
    return enforcing.account()


@pytest.fixture
def stack(account: Account) -> Stack:
    return account.install({"Regions": f"{HERE},{THERE}", "UnreadableMinutes": str(UNREADABLE_MINUTES)})


@pytest.fixture
def fleet(account: Account) -> Stack:
    """A stack that checks many Regions, of which each is at 85%."""
    for region in REGIONS:
        account.set_ses(region, max_24_hour_send=1_000, sent_last_24_hours=850)
    return account.install({"Regions": ",".join(REGIONS)})


def moved_back(stack: Stack, key: str, minutes: int) -> None:
    """Lets the first failed check of a target in a row have been so much earlier."""
    stack.move_back(f"{stack.session.id}#{key}", "unreadSince", timedelta(minutes=minutes))


def test_an_account_is_reviewed_paused_and_healthy_again(account: Account, stack: Stack, inbox: Inbox) -> None:
    steps: list[tuple[dict[str, Any], dict[str, tuple[str, str | None]]]] = [
        ({}, {}),
        ({"enforcement_status": "PROBATION"}, {"ACCOUNT": ("WARNING", "RAISED")}),
        ({}, {"ACCOUNT": ("WARNING", None)}),
        ({"sending_enabled": False}, {"ACCOUNT": ("EXHAUSTED", "ESCALATED")}),
        ({"enforcement_status": "SHUTDOWN"}, {"ACCOUNT": ("EXHAUSTED", None)}),
        ({"sending_enabled": True, "enforcement_status": "HEALTHY"}, {"ACCOUNT": ("OK", "RECOVERED")}),
        ({}, {}),
    ]
    for changes, expected in steps:
        if changes:
            account.set_ses(**changes)
        report = check(stack)
        assert said(report[HERE]) == expected, changes
        assert said(report[THERE]) == {}
        # The quota has nothing to do with it.
        assert (report[HERE]["level"], report[HERE]["notification"]) == ("OK", None)

    assert life(inbox) == [("RAISED", "WARNING"), ("ESCALATED", "EXHAUSTED"), ("RECOVERED", "OK")]
    one_incident(inbox.alerts, "ACCOUNT")
    start = f"SES {HERE} ({account.id}): "
    assert [alert.subject for alert in inbox.alerts] == [
        f"[WARNING] {start}AWS is reviewing the account", f"[EXHAUSTED] {start}sending is paused",
        f"[OK] {start}recovered, the account is healthy",
    ]
    statuses = [(alert.document["enforcementStatus"], alert.document["sendingEnabled"]) for alert in inbox.alerts]
    assert statuses == [("PROBATION", True), ("PROBATION", False), ("HEALTHY", True)]
    for sent in account.publications():
        validate(sent)

    assert values(account, "SendingStatus", HERE) == values(account, "HighestAlertLevel") == [0, 1, 1, 3, 3, 0, 0]
    assert values(account, "SendingStatus", THERE) == values(account, "AlertLevel", HERE) == [0] * len(steps)
    state = items(stack)
    assert set(state) == {HERE + ACCOUNT}
    assert state[HERE + ACCOUNT]["level"] == "OK" and "pendingKind" not in state[HERE + ACCOUNT]


@pytest.mark.parametrize("changes, says", [
    ({"sending_enabled": False}, "Ask who paused it"),
    ({"enforcement_status": "SHUTDOWN", "sending_enabled": False}, "only AWS can resume it"),
])
def test_who_paused_an_account_decides_what_to_do(
    account: Account, stack: Stack, changes: dict[str, Any], says: str
) -> None:
    account.set_ses(**changes)
    assert said(check(stack)[HERE]) == {"ACCOUNT": ("EXHAUSTED", "RAISED")}
    [sent] = account.publications()
    validate(sent)
    assert says in sent.text("email") and "SendingPausedException" in sent.text("email")


def test_an_account_status_that_is_not_known_is_named(account: Account, stack: Stack) -> None:
    account.set_ses(enforcement_status="UNDER_A_CLOUD")
    assert said(check(stack)[HERE]) == {"ACCOUNT": ("WARNING", "RAISED")}
    [sent] = account.publications()
    [alert] = validate(sent)
    assert alert["enforcementStatus"] == "UNDER_A_CLOUD" and "UNDER_A_CLOUD" in sent.subject


def test_a_region_that_cannot_be_read_is_alerted_about_after_a_while(
    enforcing: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    refused = enforcing.proxy.refusing("ses", "GetSendQuota", account=account.id, region=THERE, code="AccessDenied", status=403)
    with refused:
        first = check(stack)
        # No error of the invocation: the other Region is read.
        assert first[HERE].get("error") is None and said(first[HERE]) == said(first[THERE]) == {}
        error = first[THERE]["error"]
        assert (error["step"], error["code"]) == ("read", "AccessDenied") and "ses:GetSendQuota" in error["hint"]
        assert "utilizationPercent" not in first[THERE]
        unread = items(stack)
        assert set(unread) == {THERE + READING} and unread[THERE + READING]["level"] == "OK"

        moved_back(stack, THERE + READING, UNREADABLE_MINUTES - 1)
        assert said(check(stack)[THERE]) == {}
        moved_back(stack, THERE + READING, 1)
        assert said(check(stack)[THERE]) == {"READING": ("WARNING", "RAISED")}
        assert said(check(stack)[THERE]) == {"READING": ("WARNING", None)}
        since = items(stack)[THERE + READING]["unreadSince"]
    assert said(check(stack)[THERE]) == {"READING": ("OK", "RECOVERED")}
    assert said(check(stack)[THERE]) == {}

    assert life(inbox) == [("RAISED", "WARNING"), ("RECOVERED", "OK")]
    one_incident(inbox.alerts, "READING")
    raised, recovered = (alert.document for alert in inbox.alerts)
    assert (raised["unreadSince"], raised["error"]) == (since, error)
    assert "utilizationPercent" not in raised and "error" not in recovered
    start = f"SES {THERE} ({account.id}): "
    assert [alert.subject for alert in inbox.alerts] == [
        f"[WARNING] {start}not readable for {UNREADABLE_MINUTES} minutes", f"[OK] {start}recovered, readable again",
    ]
    for sent in account.publications():
        validate(sent)
    assert error["hint"] in " ".join(account.publications()[0].text("email").split())

    assert values(account, "CheckFailed", THERE) == [1, 1, 1, 1, 0, 0]
    assert values(account, "HighestAlertLevel") == [0, 0, 1, 1, 0, 0]
    assert values(account, "QuotaUtilization", HERE) == [0] * 6 and values(account, "QuotaUtilization", THERE) == [0] * 2
    assert "unreadSince" not in items(stack)[THERE + READING]


def test_a_failed_check_or_two_are_forgotten(enforcing: LocalAws, account: Account, stack: Stack, inbox: Inbox) -> None:
    for _ in range(2):
        with enforcing.proxy.refusing("ses", "GetSendQuota", account=account.id, region=THERE, code="AccessDenied", status=403):
            check(stack)
            moved_back(stack, THERE + READING, UNREADABLE_MINUTES - 1)
        check(stack)
        assert "unreadSince" not in items(stack)[THERE + READING]
    assert life(inbox) == []


def test_an_account_status_that_cannot_be_read_hides_no_quota(
    enforcing: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    account.set_ses(THERE, max_24_hour_send=1_000, sent_last_24_hours=970)
    with enforcing.proxy.refusing("ses", "GetAccount", account=account.id, region=THERE, code="AccessDeniedException", status=403):
        report = check(stack)[THERE]
        assert said(report) == {"QUOTA": ("CRITICAL", "RAISED")} and report["error"]["step"] == "account"
        moved_back(stack, THERE + READING, UNREADABLE_MINUTES)
        assert said(check(stack)[THERE]) == {"QUOTA": ("CRITICAL", None), "READING": ("WARNING", "RAISED")}
    assert [alert["subject"] for sent in account.publications() for alert in validate(sent)] == ["QUOTA", "READING"]
    raised = json.loads(account.publications()[1].text("http"))
    assert raised["error"]["step"] == "account" and raised["utilizationPercent"] == 97
    assert "enforcementStatus" not in raised and values(account, "SendingStatus", THERE) == []


def test_an_account_is_not_well_because_it_cannot_be_read(
    enforcing: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    account.set_ses(THERE, max_24_hour_send=1_000, sent_last_24_hours=970, sending_enabled=False)
    check(stack)
    account.set_ses(THERE, sent_last_24_hours=10, sending_enabled=True)
    with enforcing.proxy.refusing("ses", ".*", account=account.id, region=THERE, code="AccessDenied", status=403):
        assert said(check(stack)[THERE]) == {}
    # A level that is not known to be lower is as high as it was.
    assert values(account, "HighestAlertLevel") == [3, 3]
    assert sorted(life(inbox)) == [("RAISED", "CRITICAL"), ("RAISED", "EXHAUSTED")]
    assert said(check(stack)[THERE]) == {"QUOTA": ("OK", "RECOVERED"), "ACCOUNT": ("OK", "RECOVERED")}


def test_a_recovery_that_was_not_sent_is_taken_back_when_the_region_cannot_be_read_again(
    enforcing: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    with ExitStack() as unread:
        denied = enforcing.proxy.refusing("ses", ".*", account=account.id, region=THERE, code="AccessDenied", status=403)
        unread.enter_context(denied)
        check(stack)
        moved_back(stack, THERE + READING, UNREADABLE_MINUTES)
        assert said(check(stack)[THERE]) == {"READING": ("WARNING", "RAISED")}
    with enforcing.proxy.refusing("sns", "Publish", account=account.id, code="AuthorizationError", status=403):
        next_second()
        assert stack.invoke().error
    with enforcing.proxy.refusing("ses", ".*", account=account.id, region=THERE, code="AccessDenied", status=403):
        # People know that it cannot be read, and it still, or again, cannot.
        report = check(stack)[THERE]
        assert "RECOVERED" not in [notification for _, notification in said(report).values()]
    assert life(inbox) == [("RAISED", "WARNING")]


def test_the_invocation_fails_if_no_region_can_be_read_and_alerts_all_the_same(
    enforcing: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    def failed() -> Invocation:
        next_second()
        done = stack.invoke()
        assert done.error is not None
        for region in (HERE, THERE):
            assert f"{account.id}#{region}: read: AccessDenied" in done.payload["errorMessage"]
        return done

    with enforcing.proxy.refusing("ses", ".*", account=account.id, code="AccessDenied", status=403):
        failed()
        for region in (HERE, THERE):
            moved_back(stack, region + READING, UNREADABLE_MINUTES)
        failed()
        failed()
    assert life(inbox) == [("RAISED", "WARNING")] * 2
    assert {alert.document["region"] for alert in inbox.alerts} == {HERE, THERE}
    assert {region: said(target) for region, target in check(stack).items()} == {
        HERE: {"READING": ("OK", "RECOVERED")}, THERE: {"READING": ("OK", "RECOVERED")},
    }


def test_the_sandbox_is_known_from_the_account_and_not_from_its_quota(account: Account, stack: Stack) -> None:
    account.set_ses(max_24_hour_send=1_000, max_send_rate=5, sent_last_24_hours=960, production_access=False)
    account.set_ses(THERE, max_24_hour_send=200, max_send_rate=1, sent_last_24_hours=195, production_access=True)
    check(stack)
    sent = {each.attributes["region"]: each for each in account.publications()}
    for each in sent.values():
        validate(each)
    assert json.loads(sent[HERE].text("http"))["productionAccess"] is False
    assert "production access" in sent[HERE].text("email") and "production access" in sent[HERE].text("sms")
    assert "L-804C8AE8" not in sent[HERE].text("email")
    # A small quota alone makes no sandbox where AWS says otherwise.
    assert json.loads(sent[THERE].text("http"))["productionAccess"] is True
    assert "production access" not in sent[THERE].text("email") and "L-804C8AE8" in sent[THERE].text("email")


def test_nothing_of_what_ses_says_about_people_is_kept(enforcing: LocalAws, account: Account, stack: Stack) -> None:
    for region in (HERE, THERE):
        account.set_ses(region, details=DETAILS, sent_last_24_hours=49_000, enforcement_status="PROBATION")
    # The level of Lambda does not reach a function on the local AWS.
    stack.change_settings(RUST_LOG="trace")
    reports = [stack.invoke().payload]
    for how in Breakage:
        with enforcing.proxy.breaking_responses("ses", "GetAccount", how, account=account.id):
            reports.append(stack.invoke().payload)
    account.set_ses(enforcement_status="HEALTHY", sending_enabled=False)
    # An answer without a status.
    account.set_ses(THERE, enforcement_status=None, sending_enabled=None)
    reports += [stack.invoke(event).payload for event in ({}, {"dryRun": True}, {"testAlert": True})]

    answer = json.dumps(account.client("sesv2").get_account())
    assert all(text in answer for text in PRIVATE)
    log = "\n".join(line for run in stack.runs() for line in run.lines)
    assert '"level":"DEBUG"' in log and "PROBATION" in log and "InvalidResponse" in log
    assert {"RAISED", "TEST"} <= {sent.attributes["kind"] for sent in account.publications()}
    everything = {
        "log": log,
        "report": json.dumps(reports),
        "publications": json.dumps([[sent.subject, sent.texts, sent.attributes] for sent in account.publications()]),
        "state": json.dumps(stack.state_items()),
        "metrics": "".join(map(str, account.metrics(NAMESPACE))),
    }
    for place, text in everything.items():
        for private in PRIVATE:
            assert private not in text, (place, private)


def test_many_alerts_are_three_messages_and_a_digest(account: Account, fleet: Stack) -> None:
    report = check(fleet)
    assert {region: said(target) for region, target in report.items()} == dict.fromkeys(REGIONS, {"QUOTA": ("WARNING", "RAISED")})
    told_once(account, account.publications(), "RAISED", "WARNING")
    assert said(check(fleet)[HERE]) == {"QUOTA": ("WARNING", None)}
    first = account.publications()

    for region in REGIONS:
        account.set_ses(region, sent_last_24_hours=10)
    check(fleet)
    told_once(account, account.publications()[len(first):], "RECOVERED", "OK")
    assert {item["level"] for item in items(fleet).values()} == {"OK"} and len(items(fleet)) == len(REGIONS)
    incidents = Counter(alert["incidentId"] for sent in account.publications() for alert in validate(sent))
    assert set(incidents.values()) == {2} and len(incidents) == len(REGIONS)


def told_once(account: Account, publications: list[Publication], kind: str, level: str) -> None:
    """Three messages about one Region each, and one about all others."""
    alerts = [validate(sent) for sent in publications]
    assert [len(each) for each in alerts] == [1, 1, 1, len(REGIONS) - 3]
    assert sorted(alert["region"] for each in alerts for alert in each) == sorted(REGIONS)
    assert {(alert["kind"], alert["level"]) for each in alerts for alert in each} == {(kind, level)}
    digest = publications[-1]
    assert digest.attributes == {"level": level, "kind": kind, "subject": "QUOTA"}
    assert digest.subject.startswith(f"[{level}] SES: ") and f"{len(REGIONS) - 3} targets" in digest.subject
    for alert in alerts[-1]:
        assert f"{alert['region']} (account {account.id})" in digest.text("email")
        assert f"{alert['region']} (account {account.id})" in json.loads(digest.text("https"))["content"]["description"]
    chat = json.loads(digest.text("https"))["metadata"]["additionalContext"]
    assert (chat["digest"], chat["count"]) == ("true", str(len(REGIONS) - 3)) and "alerts" not in chat


def is_digest(call: Call) -> bool:
    return "digest" in json.loads(json.loads(call.parameters["Message"])["http"])


def is_claim_number(number: int) -> Callable[[Call], bool]:
    claims: list[Call] = []

    def reached(call: Call) -> bool:
        if b"claimedBy" in call.body:
            claims.append(call)
        return len(claims) == number

    return reached


@pytest.mark.parametrize("place, copies", [
    (("dynamodb", "PutItem", is_claim_number(8), False), 1),
    (("sns", "Publish", is_digest, False), 1),
    (("sns", "Publish", is_digest, True), 2),
], ids=["while it claims", "before it is published", "after it is published"])
def test_a_digest_whose_sender_is_killed_tells_everybody_at_most_once_more(
    enforcing: LocalAws, account: Account, fleet: Stack, place: tuple[str, str, Callable[[Call], bool], bool], copies: int
) -> None:
    inbox = account.subscribe(fleet.topic_arn)
    account.client("lambda").update_function_configuration(FunctionName=fleet.function, Timeout=TIMEOUT_SECONDS)
    service, operation, where, carried_out = place
    hold = enforcing.proxy.holding(service, operation, account=account.id, where=where, carried_out=carried_out)
    with ThreadPoolExecutor(1) as pool, hold as held:
        killed = pool.submit(fleet.invoke)
        assert held.reached.wait(30)
        # A process that is killed earlier does not make the call.
        held.dropped = not carried_out
        wait_for(lambda: sum(item["level"] == "WARNING" for item in items(fleet).values()) == 3, "those that left alone")
        assert enforcing.kill_function(fleet) == 1
        assert killed.result().error is not None
    before = told(inbox)
    assert before.total() == (len(REGIONS) if carried_out else 3)
    claimed = {item["pendingAlertId"] for item in items(fleet).values() if "claimedBy" in item}
    assert claimed

    wait_for(lambda: fleet.invoke() and not any("pendingKind" in item for item in items(fleet).values())
             and len(items(fleet)) == len(REGIONS), "everybody to be told", timeout=60, interval=1)
    counted = told(inbox)
    # One identity a Region, that of the dead process where it had claimed one. What it may have told is told once more.
    assert sorted(alert_id.split("/")[1] for alert_id in counted) == sorted(REGIONS)
    assert counted - before == Counter(claimed | (set(counted) - set(before)))
    assert max(counted.values()) == copies
    for sent in account.publications():
        validate(sent)
    assert said(check(fleet)[HERE]) == {"QUOTA": ("WARNING", None)}


def told(inbox: Inbox) -> Counter[str]:
    """How often each alert has arrived, alone or in a digest."""
    inbox.receive()
    documents = [alert.document for alert in inbox.alerts]
    return Counter(alert["alertId"] for document in documents for alert in document.get("alerts", [document]))
