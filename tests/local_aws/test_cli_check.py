"""`ses-quota check` and `test-alert`, on an installation on the local AWS."""

import json

import pytest

from local.account import Account
from local.command_line import ses_quota
from local.stack import Stack
from local.server import LocalAws

HERE, THERE = "us-east-1", "eu-west-1"
PARAMETERS = {"AlertEmail": "ops@example.com", "Regions": f"{HERE},{THERE}", "CheckIntervalMinutes": "60"}


@pytest.fixture
def stack(account: Account) -> Stack:
    return account.install(PARAMETERS)


def test_a_check_shows_its_report_and_who_is_subscribed(account: Account, stack: Stack) -> None:
    # Nothing listens there.
    account.client("sns").subscribe(TopicArn=stack.topic_arn, Protocol="https", Endpoint="https://127.0.0.1:9/hook")
    account.set_ses(max_24_hour_send=1_000, sent_last_24_hours=962)
    dry = ses_quota("check", "--dry-run", account=account)
    assert dry.returncode == 2 and "would send" in dry.stdout and not account.publications()
    done = ses_quota("check", account=account)
    assert done.returncode == 2 and not done.stderr
    [critical] = [line.split() for line in done.stdout.splitlines() if HERE in line]
    assert critical[:8] == ["CRITICAL", account.id, HERE, "96.2%", "962", "1,000", "QUOTA", "RAISED"]
    assert [line.split()[0] for line in done.stdout.splitlines() if THERE in line] == ["OK"]
    assert "Confirmed subscriptions of the alert topic: 1\n  email    ops@example.com\n" in done.stdout
    assert "told nothing until confirmed: 1\n  https    https://127.0.0.1:9/hook" in done.stdout
    assert len(account.publications()) == 1


def test_a_report_for_programs_is_that_of_the_function(account: Account, stack: Stack) -> None:
    done = ses_quota("check", "--dry-run", "--output", "json", account=account)
    report = json.loads(done.stdout)
    expected = stack.invoke({"dryRun": True}).payload
    assert done.returncode == 0 and report | {"checkedAt": ""} == expected | {"checkedAt": ""}


@pytest.mark.parametrize(("values", "exit_status"), [
    ({}, 0),
    ({"max_24_hour_send": 1_000, "sent_last_24_hours": 850}, 1),
    ({"enforcement_status": "PROBATION"}, 1),
    ({"max_24_hour_send": 1_000, "sent_last_24_hours": 1_000}, 2),
    ({"sending_enabled": False}, 2),
])
def test_the_exit_status_is_that_of_the_worst(account: Account, stack: Stack, values: dict[str, object], exit_status: int) -> None:
    account.set_ses(THERE, **values)
    assert ses_quota("check", "--dry-run", account=account).returncode == exit_status


def test_what_cannot_be_read_is_unknown(aws: LocalAws, account: Account, stack: Stack) -> None:
    with aws.proxy.refusing("ses", "GetSendQuota", account=account.id, region=THERE, code="AccessDenied", status=403):
        done = ses_quota("check", account=account)
    assert done.returncode == 3
    [unread] = [line.split() for line in done.stdout.splitlines() if f" {THERE} " in line]
    assert unread[:3] == ["UNREAD", account.id, THERE]
    assert f"{account.id}/{THERE}: read: AccessDenied: " in done.stdout and "ses:GetSendQuota" in done.stdout


def test_a_check_that_fails_says_why(aws: LocalAws, account: Account, stack: Stack) -> None:
    with aws.proxy.refusing("ses", "GetSendQuota", account=account.id, code="AccessDenied", status=403):
        done = ses_quota("check", account=account)
    assert done.returncode == 3 and not done.stdout
    assert "the function failed: 2 of 2 targets failed" in done.stderr and "The end of its log:" in done.stderr


def test_a_test_alert_says_to_how_many_it_was_sent(account: Account, stack: Stack) -> None:
    account.client("sns").subscribe(TopicArn=stack.topic_arn, Protocol="email", Endpoint="boss@example.com")
    done = ses_quota("test-alert", account=account)
    assert done.returncode == 0 and "sent to 2 confirmed subscriptions" in done.stdout
    [sent] = account.publications()
    assert sent.subject.startswith("[TEST]")
    asked = ses_quota("test-alert", "--output", "json", account=account)
    assert json.loads(asked.stdout)["subscribers"] == 2


def test_a_test_alert_that_reaches_nobody(account: Account, stack: Stack) -> None:
    sns = account.client("sns")
    [email] = sns.list_subscriptions_by_topic(TopicArn=stack.topic_arn)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=email["SubscriptionArn"])
    done = ses_quota("test-alert", account=account)
    assert done.returncode == 2 and "reaches nobody" in done.stdout
    sns.delete_topic(TopicArn=stack.topic_arn)
    done = ses_quota("test-alert", account=account)
    assert done.returncode != 0
    print(done.returncode, done.stdout, done.stderr)
    assert "ALERT_TOPIC_ARN does not exist" in done.stdout + done.stderr
