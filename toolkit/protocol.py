"""The AWS protocols: which operation a request calls, and the bodies of successful and error responses.

A check uses four of them: Query (SES, SNS and STS), REST-JSON (version 2 of SES), JSON (DynamoDB, SQS, Organizations and
Service Quotas) and RPC v2 CBOR (CloudWatch).
"""

import json
import re
from collections.abc import Mapping
from email.message import Message
from enum import Enum

import cbor2

# Lookups are in lower case, which finds headers parsed by `http.server` and by `toolkit.http` alike.
Headers = Mapping[str, str] | Message
# Headers and body of a response.
Content = tuple[dict[str, str], bytes]

RPC_V2_CBOR = "rpc-v2-cbor"
# In REST-JSON, method and path stand for the operation.
ROUTES = {("GET", "/v2/email/account"): "GetAccount"}
REQUEST_ID = "8f9c3a52-1f0e-4c3e-9a59-0f4e6f3f2b11"


class Protocol(Enum):
    """A protocol, by the content type of its responses."""

    QUERY = "text/xml"
    REST_JSON = "application/json"
    JSON = "application/x-amz-json-1.0"
    CBOR = "application/cbor"

    @classmethod
    def of(cls, headers: Headers) -> "Protocol":
        """The protocol of a request with these headers."""
        if headers.get("smithy-protocol") == RPC_V2_CBOR:
            return cls.CBOR
        if headers.get("x-amz-target"):
            return cls.JSON
        is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        return cls.QUERY if is_form else cls.REST_JSON

    def success(self, operation: str, result: Mapping[str, object]) -> Content:
        """The response to a call of `operation` that returns these members; those of Query are all text."""
        if self is not Protocol.QUERY:
            return self._encoded(result)
        members = "".join(f"<{name}>{value}</{name}>" for name, value in result.items())
        return self._content((
            f"<{operation}Response><{operation}Result>{members}</{operation}Result>"
            f"<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{operation}Response>"
        ).encode())

    def error(self, code: str, message: str) -> Content:
        """The response that reports an error."""
        if self is Protocol.REST_JSON:
            headers, body = self._encoded({"message": message})
            return headers | {"x-amzn-ErrorType": code}, body
        if self is not Protocol.QUERY:
            return self._encoded({"__type": code, "message": message})
        return self._content((
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        ).encode())

    def _encoded(self, members: Mapping[str, object]) -> Content:
        return self._content(cbor2.dumps(members) if self is Protocol.CBOR else json.dumps(members).encode())

    def _content(self, body: bytes) -> Content:
        headers = {"Content-Type": self.value}
        if self is Protocol.CBOR:
            headers["Smithy-Protocol"] = RPC_V2_CBOR
        return headers, body


def operation(method: str, path: str, headers: Headers, body: bytes) -> str | None:
    """The operation that a request calls; None if it is in none of these protocols."""
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if "/operation/" in path:
        return path.rpartition("/")[2]
    if route := ROUTES.get((method, path)):
        return route
    action = re.search(rb"(?:^|&)Action=(\w+)", body)
    return action.group(1).decode() if action else None
