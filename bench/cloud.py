"""The AWS services that a check calls, each under a host name of its own."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from toolkit.http import Connection, Request, Response
from toolkit.protocol import REQUEST_ID, Protocol, operation

from .certificates import Authority, Tls

COMMON_HEADERS = {"x-amzn-RequestId": REQUEST_ID, "Date": "Tue, 24 Nov 2026 12:00:00 GMT"}

# What `GetAccount` says of an account with production access, apart from its quota.
ACCOUNT = {
    "DedicatedIpAutoWarmupEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "Details": {
        "MailType": "TRANSACTIONAL", "WebsiteURL": "https://example.com", "ContactLanguage": "EN",
        "UseCaseDescription": "Receipts and password resets.", "AdditionalContactEmailAddresses": ["ops@example.com"],
        "ReviewDetails": {"Status": "GRANTED", "CaseId": "170000000000000"},
    },
    "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
}


def send_data_points(now: datetime) -> str:
    """Two weeks of points, as many as there can be, of a day that is busiest at noon."""
    times = [now.replace(second=0, microsecond=0) - timedelta(minutes=15 * number) for number in range(1, 14 * 96 + 1)]
    return "".join(
        f"<member><Timestamp>{time:%Y-%m-%dT%H:%M:%SZ}</Timestamp><DeliveryAttempts>{1000 - 80 * abs(time.hour - 12)}"
        "</DeliveryAttempts><Bounces>1</Bounces><Complaints>0</Complaints><Rejects>0</Rejects></member>"
        for time in times
    )


# Real ones have no fixed length. Source: AWS STS API reference, `AssumeRole`, `SessionToken`.
TOKEN = "IQoJb3JpZ2luX2VjE" * 100
# As the function stores them: see `src/aws/dynamodb/members.rs`.
ACCOUNTS_PER_ITEM = 4_000
# A frozen function does not answer the end of a TLS connection.
SHUTDOWN_SECONDS = 0.02


class Situation(Enum):
    """What a check finds: the recipients sent to, of 50,000. No state is kept, so that each check sends its alert."""

    STEADY = 10_000
    ALERTING = 48_100


@dataclass
class Handshakes:
    """TLS handshakes, and how many of them resumed an earlier session."""

    all: int = 0
    resumed: int = 0


class _Line(Connection):
    """A connection that is counted, and known for as long as it is open."""

    def __init__(self, cloud: "Cloud") -> None:
        super().__init__(cloud._handle)
        self._cloud = cloud

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._cloud._open.add(self)
        self._cloud.handshakes.all += 1
        self._cloud.handshakes.resumed += transport.get_extra_info("ssl_object").session_reused

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._cloud._open.discard(self)

    def close(self) -> None:
        self._transport.close()


class Cloud:
    """All services, on port 443 of this network. A context manager."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._server: asyncio.Server | None = None
        self._open: set[_Line] = set()
        self.situation = Situation.STEADY
        # How long a service takes to respond, in seconds.
        self.delay = 0.0
        # The accounts of the organization, apart from the function's own.
        self.accounts: list[str] = []
        self.calls: Counter[str] = Counter()
        self.handshakes = Handshakes()

    async def __aenter__(self) -> "Cloud":
        await self.speak(Tls.RESUMED)
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._server:
            self._server.close()

    async def speak(self, tls: Tls) -> None:
        """Answers new connections in this way from now on."""
        if self._server:
            self._server.close()
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Line(self), "0.0.0.0", 443, ssl=self._authority.context(tls), backlog=1024,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS,
        )

    async def close_connections(self) -> None:
        """Closes all connections, as services do with those that are idle for long."""
        for line in list(self._open):
            line.close()
        while self._open:
            await asyncio.sleep(0.01)

    def open(self, regions: Iterable[str]) -> None:
        """Creates the certificates of all hosts in these Regions in advance."""
        for region in regions:
            self._authority.issue(f"email.{region}.amazonaws.com")
        for service in ("dynamodb", "monitoring", "servicequotas", "sns", "sts"):
            self._authority.issue(f"{service}.us-east-1.amazonaws.com")

    async def _handle(self, request: Request) -> Response:
        if self.delay:
            await asyncio.sleep(self.delay)
        called = operation(request.method, request.path, request.headers, request.body) or ""
        self.calls[called] += 1
        headers, body = Protocol.of(request.headers).success(called, self._result(called, request.body))
        return Response(200, COMMON_HEADERS | headers, body)

    def _result(self, called: str, body: bytes) -> Mapping[str, object]:
        quota = {"SentLast24Hours": float(self.situation.value), "Max24HourSend": 50000.0, "MaxSendRate": 14.0}
        match called:
            case "GetSendQuota":
                return {name: str(value) for name, value in quota.items()}
            case "GetSendStatistics":
                return {"SendDataPoints": send_data_points(datetime.now(UTC))}
            case "GetAccount":
                return ACCOUNT | {"SendQuota": quota}
            case "BatchGetItem":
                return {"Responses": {table: self._items(asked["Keys"]) for table, asked in json.loads(body)["RequestItems"].items()},
                        "UnprocessedKeys": {}}
            case "AssumeRole":
                number = self.calls[called]
                end = datetime.now(UTC) + timedelta(hours=1)
                return {"Credentials": f"<AccessKeyId>ASIA{number:016d}</AccessKeyId><SecretAccessKey>{number:040d}</SecretAccessKey>"
                                       f"<SessionToken>{TOKEN}</SessionToken><Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration>"}
            case "Publish":
                return {"MessageId": "94f20ce6-13c5-43a0-9a9e-ca52d816e90b"}
        return {}

    def _items(self, keys: list[dict[str, dict[str, str]]]) -> list[dict[str, dict[str, str]]]:
        """The items of the state table: the list of the organization's accounts, and no alert states."""
        parts = [self.accounts[start:start + ACCOUNTS_PER_ITEM] for start in range(0, len(self.accounts), ACCOUNTS_PER_ITEM)]
        asked = {key["target"]["S"] for key in keys}
        return [
            {
                "target": {"S": key}, "schemaVersion": {"N": "1"}, "of": {"N": str(len(parts))},
                "listedFrom": {"S": "organization"}, "listedAt": {"S": f"{datetime.now(UTC):%Y-%m-%dT%H:00:00Z}"},
                "accounts": {"S": json.dumps([[account, f"Account {account}"] for account in part])},
            }
            for number, part in enumerate(parts) if (key := f"accounts#{number}") in asked
        ]
