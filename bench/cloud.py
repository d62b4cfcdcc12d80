"""The AWS services that a check calls, each under its own host, as the wire format of their API references has it."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from enum import Enum

from toolkit.http import Connection, Request, Response

from .world import Authority

TARGET_HEADERS = {"x-amzn-RequestId": "8f9c3a52-1f0e-4c3e-9a59-0f4e6f3f2b11", "Date": "Tue, 24 Nov 2026 12:00:00 GMT"}


class Situation(Enum):
    """What a check finds: recipients sent to, of 50,000. No state is stored, so that an alert is due each time."""

    STEADY = 10_000
    ALERTING = 48_100


class Cloud:
    """All of AWS, on port 443 of this network. A context manager."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._server: asyncio.Server
        self.situation = Situation.STEADY
        # How long a service takes to answer, in seconds.
        self.delay = 0.0
        self.calls: Counter[str] = Counter()

    async def __aenter__(self) -> "Cloud":
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._answer), "127.0.0.1", 443, ssl=self._authority.context(), backlog=1024
        )
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()

    def open(self, regions: Iterable[str]) -> None:
        """Makes the certificates of all hosts in these Regions, before anybody asks for them."""
        for region in regions:
            self._authority.issue(f"email.{region}.amazonaws.com")
        for service in ("dynamodb", "monitoring", "sns"):
            self._authority.issue(f"{service}.us-east-1.amazonaws.com")

    async def _answer(self, request: Request) -> Response:
        if self.delay:
            await asyncio.sleep(self.delay)
        operation = _operation(request)
        self.calls[operation] += 1
        if "x-amz-target" in request.headers:
            return _respond("application/x-amz-json-1.0", b"{}")
        if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
            return _respond("application/cbor", b"\xbf\xff", {"smithy-protocol": "rpc-v2-cbor"})
        result = {
            "GetSendQuota": f"<SentLast24Hours>{self.situation.value:.1f}</SentLast24Hours>"
                            "<Max24HourSend>50000.0</Max24HourSend><MaxSendRate>14.0</MaxSendRate>",
            "Publish": "<MessageId>94f20ce6-13c5-43a0-9a9e-ca52d816e90b</MessageId>",
        }.get(operation, "")
        body = (f"<{operation}Response><{operation}Result>{result}</{operation}Result><ResponseMetadata>"
                f"<RequestId>8f9c3a52-1f0e-4c3e-9a59-0f4e6f3f2b11</RequestId></ResponseMetadata></{operation}Response>")
        return _respond("text/xml", body.encode())


def _operation(request: Request) -> str:
    if target := request.headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if "/operation/" in request.path:
        return request.path.rpartition("/")[2]
    return request.body.partition(b"Action=")[2].partition(b"&")[0].decode()


def _respond(content_type: str, body: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(200, TARGET_HEADERS | {"Content-Type": content_type} | (headers or {}), body)
