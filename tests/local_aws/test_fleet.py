"""302 targets in 151 accounts, with faults in some of them: what is read, said and measured, and how often AWS is asked."""

import math
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from checks import NAMESPACE, said, validate
from fleets import HERE, REGIONS, THERE, Fleet, Target, about, alerts_in, by_target, read
from local.faults import Breakage
from local.measurements import Datapoint
from local.publications import Publication
from local.server import LocalAws
from toolkit.waiting import wait_for

# Something is going on in these accounts.
NEAR, PAUSED, EXCEPTION = "Payments", "Shop", "Newsletters"
# These cannot be assumed, or read.
MISSING, ELSEWHERE, EXTERNAL = "No role", "Other organization", "Other external ID"
DENIED, THROTTLED, GARBLED, SILENT = "Denied", "Throttled", "Garbled", "Silent"
WITHOUT_SESSION = (MISSING, ELSEWHERE, EXTERNAL)
UNREADABLE = (DENIED, THROTTLED, GARBLED, SILENT)
# These are not to be read.
CLOSED, EXCLUDED = "Closed", "Excluded"
# This one joins the organization later.
LATE = "Late"
OTHERS = [f"Team {number}" for number in range(1, 141)]
ACCOUNTS = [NEAR, PAUSED, EXCEPTION, *WITHOUT_SESSION, *UNREADABLE, *OTHERS]
# The management account is one of them.
TARGETS = len(REGIONS) * (len(ACCOUNTS) + 1)
UNREAD = len(REGIONS) * len(WITHOUT_SESSION + UNREADABLE)
UNREADABLE_MINUTES = 15
# Mail was sent here, and no alert is due.
SENDING = OTHERS[0]
NOT_ALLOWED = ("User: arn:aws:sts::111122223333:assumed-role/monitor/monitor is not authorized to perform: sts:AssumeRole because no "
               "identity-based policy allows the sts:AssumeRole action")


@pytest.fixture(scope="module")
def fleet(enforcing: LocalAws) -> Iterator[Fleet]:
    fleet = Fleet.install(
        enforcing, [*ACCOUNTS, CLOSED, EXCLUDED], without_role=WITHOUT_SESSION, ExcludeAccounts="{Excluded}",
        Thresholds="{Newsletters}/eu-west-1=50/75", MetricDetail="sending",
    )
    fleet.install_role(ELSEWHERE, OrganizationId="o-elsewhere00")
    fleet.install_role(EXTERNAL, ExternalId="ticket-4711")
    fleet.organization.close(fleet.members[CLOSED])
    fleet.deny_ses(DENIED)
    quota = {"max_24_hour_send": 1_000}
    enforcing.set_ses({
        (fleet.members[NEAR].id, HERE): quota | {"sent_last_24_hours": 962},
        (fleet.members[PAUSED].id, THERE): {"sending_enabled": False},
        # An exception for the account in one Region, and none in the other.
        (fleet.members[EXCEPTION].id, HERE): quota | {"sent_last_24_hours": 600},
        (fleet.members[EXCEPTION].id, THERE): quota | {"sent_last_24_hours": 600},
        (fleet.members[SENDING].id, THERE): quota | {"sent_last_24_hours": 100},
        (fleet.hub.id, HERE): quota | {"sent_last_24_hours": 850},
    })
    throttled, garbled = fleet.members[THROTTLED].id, fleet.members[GARBLED].id
    with ExitStack() as faults:
        faults.enter_context(enforcing.proxy.refusing(
            "ses", ".*", account=throttled, code="Throttling", message="Rate exceeded", status=400
        ))
        faults.enter_context(enforcing.proxy.breaking_responses("ses", "GetSendQuota", Breakage.GARBLED, account=garbled))
        yield fleet


@dataclass(frozen=True)
class First:
    """What came of the first check."""

    report: dict[str, Any]
    publications: list[Publication]
    metrics: list[Datapoint]
    # Whether alerts were sent while one account had not answered yet.
    has_alerted_meanwhile: bool


@pytest.fixture(scope="module")
def first(fleet: Fleet) -> First:
    """The first check, during which an account does not answer."""
    silent = fleet.members[SILENT].id
    with ThreadPoolExecutor(1) as pool, fleet.aws.proxy.holding("ses", ".*", account=silent, times=None) as held:
        held.dropped = True
        check = pool.submit(fleet.check)
        wait_for(lambda: check.done() or fleet.hub.publications(), "an alert")
        has_alerted_meanwhile = not check.done()
        report = check.result()
    return First(report, fleet.hub.publications(), fleet.hub.metrics(NAMESPACE), has_alerted_meanwhile)


def test_what_cannot_be_read_costs_no_other_account_anything(fleet: Fleet, first: First) -> None:
    assert first.report["counts"] == {
        "targets": TARGETS, "unread": UNREAD, "warning": 2, "critical": 1, "exhausted": 1, "ok": TARGETS - UNREAD - 4,
        "unknown": 0, "notListed": TARGETS - UNREAD - 4,
    }
    listed = by_target(first.report)
    assert {target: said(found) for target, found in listed.items() if found.get("subjects")} == {
        (fleet.members[NEAR].id, HERE): {"QUOTA": ("CRITICAL", "RAISED")},
        (fleet.members[PAUSED].id, THERE): {"ACCOUNT": ("EXHAUSTED", "RAISED")},
        (fleet.members[EXCEPTION].id, THERE): {"QUOTA": ("WARNING", "RAISED")},
        (fleet.hub.id, HERE): {"QUOTA": ("WARNING", "RAISED")},
    }
    # No account waits for another.
    assert first.has_alerted_meanwhile


def test_the_report_says_why_an_account_cannot_be_read(fleet: Fleet, first: First) -> None:
    errors = {(target["accountName"], region): target["error"]
              for (_, region), target in by_target(first.report).items() if "error" in target}
    assert {target: (error["step"], error["code"]) for target, error in errors.items()} == {
        (account, region): error for accounts, regions, error in (
            (WITHOUT_SESSION, [*REGIONS, "all"], ("role", "AccessDenied")),
            ([DENIED], REGIONS, ("read", "AccessDenied")),
            ([THROTTLED], REGIONS, ("read", "Throttling")),
            ([GARBLED], REGIONS, ("read", "UnexpectedResponse")),
            ([SILENT], REGIONS, ("read", "Timeout")),
        ) for account in accounts for region in regions
    }
    for account in WITHOUT_SESSION:
        assert "reader-role.yaml" in errors[account, "all"]["hint"]
    assert "denies this explicitly" in errors[DENIED, HERE]["hint"]
    for target in first.report["targets"]:
        assert ("error" in target) == ("utilizationPercent" not in target), target


def test_neither_a_closed_nor_an_excluded_account_is_read(fleet: Fleet, first: First) -> None:
    assumed = {call.assumed_account for call in fleet.calls("sts", "AssumeRole")}
    assert assumed == {fleet.members[name].id for name in ACCOUNTS}
    # The account of the stack is read with the function's own role.
    asked = {call.account for call in fleet.calls("ses", "GetSendQuota")}
    assert asked == {fleet.members[name].id for name in set(ACCOUNTS) - set(WITHOUT_SESSION)} | {fleet.hub.id}


def test_alerts_name_the_account(fleet: Fleet, first: First) -> None:
    sent = {document["account"]: (each, document) for each in first.publications for document in validate(each)}
    assert len(sent) == len(first.publications) == 4
    for name in (NEAR, PAUSED, EXCEPTION):
        each, document = sent[fleet.members[name].id]
        assert document["accountName"] == name
        assert f"account {document['account']} ({name})" in each.text("email") and name in each.text("https")
        assert f"({document['account']})" in each.subject
    urgent, _ = sent[fleet.members[PAUSED].id]
    assert f"({PAUSED}, {fleet.members[PAUSED].id})" in urgent.text("sms")


def test_the_metrics_are_those_of_the_fleet_and_of_accounts_of_interest(fleet: Fleet, first: First) -> None:
    assert {point.metric: point.value for point in first.metrics if not point.dimensions} == {
        "TargetsChecked": TARGETS, "TargetsUnread": UNREAD, "TargetsWarning": 2, "TargetsCritical": 1, "TargetsExhausted": 1,
        "HighestUtilization": 96.2, "HighestAlertLevel": 3,
    }
    measured = {(point.dimensions["Account"], point.dimensions["Region"]) for point in first.metrics if point.dimensions}
    assert measured == {
        *fleet.targets(*WITHOUT_SESSION, *UNREADABLE, EXCEPTION), *fleet.targets(NEAR, regions=[HERE]),
        *fleet.targets(PAUSED, SENDING, regions=[THERE]), (fleet.hub.id, HERE),
    }


def test_a_later_check_lists_nothing_and_opens_no_session_again(fleet: Fleet, first: First) -> None:
    listings, assumed = len(fleet.calls("organizations")), len(fleet.calls("sts", "AssumeRole"))
    # 20 accounts a page, the closed and the excluded one included, and the first of several pages has none.
    assert listings == 1 + math.ceil((len(ACCOUNTS) + 3) / 20)
    for _ in range(2):
        report = fleet.check()
        assert report["counts"]["targets"] == TARGETS
    assert len(fleet.calls("organizations")) == listings
    again = Counter(call.assumed_account for call in fleet.calls("sts", "AssumeRole")[assumed:])
    assert again == {fleet.members[name].id: 2 for name in WITHOUT_SESSION}
    # An account that could not be read has its session all the same.
    assert fleet.members[DENIED].id not in again


def test_another_process_reads_the_list_from_the_table(fleet: Fleet, first: First) -> None:
    listings = len(fleet.calls("organizations"))
    fleet.stack.restart()
    report = fleet.check()
    assert report["counts"]["targets"] == TARGETS and report["accountsListedAt"] == first.report["accountsListedAt"]
    assert len(fleet.calls("organizations")) == listings


def test_a_list_that_is_an_hour_old_is_used_until_there_is_another(fleet: Fleet, first: First) -> None:
    fleet.stack.move_back("accounts#0", "listedAt", timedelta(hours=1))
    fleet.stack.restart()
    with fleet.aws.proxy.refusing("organizations", ".*", account=fleet.hub.id, code="AccessDeniedException", status=400):
        report = fleet.check()
    assert report["counts"]["targets"] == TARGETS and report["accountsListedAt"] < first.report["accountsListedAt"]
    assert (report["error"]["step"], report["error"]["code"]) == ("accounts", "AccessDeniedException")
    assert "management account" in report["error"]["hint"]

    fleet.members[LATE] = fleet.organization.add(LATE)
    fleet.install_role(LATE)
    report = fleet.check()
    assert report["counts"]["targets"] == TARGETS + len(REGIONS) and report["accountsListedAt"] == report["checkedAt"]
    assert "error" not in report
    assert set(read(fleet.calls("ses", "GetSendQuota", fleet.members[LATE].id))) == fleet.targets(LATE)


def test_what_stays_unreadable_is_alerted_about_once_and_so_is_its_end(fleet: Fleet, first: First) -> None:
    unread = {(fleet.members[name].id, "all") for name in WITHOUT_SESSION} | fleet.targets(DENIED, THROTTLED, GARBLED)
    fleet.check()
    # A single check that failed is forgotten: the account that did not answer has answered since.
    assert unread_since(fleet) == unread
    published = len(fleet.hub.publications())
    unread_for_long(fleet)
    fleet.check()
    sent = fleet.hub.publications()[published:]
    assert about(alerts_in(sent)) == Counter((account, region, "READING", "RAISED") for account, region in unread)
    assert [len(validate(each)) for each in sent] == [1, 1, 1, len(unread) - 3]
    lines = " ".join(" ".join(each.text("email") for each in sent).split())
    for name in WITHOUT_SESSION:
        account = fleet.members[name].id
        assert f"all Regions (account {account}, {name})" in lines or f"in all Regions, account {account} ({name})" in lines
    fleet.check()
    assert len(fleet.hub.publications()) == published + len(sent)

    fleet.install_role(MISSING)
    fleet.allow_ses(DENIED)
    fleet.check()
    well_again = {(fleet.members[MISSING].id, "all")} | fleet.targets(DENIED)
    recovered = fleet.hub.publications()[published + len(sent):]
    assert about(alerts_in(recovered)) == Counter((account, region, "READING", "RECOVERED") for account, region in well_again)
    # With the role, it is read in each Region.
    assert set(read(fleet.calls("ses", "GetSendQuota", fleet.members[MISSING].id))) == fleet.targets(MISSING)


def test_when_all_accounts_are_lost_at_once_people_get_few_messages(fleet: Fleet, first: First) -> None:
    """The monitor's own role may not assume any other any more."""
    before, published = levels(fleet), len(fleet.hub.publications())
    with fleet.aws.proxy.refusing("sts", "AssumeRole", account=fleet.hub.id, code="AccessDenied", message=NOT_ALLOWED, status=403):
        # The sessions are in the memory of a process.
        fleet.stack.restart()
        report = fleet.check()
        assert {(fleet.members[name].id, "all") for name in OTHERS} <= unread_since(fleet)
        # Only the account of the stack can be read. Nothing begins, and nothing ends: what is unknown is not OK.
        assert report["counts"]["unread"] == report["counts"]["targets"] - len(REGIONS)
        assert len(report["targets"]) == 100 and len(fleet.hub.publications()) == published
        assert before.items() <= levels(fleet).items()
        unread_for_long(fleet)
        fleet.check()
        raised = fleet.hub.publications()[published:]
    few_messages(fleet, raised, "RAISED")
    fleet.check()
    few_messages(fleet, fleet.hub.publications()[published + len(raised):], "RECOVERED")


def few_messages(fleet: Fleet, sent: list[Publication], kind: str) -> None:
    """Three messages about one account each, and the others of up to 50; each account is in one of them."""
    sent = [each for each in sent if each.attributes["kind"] == kind]
    alerts = about(alerts_in(sent))
    assert {(fleet.members[name].id, "all", "READING", kind) for name in OTHERS} <= set(alerts)
    assert set(alerts.values()) == {1}
    sizes = sorted(len(validate(each)) for each in sent)
    assert sizes[:3] == [1, 1, 1] and sizes[-1] == 50 and len(sizes) == 3 + math.ceil((len(alerts) - 3) / 50)


def levels(fleet: Fleet) -> dict[str, str]:
    """What people were told last, by key."""
    return {item["target"]["S"]: item["level"]["S"] for item in fleet.stack.state_items() if "level" in item}


def unread_since(fleet: Fleet) -> set[Target]:
    """The targets, and the accounts as a whole, that have not been read since some check."""
    keys = [item["target"]["S"].split("#") for item in fleet.stack.state_items() if "unreadSince" in item]
    return {(account, region) for account, region, _ in keys}


def unread_for_long(fleet: Fleet) -> None:
    """Lets them have been unreadable for so long that people are told."""
    for account, region in unread_since(fleet):
        fleet.stack.move_back(f"{account}#{region}#READING", "unreadSince", timedelta(minutes=UNREADABLE_MINUTES))
