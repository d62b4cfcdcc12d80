"""A request for a higher quota that is open: what an alert says of it, with the permissions of the deployed roles."""

import json
import time
from typing import Any

import pytest

from checks import check, said, validate
from fleets import READER, Fleet
from local.account import Account
from local.publications import Publication
from local.server import LocalAws
from local.stack import Stack

HERE, THERE = "us-east-1", "eu-west-1"
ASK = ("servicequotas", "ListRequestedServiceQuotaChangeHistoryByQuota")
SENDING_QUOTA = {"ServiceCode": "ses", "QuotaCode": "L-804C8AE8"}
NEAR = {"max_24_hour_send": 1_000, "sent_last_24_hours": 850}
CASE = "176393521100042"
HAS_BEEN_OPEN = "A request for a quota of 2,000 has been open since"
ASK_FOR_IT = "Ask for a higher quota now."


@pytest.fixture
def account(enforcing: LocalAws) -> Account:
    return enforcing.account()


@pytest.fixture
def stack(account: Account) -> Stack:
    return account.install({"Regions": f"{HERE},{THERE}"})


def in_case(hours_ago: float) -> list[dict[str, Any]]:
    """A request that AWS handles in a support case, after one that was denied."""
    earlier = {"DesiredValue": 9_000, "Status": "DENIED", "Created": time.time() - 9e5}
    return [earlier, {"DesiredValue": 2_000, "Status": "CASE_OPENED", "CaseId": CASE, "Created": time.time() - 3_600 * hours_ago}]


def told(sent: Publication) -> dict[str, Any] | None:
    """The request that an alert names: the same in each channel, and an email leads to another one only without it."""
    [alert] = validate(sent)
    request: dict[str, Any] | None = alert.get("increaseRequest")
    email = " ".join(sent.text("email").split())
    assert (HAS_BEEN_OPEN in email, ASK_FOR_IT in email) == (request is not None, request is None)
    chat = json.loads(sent.text("https"))
    assert any(HAS_BEEN_OPEN in step for step in chat["content"]["nextSteps"]) == (request is not None)
    assert ("a quota request is open" in sent.text("sms")) == (request is not None)
    return request


def test_an_alert_names_the_request_that_is_open_in_its_region(account: Account, stack: Stack) -> None:
    for region in (HERE, THERE):
        account.set_ses(region, **NEAR)
    account.set_ses(HERE, quota_requests=in_case(hours_ago=2.1))
    assert {region: said(target) for region, target in check(stack).items()} == dict.fromkeys(
        [HERE, THERE], {"QUOTA": ("WARNING", "RAISED")}
    )
    sent = {each.attributes["region"]: each for each in account.publications()}
    request = told(sent[HERE])
    assert request is not None and told(sent[THERE]) is None
    assert (request["desiredValue"], request["status"], request["caseId"]) == (2_000, "CASE_OPENED", CASE)
    assert "(2 hours); AWS takes no second one." in " ".join(sent[HERE].text("email").split())
    assert f"https://console.aws.amazon.com/support/home#/case/?displayId={CASE}" in sent[HERE].text("email")

    # One that somebody files is in the next alert, and one that is closed is not.
    account.client("service-quotas", THERE).request_service_quota_increase(**SENDING_QUOTA, DesiredValue=2_000)
    account.set_ses(HERE, quota_requests=[])
    for region in (HERE, THERE):
        account.set_ses(region, sent_last_24_hours=960)
    check(stack)
    sent = {each.attributes["region"]: each for each in account.publications()[2:]}
    request = told(sent[THERE])
    assert request is not None and request["status"] == "PENDING" and told(sent[HERE]) is None
    assert f"https://{THERE}.console.aws.amazon.com/servicequotas/home/requests?region={THERE}" in sent[THERE].text("email")


def test_it_is_asked_for_where_an_alert_is_due_and_leads_to_it(enforcing: LocalAws, account: Account, stack: Stack) -> None:
    def asked() -> int:
        return len(enforcing.proxy.calls(*ASK, account.id))

    account.set_ses(HERE, max_24_hour_send=1_000, sent_last_24_hours=10)
    check(stack)
    assert asked() == 0
    account.set_ses(HERE, sent_last_24_hours=850)
    check(stack)
    assert asked() == 1
    # It is told already; then it is over.
    check(stack)
    account.set_ses(HERE, sent_last_24_hours=10)
    check(stack)
    for event in ({"dryRun": True}, {"testAlert": True}):
        stack.invoke(event)
    # The sandbox is led to production access.
    account.set_ses(THERE, production_access=False, max_24_hour_send=200, sent_last_24_hours=190)
    check(stack)
    assert asked() == 1
    kinds = [sent.attributes["kind"] for sent in account.publications()]
    assert kinds == ["RAISED", "RECOVERED", "TEST", "RAISED"]


def deny(account: Account, role: str) -> None:
    statement = {"Effect": "Deny", "Action": f"servicequotas:{ASK[1]}", "Resource": "*"}
    account.client("iam").put_role_policy(
        RoleName=role, PolicyName="older", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )


def test_a_role_that_may_not_ask_alerts_as_ever_and_asks_once_an_hour(
    enforcing: LocalAws, account: Account, stack: Stack
) -> None:
    deny(account, stack.outputs["FunctionRoleName"])
    for sent, expected in ((850, "RAISED"), (960, "ESCALATED")):
        account.set_ses(HERE, max_24_hour_send=1_000, sent_last_24_hours=sent, quota_requests=in_case(2))
        report = check(stack)[HERE]
        assert said(report)["QUOTA"][1] == expected and "error" not in report
    assert [told(each) for each in account.publications()] == [None, None]
    assert len(enforcing.proxy.calls(*ASK, account.id)) == 1


@pytest.mark.parametrize("how", ["silent", "refused"])
def test_a_service_that_does_not_answer_delays_no_alert_for_long(
    enforcing: LocalAws, account: Account, stack: Stack, how: str
) -> None:
    account.set_ses(HERE, **NEAR, quota_requests=in_case(2))
    proxy = enforcing.proxy
    trouble = (proxy.holding(*ASK, account=account.id, times=None) if how == "silent"
               else proxy.refusing(*ASK, account=account.id, code="TooManyRequestsException", status=429))
    with trouble:
        report = check(stack)[HERE]
    assert said(report) == {"QUOTA": ("WARNING", "RAISED")} and "error" not in report
    [sent] = account.publications()
    assert told(sent) is None
    [publish] = proxy.calls("sns", "Publish", account.id)
    claim = proxy.calls("dynamodb", "PutItem", account.id)[0]
    assert publish.at - claim.at < 3


def test_another_account_is_asked_by_its_reader_role(enforcing: LocalAws) -> None:
    fleet = Fleet.install(enforcing, ["Shop", "Older role"], Regions=HERE)
    deny(fleet.members["Older role"], READER)
    for member in fleet.members.values():
        member.set_ses(**NEAR, quota_requests=in_case(2))
    report = fleet.check()
    assert not [target for target in report["targets"] if "error" in target]
    names = {member.id: name for name, member in fleet.members.items()}
    requests = {names[sent.attributes["account"]]: told(sent) for sent in fleet.hub.publications()}
    assert requests["Older role"] is None and requests["Shop"] is not None and requests["Shop"]["caseId"] == CASE
