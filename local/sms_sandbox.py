"""The SMS sandbox of the local SNS, and the phone numbers whose owners want no more SMS.

Numbers are verified as on AWS: `CreateSMSSandboxPhoneNumber`, then `VerifySMSSandboxPhoneNumber`, with the one-time password 123456.
`PUT /_local/sms` takes a JSON document by `ACCOUNT/REGION`, sets what is named for each, and leaves the rest as it is:

| name | what answers with it |
| --- | --- |
| `IsInSandbox` | `GetSMSSandboxAccountStatus`; false until it is set, unlike on AWS |
| `OptedOut`, a list of numbers | `CheckIfPhoneNumberIsOptedOut` |
"""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id, get_region
from ministack.services import sns

from .ses_control import body_of

CONTROL_PATH = "/_local/sms"
PASSWORD = "123456"

# What was set, and whether a number that is known is verified, by account and Region: `111122223333/us-east-1`.
_set: dict[str, dict[str, Any]] = defaultdict(dict)
_numbers: dict[str, dict[str, bool]] = defaultdict(dict)


def install() -> None:
    """Adds the operations to ministack."""
    sns.handle_request = handle
    app.app = serving(app.app)


def here() -> str:
    return f"{get_account_id()}/{get_region()}"


def account_status(parameters: dict[str, str]) -> tuple[str, str]:
    return "GetSMSSandboxAccountStatus", f"<IsInSandbox>{str(_set[here()].get('IsInSandbox', False)).lower()}</IsInSandbox>"


def create_number(parameters: dict[str, str]) -> tuple[str, str]:
    _numbers[here()].setdefault(parameters["PhoneNumber"], False)
    return "CreateSMSSandboxPhoneNumber", ""


def verify_number(parameters: dict[str, str]) -> tuple[str, str] | None:
    number = parameters["PhoneNumber"]
    if parameters.get("OneTimePassword") != PASSWORD or number not in _numbers[here()]:
        return None
    _numbers[here()][number] = True
    return "VerifySMSSandboxPhoneNumber", ""


def list_numbers(parameters: dict[str, str]) -> tuple[str, str]:
    members = "".join(
        f"<member><PhoneNumber>{number}</PhoneNumber><Status>{'Verified' if verified else 'Pending'}</Status></member>"
        for number, verified in _numbers[here()].items()
    )
    return "ListSMSSandboxPhoneNumbers", f"<PhoneNumbers>{members}</PhoneNumbers>"


def is_opted_out(parameters: dict[str, str]) -> tuple[str, str]:
    opted_out = parameters["phoneNumber"] in _set[here()].get("OptedOut", [])
    return "CheckIfPhoneNumberIsOptedOut", f"<isOptedOut>{str(opted_out).lower()}</isOptedOut>"


OPERATIONS: dict[str, Callable[[dict[str, str]], tuple[str, str] | None]] = {
    "GetSMSSandboxAccountStatus": account_status,
    "CreateSMSSandboxPhoneNumber": create_number,
    "VerifySMSSandboxPhoneNumber": verify_number,
    "ListSMSSandboxPhoneNumbers": list_numbers,
    "CheckIfPhoneNumberIsOptedOut": is_opted_out,
}


async def handle(method: str, path: str, headers: Any, body: bytes, query: Any, original: Any = sns.handle_request) -> Any:
    asked = dict(sns.parse_qs(body.decode(errors="replace"))) | dict(query)
    parameters = {name: values[0] if isinstance(values, list) else values for name, values in asked.items()}
    operation = OPERATIONS.get(parameters.get("Action", ""))
    if operation is None:
        return await original(method, path, headers, body, query)
    answer = operation(parameters)
    if answer is None:
        return sns._error("VerificationException", "The one-time password is invalid.", 400)
    name, result = answer
    return sns._xml(200, f"{name}Response", f"<{name}Result>{result}</{name}Result>")


def serving(original: Any) -> Any:
    """Answers the control path, and leaves all others to what answered before."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != CONTROL_PATH:
            return await original(scope, receive, send)
        for target, values in json.loads(await body_of(receive)).items():
            _set[target].update(values)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return serve
