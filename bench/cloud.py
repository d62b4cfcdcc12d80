"""The AWS services that a check calls, each under a host name of its own."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from enum import Enum

from toolkit.http import Connection, Request, Response
from toolkit.protocol import REQUEST_ID, Protocol, operation

from .certificates import Authority

COMMON_HEADERS = {"x-amzn-RequestId": REQUEST_ID, "Date": "Tue, 24 Nov 2026 12:00:00 GMT"}


class Situation(Enum):
    """What a check finds: the recipients sent to, of 50,000. No state is kept, so that each check sends its alert."""

    STEADY = 10_000
    ALERTING = 48_100


class Cloud:
    """All services, on port 443 of this network. A context manager."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._server: asyncio.Server
        self.situation = Situation.STEADY
        # How long a service takes to respond, in seconds.
        self.delay = 0.0
        self.calls: Counter[str] = Counter()

    async def __aenter__(self) -> "Cloud":
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._handle), "127.0.0.1", 443, ssl=self._authority.context(), backlog=1024
        )
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()

    def open(self, regions: Iterable[str]) -> None:
        """Creates the certificates of all hosts in these Regions in advance."""
        for region in regions:
            self._authority.issue(f"email.{region}.amazonaws.com")
        for service in ("dynamodb", "monitoring", "sns"):
            self._authority.issue(f"{service}.us-east-1.amazonaws.com")

    async def _handle(self, request: Request) -> Response:
        if self.delay:
            await asyncio.sleep(self.delay)
        called = operation(request.path, request.headers, request.body) or ""
        self.calls[called] += 1
        result = {
            "GetSendQuota": {
                "SentLast24Hours": f"{self.situation.value:.1f}", "Max24HourSend": "50000.0", "MaxSendRate": "14.0",
            },
            "Publish": {"MessageId": "94f20ce6-13c5-43a0-9a9e-ca52d816e90b"},
        }.get(called, {})
        headers, body = Protocol.of(request.headers).success(called, result)
        return Response(200, COMMON_HEADERS | headers, body)
