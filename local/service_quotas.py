"""Service Quotas for Amazon SES, which ministack does not have: quotas, and requests for higher ones.

The values of the two quotas are those that SES has in the account and Region (see `ses_control`), and so are the requests:
`QuotaRequests`, which a test may set. As in AWS, a request waits for somebody to decide, and until then there is no second one
for the same quota. What is decided changes `Max24HourSend` only if a test sets that, too.

Sources: Service Quotas API reference; AWS General Reference, "Amazon Simple Email Service endpoints and quotas".
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import router
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response

from . import ses_control

TARGET = "ServiceQuotasV20190624"
# The name of each, and what SES calls it.
QUOTAS = {"L-804C8AE8": ("Sending quota", "Max24HourSend"), "L-CDEF9B6B": ("Sending rate", "MaxSendRate")}
OPEN = ("PENDING", "CASE_OPENED")
LONGEST_PAGE = 100


class Refused(Exception):
    """An error of the service: its code, and its message."""


def install() -> None:
    """Adds the service to those of ministack."""
    router.SERVICE_PATTERNS["servicequotas"] = {"target_prefixes": [TARGET], "host_patterns": [r"servicequotas\."]}
    app.SERVICE_HANDLERS["servicequotas"] = handle_request


def operation(headers: Any) -> str:
    return headers.get("x-amz-target", "").rpartition(".")[2]


async def handle_request(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
    called = operation(headers)
    if called not in OPERATIONS:
        return error_response_json("UnknownOperationException", called, 400)
    try:
        return json_response(OPERATIONS[called](json.loads(body or b"{}")))
    except Refused as refused:
        code, message = refused.args
        return error_response_json(code, message, 400)


def get_service_quota(asked: dict[str, Any]) -> dict[str, Any]:
    return {"Quota": quota(asked)}


def list_service_quotas(asked: dict[str, Any]) -> dict[str, Any]:
    return {"Quotas": [quota(asked | {"QuotaCode": code}) for code in QUOTAS]}


def request_service_quota_increase(asked: dict[str, Any]) -> dict[str, Any]:
    about = quota(asked)
    if any(each["QuotaCode"] == about["QuotaCode"] and each["Status"] in OPEN for each in requests()):
        raise Refused("ResourceAlreadyExistsException", "Only one open service quota increase request is allowed per quota.")
    if asked["DesiredValue"] <= about["Value"]:
        raise Refused("IllegalArgumentException", "The desired value must be greater than the current value of the quota.")
    now = time.time()
    filed = {
        "Id": uuid.uuid4().hex, "QuotaCode": about["QuotaCode"], "DesiredValue": float(asked["DesiredValue"]), "Status": "PENDING",
        "Created": now, "LastUpdated": now, "Requester": json.dumps({"accountId": get_account_id()}),
    }
    ses_control.change_here(QuotaRequests=[*requests(), filed])
    return {"RequestedQuota": in_full(filed)}


def list_requests_by_quota(asked: dict[str, Any]) -> dict[str, Any]:
    code = quota(asked)["QuotaCode"]
    found = [in_full(each) for each in requests() if each["QuotaCode"] == code and asked.get("Status") in (None, each["Status"])]
    start = int(asked.get("NextToken") or 0)
    end = start + min(asked.get("MaxResults", LONGEST_PAGE), LONGEST_PAGE)
    return {"RequestedQuotas": found[start:end]} | ({"NextToken": str(end)} if end < len(found) else {})


def get_request(asked: dict[str, Any]) -> dict[str, Any]:
    for each in requests():
        if each["Id"] == asked["RequestId"]:
            return {"RequestedQuota": in_full(each)}
    raise Refused("NoSuchResourceException", "The specified resource does not exist.")


OPERATIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "GetServiceQuota": get_service_quota,
    "ListServiceQuotas": list_service_quotas,
    "RequestServiceQuotaIncrease": request_service_quota_increase,
    "ListRequestedServiceQuotaChangeHistoryByQuota": list_requests_by_quota,
    "GetRequestedServiceQuotaChange": get_request,
}


def requests() -> list[dict[str, Any]]:
    """Those of the account and the Region of the current request. What a test leaves out of one is as in AWS."""
    now = time.time()
    usual = {"QuotaCode": "L-804C8AE8", "Status": "PENDING", "Created": now, "LastUpdated": now}
    return [usual | {"Id": f"request-{number}"} | each for number, each in enumerate(ses_control.set_here().get("QuotaRequests", []))]


def in_full(request: dict[str, Any]) -> dict[str, Any]:
    about = quota({"ServiceCode": "ses", "QuotaCode": request["QuotaCode"]})
    names = ("ServiceCode", "ServiceName", "QuotaCode", "QuotaName", "QuotaArn", "GlobalQuota", "Unit")
    return {name: about[name] for name in names} | {"QuotaRequestedAtLevel": "ACCOUNT"} | request


def quota(asked: dict[str, Any]) -> dict[str, Any]:
    code = asked.get("QuotaCode")
    if asked.get("ServiceCode") != "ses" or code not in QUOTAS:
        raise Refused("NoSuchResourceException", "The request failed because the specified service or quota does not exist.")
    name, of_ses = QUOTAS[code]
    return {
        "ServiceCode": "ses", "ServiceName": "Amazon Simple Email Service (SES)", "QuotaCode": code, "QuotaName": name,
        "QuotaArn": f"arn:aws:servicequotas:{get_region()}:{get_account_id()}:ses/{code}", "Value": ses_control.quota()[of_ses],
        "Unit": "None", "Adjustable": True, "GlobalQuota": False, "QuotaAppliedAtLevel": "ACCOUNT",
    }
