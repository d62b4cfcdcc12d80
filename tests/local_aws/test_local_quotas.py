"""The local Service Quotas, as other tests use it. Fails if ministack has changed what `service_quotas` relies on."""

from datetime import datetime, timezone
from typing import Any

import pytest

from local.account import Account
from local.server import LocalAws

SENDING_QUOTA = {"ServiceCode": "ses", "QuotaCode": "L-804C8AE8"}


def listed(account: Account, region: str | None = None, **options: Any) -> list[dict[str, Any]]:
    service = account.client("service-quotas", region)
    return list(service.list_requested_service_quota_change_history_by_quota(**SENDING_QUOTA, **options)["RequestedQuotas"])


def test_quotas_are_those_of_ses_in_one_account_and_region(aws: LocalAws, account: Account) -> None:
    account.set_ses(max_24_hour_send=70_000, max_send_rate=20)
    service = account.client("service-quotas")
    quota = service.get_service_quota(**SENDING_QUOTA)["Quota"]
    assert (quota["QuotaName"], quota["Value"], quota["Adjustable"]) == ("Sending quota", 70_000, True)
    assert [each["Value"] for each in service.list_service_quotas(ServiceCode="ses")["Quotas"]] == [70_000, 20]
    elsewhere = [account.client("service-quotas", "eu-west-1"), aws.account().client("service-quotas")]
    assert [each.get_service_quota(**SENDING_QUOTA)["Quota"]["Value"] for each in elsewhere] == [50_000, 50_000]
    for unknown in ({"ServiceCode": "ses", "QuotaCode": "L-00000000"}, {"ServiceCode": "sqs", "QuotaCode": "L-804C8AE8"}):
        with pytest.raises(service.exceptions.NoSuchResourceException):
            service.get_service_quota(**unknown)


def test_there_is_one_open_request_for_a_quota(aws: LocalAws, account: Account) -> None:
    service = account.client("service-quotas")
    filed = service.request_service_quota_increase(**SENDING_QUOTA, DesiredValue=100_000)["RequestedQuota"]
    assert (filed["Status"], filed["DesiredValue"], filed["QuotaName"]) == ("PENDING", 100_000, "Sending quota")
    assert abs((datetime.now(timezone.utc) - filed["Created"]).total_seconds()) < 60
    with pytest.raises(service.exceptions.ResourceAlreadyExistsException):
        service.request_service_quota_increase(**SENDING_QUOTA, DesiredValue=200_000)
    # Another quota, another Region and another account have their own.
    service.request_service_quota_increase(ServiceCode="ses", QuotaCode="L-CDEF9B6B", DesiredValue=100)
    assert listed(account) == [filed] and listed(account, "eu-west-1") == listed(aws.account()) == []
    assert service.get_requested_service_quota_change(RequestId=filed["Id"])["RequestedQuota"] == filed
    with pytest.raises(service.exceptions.NoSuchResourceException):
        service.get_requested_service_quota_change(RequestId="request-99")


def test_a_request_is_for_more_than_the_quota(account: Account) -> None:
    service = account.client("service-quotas")
    with pytest.raises(service.exceptions.IllegalArgumentException):
        service.request_service_quota_increase(**SENDING_QUOTA, DesiredValue=50_000)


def test_requests_are_as_a_test_sets_them_and_come_in_pages(account: Account) -> None:
    account.set_ses(quota_requests=[
        {"DesiredValue": 100_000, "Status": status, "CaseId": "176393521100042", "Created": 1_795_511_551}
        for status in ("DENIED", "CASE_OPENED", "APPROVED")
    ])
    assert [each["Status"] for each in listed(account)] == ["DENIED", "CASE_OPENED", "APPROVED"]
    [case] = listed(account, Status="CASE_OPENED")
    assert case["CaseId"] == "176393521100042" and case["Created"].timestamp() == 1_795_511_551
    service = account.client("service-quotas")
    pages = service.get_paginator("list_requested_service_quota_change_history_by_quota")
    found = [len(page["RequestedQuotas"]) for page in pages.paginate(**SENDING_QUOTA, PaginationConfig={"PageSize": 2})]
    assert found == [2, 1]
    with pytest.raises(service.exceptions.ResourceAlreadyExistsException):
        service.request_service_quota_increase(**SENDING_QUOTA, DesiredValue=200_000)
    account.set_ses(quota_requests=[{"DesiredValue": 100_000, "Status": "APPROVED"}])
    assert service.request_service_quota_increase(**SENDING_QUOTA, DesiredValue=200_000)
