"""The numbers of the local SES, as a test sets them for accounts and Regions.

`PUT /_local/ses` takes a JSON document by `ACCOUNT/REGION`, sets what is named for each, and leaves the rest as it is:

| name | what answers with it |
| --- | --- |
| `Max24HourSend`, `MaxSendRate`, `SentLast24Hours` | `GetSendQuota` and `GetAccount` |
| `EnforcementStatus`, `ProductionAccessEnabled`, `SendingEnabled`, `Details` | `GetAccount` |
| `SendDataPoints`, with times in seconds since 1970 | `GetSendStatistics` |
| `QuotaRequests`, with times in seconds since 1970 | Service Quotas: see `service_quotas` |

`PutAccountSendingAttributes` sets `SendingEnabled`, too. What was never set is as ministack has it, except that SES counts recipients, and ministack messages, and that the points of
SES lie on no quarter hour of the clock, and in no order.
"""

import json
import time
from collections import Counter
from random import Random
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import ses, ses_v2

from .traffic import OFFSET, QUARTER

CONTROL_PATH = "/_local/ses"
DAY_SECONDS = 24 * 60 * 60
# What ministack has in its code.
DEFAULT_QUOTA = {"Max24HourSend": 50_000, "MaxSendRate": 14}
OF_ACCOUNT = ("EnforcementStatus", "ProductionAccessEnabled", "SendingEnabled", "Details")

# What was set, by account and Region: `111122223333/us-east-1`.
_set: dict[str, dict[str, Any]] = {}


def install() -> None:
    """Replaces the functions of ministack that answer with these numbers."""
    ses._get_send_quota = send_quota
    ses._aggregate_15min_buckets = send_data_points
    ses._production_access_enabled = production_access_enabled
    ses_v2.handle_request = handle_v2
    app.app = serve


def set_here() -> dict[str, Any]:
    """What was set for the account and the Region of the current request."""
    return _set.get(f"{get_account_id()}/{get_region()}", {})


def change_here(**values: Any) -> None:
    """Sets something for the account and the Region of the current request."""
    _set.setdefault(f"{get_account_id()}/{get_region()}", {}).update(values)


def recipients(message: dict[str, Any]) -> int:
    """How many addresses a message was sent to; one if ministack recorded none."""
    return sum(len(message.get(field) or []) for field in ("To", "CC", "BCC")) or 1


def sent_last_24_hours() -> int:
    since = time.time() - DAY_SECONDS
    return sum(recipients(message) for message in ses._sent_emails_list() if message["Timestamp"] >= since)


def quota() -> dict[str, float]:
    known = {"SentLast24Hours": sent_last_24_hours()} | DEFAULT_QUOTA | set_here()
    return {name: float(known[name]) for name in ("Max24HourSend", "MaxSendRate", "SentLast24Hours")}


def send_quota(parameters: Any) -> Any:
    members = "".join(f"<{name}>{value}</{name}>" for name, value in quota().items())
    return ses._xml(200, "GetSendQuotaResponse", f"<GetSendQuotaResult>{members}</GetSendQuotaResult>")


def send_data_points() -> list[dict[str, Any]]:
    if "SendDataPoints" in set_here():
        return list(set_here()["SendDataPoints"])
    attempts: Counter[float] = Counter()
    for message in ses._sent_emails_list():
        attempts[(message["Timestamp"] - OFFSET) // QUARTER * QUARTER + OFFSET] += recipients(message)
    points = [{"Timestamp": at, "DeliveryAttempts": count, "Bounces": 0, "Complaints": 0, "Rejects": 0}
              for at, count in attempts.items()]
    # SES keeps no order.
    Random(len(points)).shuffle(points)
    return points


def production_access_enabled(original: Any = ses._production_access_enabled) -> bool:
    """Without it, SES rejects mail to addresses that are not verified."""
    return bool(set_here().get("ProductionAccessEnabled", original()))


async def handle_v2(method: str, path: str, headers: Any, body: bytes, *request: Any, original: Any = ses_v2.handle_request) -> Any:
    if (method, path) == ("PUT", "/v2/email/account/sending"):
        change_here(SendingEnabled=json.loads(body).get("SendingEnabled", False))
        return json_response({})
    status, headers, body = await original(method, path, headers, body, *request)
    if (method, path, status) != ("GET", "/v2/email/account", 200):
        return status, headers, body
    known = {name: value for name, value in set_here().items() if name in OF_ACCOUNT}
    return json_response(json.loads(body) | known | {"SendQuota": quota()})


async def serve(scope: Any, receive: Any, send: Any, original: Any = app.app) -> None:
    """Answers the control path, and leaves all others to ministack."""
    if scope["type"] != "http" or scope["path"] != CONTROL_PATH:
        return await original(scope, receive, send)
    for target, values in json.loads(await body_of(receive)).items():
        _set.setdefault(target, {}).update(values)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def body_of(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body
