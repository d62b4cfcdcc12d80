"""`ses-quota status` and `watch`: what a person sees of SES, and of an installation, with credentials of an account."""

import json
import re
import time
from typing import Any

import pytest

from fleets import HERE, THERE, Fleet
from local import traffic
from local.account import Account
from local.command_line import ses_quota
from local.server import LocalAws

OK, WARNING, CRITICAL, UNKNOWN = range(4)


@pytest.fixture
def account(enforcing: LocalAws) -> Account:
    return enforcing.account()


def status(*arguments: str, account: Account) -> tuple[int, list[dict[str, Any]]]:
    """How `status` ends, and the targets that it shows to programs."""
    done = ses_quota("status", "--output", "json", *arguments, account=account)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)["targets"]


def rows(text: str) -> list[list[str]]:
    """The words in each line of the table."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.split()[:1] == ["status"])
    return [line.split() for line in lines[start + 1:lines.index("", start) if "" in lines[start:] else None]]


@pytest.mark.parametrize(("sent", "used", "level", "exit"), [
    (39_999, 79.9, "OK", OK), (40_000, 80, "WARNING", WARNING), (47_500, 95, "CRITICAL", CRITICAL),
    (50_000, 100, "EXHAUSTED", CRITICAL),
])
def test_it_ends_as_a_monitoring_plugin(account: Account, sent: int, used: float, level: str, exit: int) -> None:
    account.set_ses(HERE, sent_last_24_hours=sent)
    ended, [target] = status(account=account)
    assert (ended, target["status"], target["utilizationPercent"]) == (exit, level, used)
    # The thresholds of the person count.
    assert status("--warning", "99.5", "--critical", "99.9", account=account)[0] == (CRITICAL if sent == 50_000 else OK)


def test_it_sees_what_the_function_sees(account: Account) -> None:
    account.set_ses(HERE, **traffic.filling(time.time()).numbers())
    account.set_ses(THERE, **traffic.peaking(time.time()).numbers(), enforcement_status="PROBATION")
    stack = account.install({"Regions": f"{HERE},{THERE}", "Snapshot": "true", "CheckIntervalMinutes": "60"})
    report = stack.invoke().payload
    reported = {target["region"]: target for target in report["targets"]}
    for arguments in ([], ["--from"]):
        arguments = arguments or ["--regions", f"{HERE},{THERE}"]
        ended, seen = status(*arguments, account=account)
        assert ended == WARNING and {target["region"] for target in seen} == {HERE, THERE}
        for target in seen:
            as_reported = reported[target["region"]]
            for name in ("account", "sentLast24Hours", "max24HourSend", "maxSendRate", "utilizationPercent"):
                assert target[name] == as_reported[name], name
            assert target["levels"] == {each["subject"]: each["level"] for each in as_reported["subjects"]}
            assert target["forecast"]["verdict"] == as_reported["forecast"]["verdict"]
    # What was stored is what the check found, not what SES says now.
    account.set_ses(HERE, sent_last_24_hours=50_000)
    stored = next(target for target in status("--from", account=account)[1] if target["region"] == HERE)
    assert (stored["status"], stored["checkedAt"]) == ("WARNING", report["checkedAt"])
    assert status("--region", HERE, account=account)[0] == CRITICAL


def test_people_see_the_worst_first_and_what_to_do(account: Account) -> None:
    account.set_ses(HERE, sent_last_24_hours=10)
    account.set_ses(THERE, sent_last_24_hours=48_100)
    done = ses_quota("status", "--regions", f"{HERE},{THERE}", account=account)
    first, second = rows(done.stdout)
    assert [first[0], first[2], first[4]] == ["CRITICAL", THERE, "96.2%"] and [second[0], second[2]] == ["OK", HERE]
    assert f"ses-quota increase --region {THERE}" in done.stdout
    # It does not go to a terminal.
    assert "\x1b[" not in done.stdout
    assert "\x1b[" in ses_quota("status", "--color", "always", account=account).stdout


def test_without_a_snapshot_it_says_how_to_get_one(account: Account) -> None:
    account.install({"CheckIntervalMinutes": "60"})
    done = ses_quota("status", "--from", account=account)
    assert done.returncode == UNKNOWN and "Snapshot=true" in done.stderr and not done.stdout
    done = ses_quota("status", "--from", "another", account=account)
    assert done.returncode == UNKNOWN and "there is no stack another in us-east-1" in done.stderr


def test_an_organization_as_a_person_may_read_it(enforcing: LocalAws) -> None:
    fleet = Fleet.install(enforcing, ["Payments", "Shop"], without_role=["Shop"])
    payments, shop = (fleet.members[name] for name in ("Payments", "Shop"))
    payments.set_ses(THERE, sent_last_24_hours=45_000)
    # The role trusts the function's alone: let the person's account in, too.
    role = payments.client("iam").get_role(RoleName="ses-quota-monitor-reader")["Role"]
    trust = role["AssumeRolePolicyDocument"]
    trust["Statement"].append({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{fleet.hub.id}:root"}, "Action": "sts:AssumeRole"})
    payments.client("iam").update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=json.dumps(trust))
    arguments = ["status", "--accounts", "organization", "--regions", f"{HERE},{THERE}"]
    done = ses_quota(*arguments, account=fleet.hub)
    # What cannot be read is not OK, and comes first.
    assert done.returncode == UNKNOWN
    assert [(row[0], row[1]) for row in rows(done.stdout)[:3]] == [
        ("UNREAD", shop.id), ("UNREAD", shop.id), ("WARNING", payments.id),
    ]
    assert "(Payments)" in done.stdout and "role: AccessDenied" in done.stdout
    assert re.search(rf"^{shop.id}/\S+ and 2 more: role: AccessDenied: .*reader-role\.yaml", done.stdout, re.MULTILINE)
    # The others that belong to the organization are read.
    assert len(rows(done.stdout)) == 6


def test_watching_goes_on_after_a_failure(account: Account) -> None:
    account.set_ses(HERE, sent_last_24_hours=45_000)
    done = ses_quota("watch", "--times", "2", "--every", "5", "--output", "json", account=account)
    looks = [json.loads(line) for line in done.stdout.splitlines()]
    assert [look["targets"][0]["status"] for look in looks] == ["WARNING", "WARNING"] and done.returncode == WARNING
    done = ses_quota("watch", "--from", "none", "--times", "2", "--every", "5", account=account)
    assert done.stderr.count("there is no stack none") == 2 and done.returncode == UNKNOWN


def test_wrong_arguments_and_credentials_are_unknown(account: Account) -> None:
    for arguments in (["--regions", "us-east1"], ["--warning", "96"], ["--from", "x", "--regions", HERE], ["--unknown"]):
        done = ses_quota("status", *arguments, account=account)
        assert done.returncode == UNKNOWN and not done.stdout, arguments
        assert arguments[0] in done.stderr
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}
    done = ses_quota("status", account=account, **nobody)
    assert done.returncode == UNKNOWN and "no AWS credentials" in done.stderr and "aws sso login" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_without_credentials(account: Account, shell: str) -> None:
    done = ses_quota("completions", shell, account=account, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert done.returncode == OK
    for command in ("status", "watch", "forecast", "plan", "increase", "doctor", "check", "test-alert"):
        assert command in done.stdout
