"""`ses-quota forecast` and `ses-quota plan`: what a person is told by SES alone, and what an installed monitor says of the same
numbers."""

import json
import re
import subprocess
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from checks import NAMESPACE, check
from local import traffic
from local.account import Account
from local.command_line import ses_quota
from local.server import LocalAws
from local.stack import Stack

HERE, THERE = "us-east-1", "eu-west-1"
CALLS = ["GetSendQuota", "GetAccount", "GetSendStatistics"]


@pytest.fixture
def account(aws: LocalAws) -> Account:
    return aws.account()


@pytest.fixture
def stack(account: Account) -> Stack:
    return account.install({"Regions": f"{HERE},{THERE}"})


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stderr == "", done.stderr
    return json.loads(done.stdout)


def first_paragraph(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split())


def words(sentence: str) -> str:
    """Without its times and numbers: seconds lie between two of them, and perhaps the end of five minutes."""
    return re.sub(r"\d+", "#", re.sub(r"\d{4}-\d\d-\d\d ", "", sentence))


@pytest.mark.parametrize("numbers, verdict, exit_code", [
    (traffic.filling, "breach", 2),
    (traffic.peaking, "noBreach", 0),
    (lambda now: traffic.filling(now, 14.1), "full", 2),
], ids=["fills", "peaks", "full"])
def test_a_forecast_says_what_an_alert_says(
    account: Account, stack: Stack, numbers: Any, verdict: str, exit_code: int
) -> None:
    account.set_ses(**numbers(time.time()).numbers())
    alerted = check(stack)[HERE]["forecast"]
    told = document(ses_quota("forecast", "--output", "json", account=account))
    done = ses_quota("forecast", account=account)
    assert told["forecast"]["verdict"] == alerted["verdict"] == verdict
    for name in ("probability", "peakPercent", "peakLowPercent", "peakHighPercent"):
        assert told["forecast"].get(name) == pytest.approx(alerted.get(name), abs=0.5), name
    assert (done.returncode, done.stderr) == (exit_code, "")
    [sent] = account.publications()
    assert words(first_paragraph(done.stdout)) in words(" ".join(sent.text("email").split()))
    assert f"Account:                    {account.id}" in done.stdout and HERE in done.stdout


def test_the_chart_and_the_course_are_of_the_past_day_and_the_next(account: Account) -> None:
    account.set_ses(**traffic.filling(time.time()).numbers())
    done = ses_quota("forecast", account=account, LC_ALL="C.UTF-8")
    # Neither colors nor wide lines where there is no terminal.
    assert "\x1b" not in done.stdout and max(map(len, done.stdout.splitlines())) <= 80
    assert "now, " in done.stdout and "░" in done.stdout and "⠒⠒ expected" in done.stdout
    for level in ("100%", "95%", "80%"):
        assert re.search(rf"^ *{level}  ", done.stdout, re.MULTILINE), level
    plain = ses_quota("forecast", account=account, LC_ALL="C")
    assert plain.stdout.isascii() and "oo expected" in plain.stdout
    assert "\x1b[" in ses_quota("forecast", "--color", "always", account=account).stdout

    told = document(ses_quota("forecast", "--output", "json", account=account))
    assert (told["account"], told["region"], told["max24HourSend"]) == (account.id, HERE, traffic.QUOTA)
    now = datetime.fromisoformat(told["checkedAt"])
    course = [(datetime.fromisoformat(point["at"]) - now, point) for point in told["course"]]
    [present] = [point for ahead, point in course if ahead == timedelta(0)]
    assert present["percent"] == pytest.approx(told["utilizationPercent"], abs=0.1)
    known, expected = [[point for ahead, point in course if (ahead > timedelta(0)) is later] for later in (False, True)]
    assert timedelta(hours=23) < -course[0][0] <= timedelta(hours=25) and course[-1][0] > timedelta(hours=23)
    assert all(point.keys() == {"at", "percent"} for point in known) and len(known) > 90
    assert all(point["lowPercent"] <= point["percent"] <= point["highPercent"] for point in expected) and len(expected) == 96
    assert max(point["percent"] for point in expected) == pytest.approx(told["forecast"]["peakPercent"], abs=0.2)


def test_without_history_a_forecast_says_so(account: Account) -> None:
    account.set_ses(max_24_hour_send=1_000, sent_last_24_hours=850)
    done = ses_quota("forecast", account=account)
    assert done.returncode == 3
    assert first_paragraph(done.stdout) == "When will the quota be full? Cannot be told: less than 3 days of history."
    account.set_ses(max_24_hour_send=-1)
    done = ses_quota("forecast", account=account)
    assert (done.returncode, first_paragraph(done.stdout)) == (0, "The quota is unlimited: it is never full.")
    account.set_ses(max_24_hour_send=1_000, sending_enabled=False)
    done = ses_quota("forecast", account=account)
    assert done.returncode == 2 and first_paragraph(done.stdout).startswith("Sending is paused: ")


@pytest.mark.parametrize("arguments", [("forecast",), ("plan", "1000")], ids=["forecast", "plan"])
def test_nothing_is_called_but_what_reads(aws: LocalAws, account: Account, arguments: tuple[str, ...]) -> None:
    account.set_ses(**traffic.peaking(time.time()).numbers())
    assert ses_quota(*arguments, account=account, AWS_ENDPOINT_URL=aws.proxy.url).returncode == 0
    calls = [(call.service, call.operation) for call in aws.proxy.calls_in(account.id)]
    assert calls == [("sts", "GetCallerIdentity"), *(("ses", operation) for operation in CALLS)]


def test_a_plan_is_answered_as_the_function_answers_it(account: Account, stack: Stack) -> None:
    account.set_ses(**traffic.peaking(time.time()).numbers())
    for recipients, exit_code in (("1000", 0), ("15,000", 1), ("50001", 2)):
        mine = document(ses_quota("plan", recipients, "--output", "json", account=account))["plan"]
        asked = ses_quota("plan", recipients, "--from", "--output", "json", account=account)
        theirs = document(asked)["plan"]
        assert asked.returncode == exit_code
        for plan in (mine, theirs):
            assert plan["recipients"] == int(recipients.replace(",", ""))
            assert abs(datetime.fromisoformat(plan.pop("startAt")) - datetime.now(timezone.utc)) < timedelta(minutes=1)
        rooms, times = [plan.pop("room") for plan in (mine, theirs)], [plan.pop("fitsFrom") for plan in (mine, theirs)]
        assert mine == theirs
        # Seconds lie between them.
        assert rooms[0] == pytest.approx(rooms[1], abs=500)
        if exit_code == 1:
            assert abs(datetime.fromisoformat(times[0]) - datetime.fromisoformat(times[1])) <= timedelta(minutes=15)
    assert stack.state_items() == [] and account.metrics(NAMESPACE) == [] and account.publications() == []


def test_a_plan_in_words(account: Account) -> None:
    account.set_ses(**traffic.peaking(time.time()).numbers())
    done = ses_quota("plan", "1,000", account=account)
    assert (done.returncode, first_paragraph(done.stdout)) == (0, "Yes: 1,000 recipients fit now.")
    done = ses_quota("plan", "15,000", "--per-second", "2", account=account)
    assert done.returncode == 1
    no = r"No: 15,000 recipients do not fit now: there is (no room|room for [\d,]+)\. They fit from (\d{4}-\d\d-\d\d )?(\d\d:\d\d) UTC\."
    found = re.fullmatch(no, first_paragraph(done.stdout))
    assert found, done.stdout
    # At the time that is told, it fits.
    done = ses_quota("plan", "15,000", "--start-at", found[3], account=account)
    assert done.returncode == 0 and first_paragraph(done.stdout).startswith("Yes: 15,000 recipients fit at "), done.stdout
    done = ses_quota("plan", "50001", account=account)
    assert done.returncode == 2 and "ses-quota increase" in done.stdout

    account.set_ses(THERE, max_24_hour_send=1_000, sent_last_24_hours=900)
    for recipients, more in (("100", ""), ("101", ": 101 recipients do not fit")):
        done = ses_quota("plan", recipients, "--region", THERE, account=account)
        told = f"Cannot be told: less than 3 days of history. Left now: 100 recipients{more}."
        assert (done.returncode, first_paragraph(done.stdout)) == (3, told)


def test_another_account_is_read_by_its_reader_role(aws: LocalAws, account: Account) -> None:
    other = aws.account()
    other.install_reader_role(f"arn:aws:iam::{account.id}:role/anybody", ExternalId="agreed")
    other.set_ses(max_24_hour_send=2_000, sent_last_24_hours=500)
    named = ("--account", other.id, "--external-id", "agreed", "--output", "json")
    assert document(ses_quota("forecast", *named, account=account))["sentLast24Hours"] == 500
    plan = document(ses_quota("plan", "1000", *named, account=account))["plan"]
    assert (plan["account"], plan["room"]) == (other.id, 1_500)


@pytest.mark.parametrize("arguments, named", [
    (("plan",), "<RECIPIENTS>"),
    (("plan", "many"), "'many' for '<RECIPIENTS>'"),
    (("plan", "10", "--start-at", "tomorrow"), "'--start-at <TIME>'"),
    (("plan", "10", "--start-at", "2020-01-01T00:00:00Z"), "--start-at=\"2020-01-01T00:00:00Z\": expected a time from now"),
    (("plan", "10", "--account", "42"), "'--account <ID>'"),
    (("forecast", "--account", "42"), "'--account <ID>'"),
    (("plan", "10", "--from", "nothing-here"), "there is no stack nothing-here"),
])
def test_what_is_wrong_is_named_as_it_was_typed(account: Account, arguments: tuple[str, ...], named: str) -> None:
    done = ses_quota(*arguments, account=account)
    assert (done.returncode, done.stdout) == (3, "") and named in done.stderr


def test_a_function_that_refuses_names_the_option(account: Account, stack: Stack) -> None:
    done = ses_quota("plan", "10", "--account", "999988887777", "--from", account=account)
    assert done.returncode == 3 and '--account="999988887777": expected ' in done.stderr and "plan." not in done.stderr


def test_what_ses_refuses_is_said(aws: LocalAws, account: Account) -> None:
    with aws.proxy.refusing("ses", "GetSendQuota", account=account.id, code="AccessDenied", status=403):
        done = ses_quota("forecast", account=account, AWS_ENDPOINT_URL=aws.proxy.url)
    assert (done.returncode, done.stdout) == (3, "") and "SES cannot be read: AccessDenied" in done.stderr
    account.set_ses(max_24_hour_send=1_000, sent_last_24_hours=850)
    with aws.proxy.refusing("ses", "GetSendStatistics", account=account.id, code="AccessDenied", status=403):
        done = ses_quota("forecast", account=account, AWS_ENDPOINT_URL=aws.proxy.url)
    assert done.returncode == 3 and "Cannot be told: the history could not be read." in done.stdout
    assert "Not read:                   history: AccessDenied" in done.stdout
