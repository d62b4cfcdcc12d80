"""`ses-quota increase`: what it says to ask for, and how it files that, with the permissions that it needs."""

import json
import re
import time
from typing import Any

import pytest

from local import traffic
from local.account import Account
from local.command_line import ses_quota
from local.server import LocalAws
from local.terminal import on_terminal

SENDING_QUOTA = {"ServiceCode": "ses", "QuotaCode": "L-804C8AE8"}
CASE = "176393521100042"
FILE = ("servicequotas", "RequestServiceQuotaIncrease")
READS = ["ses:GetSendQuota", "ses:GetAccount", "ses:GetSendStatistics",
         "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota"]


@pytest.fixture
def busy(account: Account) -> Account:
    """An account whose quota will be full today."""
    account.set_ses(**traffic.filling(time.time()).numbers())
    return account


def found(account: Account, *options: str, **environment: str) -> dict[str, Any]:
    done = ses_quota("increase", *options, "--output", "json", account=account, **environment)
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def filed(account: Account, region: str | None = None) -> list[tuple[float, str]]:
    """The requests that are there: what they ask for, and their status."""
    service = account.client("service-quotas", region)
    requests = service.list_requested_service_quota_change_history_by_quota(**SENDING_QUOTA)["RequestedQuotas"]
    return [(request["DesiredValue"], request["Status"]) for request in requests]


def as_role(account: Account, *actions: str) -> dict[str, str]:
    """The environment of a role of this account that may do this and nothing else."""
    iam, name = account.client("iam"), "person"
    trust = {"Effect": "Allow", "Principal": {"AWS": account.id}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policies = [json.dumps({"Version": "2012-10-17", "Statement": [statement]}) for statement in (trust, allow)]
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policies[0])["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="person", PolicyDocument=policies[1])
    keys = account.client("sts").assume_role(RoleArn=arn, RoleSessionName="person")["Credentials"]
    return {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"]}


def test_it_says_what_to_ask_for_and_why_and_files_nothing(aws: LocalAws, busy: Account) -> None:
    quota = busy.client("ses").get_send_quota()
    shown = found(busy)
    basis = shown["basis"]
    assert (shown["advice"], shown["max24HourSend"], shown["requests"]) == ("ask", quota["Max24HourSend"], [])
    highest = max(basis["busiestDay"]["recipients"], basis["forecastUpperBound"]["recipients"], shown["sentLast24Hours"])
    assert highest <= basis["need"] <= 2 * highest + 1
    assert basis["need"] / shown["desiredValue"] < 0.8 and shown["desiredValue"] <= 10 / 3 * highest + 1
    assert shown["desiredValue"] > shown["max24HourSend"]

    done = ses_quota("increase", account=busy)
    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert f"Ask for {shown['desiredValue']:,}." in text and "What AWS wants to know" in text
    for name in ("Busiest 24 hours", "Forecast, upper bound", "Highest of these", "Growth", "With room to spare", "Next round number"):
        assert f"  {name}:" in text
    assert "To file it: ses-quota increase --region us-east-1 --submit" in text
    assert not aws.proxy.calls(*FILE, busy.id) and filed(busy) == []


def test_a_request_is_shown_asked_about_and_filed(busy: Account) -> None:
    desired = found(busy)["desiredValue"]
    done = on_terminal("increase", "--submit", account=busy, answer="yes\n")
    assert done.returncode == 0, done.output
    for name, value in (("Account", busy.id), ("Region", "us-east-1"), ("Desired", f"{desired:,} recipients in 24 hours")):
        assert re.search(rf"^  {name}: +{re.escape(value)}$", done.output, re.MULTILINE), done.output
    shown, _, after = done.output.partition("Type yes to file it: ")
    assert "RequestServiceQuotaIncrease" in shown and "Filed: request " in after and "status PENDING" in after
    assert "https://us-east-1.console.aws.amazon.com/servicequotas/home/requests?region=us-east-1" in after
    [request] = filed(busy)
    assert request == (desired, "PENDING")
    # Now one is open, and no other can be filed.
    again = on_terminal("increase", "--submit", "--to", "900000", account=busy, answer="yes\n")
    assert again.returncode == 3 and "AWS takes no second one" in again.output and "Type yes" not in again.output
    assert filed(busy) == [request]
    text = ses_quota("increase", account=busy).stdout
    assert f"  {desired:,}: open since " in text and "--submit" not in text


@pytest.mark.parametrize("answer", ["no", "", "y", "YES", "\x04"])
def test_whoever_does_not_say_yes_files_nothing(busy: Account, answer: str) -> None:
    done = on_terminal("increase", "--submit", account=busy, answer=f"{answer}\n")
    assert done.returncode == 3 and 'nothing was done: the answer was not "yes"' in done.output
    assert filed(busy) == []


def test_without_a_terminal_it_is_filed_only_if_that_is_said(busy: Account) -> None:
    done = ses_quota("increase", "--submit", account=busy, answer="yes\n")
    assert done.returncode == 3 and "there is no terminal to ask on" in done.stderr and "--yes" in done.stderr
    assert filed(busy) == []
    shown = found(busy, "--submit", "--yes", "--to", "7000000")
    assert filed(busy) == [(7_000_000, "PENDING")]
    submitted = shown["submitted"]
    assert (submitted["status"], submitted["desiredValue"], shown["desiredValue"]) == ("PENDING", 7_000_000, 7_000_000)
    assert submitted["id"]


def test_it_is_the_region_that_is_named(busy: Account) -> None:
    busy.set_ses("eu-west-1", **traffic.filling(time.time()).numbers())
    done = ses_quota("increase", "--region", "eu-west-1", "--submit", "--yes", "--to", "8000000", account=busy)
    assert done.returncode == 0, done.stderr
    assert filed(busy, "eu-west-1") == [(8_000_000, "PENDING")] and filed(busy) == []


def test_what_became_of_requests_is_shown(busy: Account) -> None:
    now = time.time()
    busy.set_ses(quota_requests=[
        {"DesiredValue": 9_000_000, "Status": "DENIED", "Created": now - 9e5, "LastUpdated": now - 8e5},
        {"DesiredValue": 3_000_000, "Status": "CASE_OPENED", "CaseId": CASE, "Created": now - 7_300, "LastUpdated": now - 7_200},
    ])
    text = ses_quota("increase", account=busy).stdout
    assert re.search(rf"^  3,000,000: open since .* \(2 hours\), support case {CASE}$", text, re.MULTILINE)
    assert re.search(r"^  9,000,000: filed .*, not approved .*$", text, re.MULTILINE)
    assert f"https://console.aws.amazon.com/support/home#/case/?displayId={CASE}" in text
    statuses = [(each["status"], each.get("caseId")) for each in found(busy)["requests"]]
    assert statuses == [("CASE_OPENED", CASE), ("DENIED", None)]


def test_the_sandbox_is_led_to_production_access(aws: LocalAws, account: Account) -> None:
    account.set_ses(production_access=False, max_24_hour_send=200, max_send_rate=1, sent_last_24_hours=190)
    assert found(account)["advice"] == "productionAccess"
    text = ses_quota("increase", account=account).stdout
    assert "Ask for production access, not for a higher quota" in text and "#/account" in text and "--submit" not in text
    for options in ([], ["--to", "50000"]):
        done = ses_quota("increase", "--submit", "--yes", *options, account=account)
        assert done.returncode == 3 and "production access comes before a higher quota" in done.stderr
    assert not aws.proxy.calls(*FILE, account.id) and filed(account) == []


def test_without_history_nothing_is_made_up(account: Account) -> None:
    account.set_ses(max_24_hour_send=1_000, sent_last_24_hours=850, data_points=[])
    done = ses_quota("increase", account=account)
    assert done.returncode == 3 and "What to ask for cannot be told" in done.stdout
    refused = ses_quota("increase", "--submit", "--yes", account=account)
    assert refused.returncode == 3 and "--to RECIPIENTS" in refused.stderr
    assert ses_quota("increase", "--submit", "--yes", "--to", "2000", account=account).returncode == 0
    assert filed(account) == [(2_000, "PENDING")]


def test_a_quota_that_is_enough_is_left_alone(account: Account) -> None:
    account.set_ses(**traffic.filling(time.time()).numbers() | {"max_24_hour_send": 50_000_000})
    assert found(account)["advice"] == "enough"
    done = ses_quota("increase", "--submit", "--yes", account=account)
    assert done.returncode == 3 and "the present quota is enough" in done.stderr
    less = ses_quota("increase", "--submit", "--yes", "--to", "1000", account=account)
    assert less.returncode == 3 and "not more than the present quota" in less.stderr
    assert filed(account) == []


def test_what_may_not_be_read_is_named_and_the_rest_is_said(enforcing: LocalAws) -> None:
    account = enforcing.account()
    account.set_ses(**traffic.filling(time.time()).numbers())
    role = as_role(account, "ses:GetSendQuota", "ses:GetSendStatistics")
    done = ses_quota("increase", account=account, **role)
    assert done.returncode == 0 and "Ask for " in done.stdout
    assert "Not read: the account status: AccessDenied" in done.stdout
    assert "Not read: the requests for a higher quota: AccessDenied" in done.stdout and "No request" not in done.stdout


def test_what_may_not_be_filed_says_which_permission_is_missing(enforcing: LocalAws) -> None:
    account = enforcing.account()
    account.set_ses(**traffic.filling(time.time()).numbers())
    role = as_role(account, *READS)
    done = ses_quota("increase", "--submit", "--yes", account=account, **role)
    assert done.returncode == 3 and "the request was not filed: AccessDenied" in done.stderr
    assert "servicequotas:RequestServiceQuotaIncrease" in done.stderr and filed(account) == []
    account.client("iam").put_role_policy(RoleName="person", PolicyName="file", PolicyDocument=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "servicequotas:RequestServiceQuotaIncrease", "Resource": "*"}],
    }))
    assert ses_quota("increase", "--submit", "--yes", account=account, **role).returncode == 0
    assert len(filed(account)) == 1


def test_a_quota_that_cannot_be_read_is_an_error(enforcing: LocalAws) -> None:
    account = enforcing.account()
    done = ses_quota("increase", account=account, **as_role(account, "ses:GetAccount"))
    assert done.returncode == 3 and "AccessDenied" in done.stderr and done.stdout == ""


def test_one_that_is_open_is_refused_by_aws_too(enforcing: LocalAws) -> None:
    # Whoever may not list requests learns of an open one from AWS.
    account = enforcing.account()
    account.set_ses(**traffic.filling(time.time()).numbers(), quota_requests=[{"DesiredValue": 5_000_000}])
    role = as_role(account, *READS[:3], "servicequotas:RequestServiceQuotaIncrease")
    done = ses_quota("increase", "--submit", "--yes", account=account, **role)
    assert done.returncode == 3 and "ResourceAlreadyExistsException" in done.stderr and "takes no second one" in done.stderr
    assert filed(account) == [(5_000_000, "PENDING")]
