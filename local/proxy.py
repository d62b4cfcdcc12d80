"""What the deployed function says to AWS passes here on its way to the local AWS.

Every call is recorded as it was sent. That is the only place where the text for each protocol
can be read: the local AWS logs that an e-mail or a text message went out, not what it said.

A rule can refuse a call with an AWS error, hold it (before AWS has seen it, or when AWS has
carried it out and the function has not heard so yet), or spoil the answer. Whatever no rule
names passes unchanged.
"""

import http.client
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from toolkit.protocol import Protocol, operation

# How long a held call waits if nobody lets it go: a test that forgets must not hang for ever.
LONGEST_HOLD_SECONDS = 120


@dataclass(frozen=True)
class Call:
    """One call to AWS. `service` is the name it is signed for: ses, sns, dynamodb, monitoring."""

    account: str
    region: str
    service: str
    operation: str
    body: bytes
    session_token: str = field(repr=False)
    at: float = field(default_factory=time.time)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of a call in the Query protocol (SES and SNS speak it)."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(eq=False)
class Rule:
    """Which calls are meddled with. None means any; `operation` may be a regular expression."""

    service: str
    operation: str
    account: str | None
    region: str | None
    times: int | None = None
    # For calls that differ in what they carry and not in what they are.
    where: Callable[[Call], bool] | None = None
    seen: int = 0

    def matches(self, call: Call) -> bool:
        return (
            self.service == call.service
            and re.fullmatch(self.operation, call.operation) is not None
            and self.account in (None, call.account)
            and self.region in (None, call.region)
            and (self.times is None or self.seen < self.times)
            and (self.where is None or self.where(call))
        )


@dataclass(eq=False)
class Refusal(Rule):
    """Answers in the place of AWS."""

    code: str = "InternalFailure"
    message: str = "refused by the local AWS, as it was told to"
    status: int = 500


@dataclass(eq=False)
class Hold(Rule):
    """Keeps a call waiting: before it is carried out, or, with `carried_out`, after."""

    carried_out: bool = False
    # Set it where the caller has died meanwhile: the call is dropped, and never reaches AWS.
    dropped: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)


class Spoil(Enum):
    """What becomes of the answer to a call that AWS has carried out."""

    RESET = "connection reset in the middle of the answer"
    TRUNCATED = "connection closed in the middle of the answer"
    GARBLED = "an answer that is not what the protocol says"


@dataclass(eq=False)
class Spoiling(Rule):
    """Lets AWS carry the call out, and spoils its answer."""

    how: Spoil = Spoil.RESET


@dataclass(eq=False)
class Departure(Rule):
    """Lets AWS answer, and is gone: from then on connections are refused, for good."""


class FaultProxy:
    """A proxy on 127.0.0.1 in front of the local AWS at `upstream_port`."""

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port = upstream_port
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._rules: list[Rule] = []
        proxy = self

        class Handler(_Handler):
            def handle_call(self, body: bytes) -> None:
                proxy._handle(self, body)

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True, name="proxy").start()

    def stop(self) -> None:
        for rule in self._rules:
            if isinstance(rule, Hold):
                rule.let_go.set()
        self._server.shutdown()
        self._server.server_close()

    def calls(self, service: str, operation: str, account: str | None = None) -> list[Call]:
        """The calls recorded so far, oldest first, refused ones among them."""
        wanted = Rule(service, operation, account, None)
        with self._lock:
            return [call for call in self._calls if wanted.matches(call)]

    @contextmanager
    def refusing(self, service: str, operation: str, *, account: str | None = None, region: str | None = None,
                 code: str = "InternalFailure", status: int = 500, times: int | None = None,
                 where: Callable[[Call], bool] | None = None) -> Iterator[Refusal]:
        """Refuses matching calls inside the `with`: all of them, or the first `times`."""
        with self._ruled(Refusal(service, operation, account, region, times, where, code=code, status=status)) as rule:
            yield rule

    @contextmanager
    def holding(self, service: str, operation: str, *, account: str | None = None, region: str | None = None,
                carried_out: bool = False, times: int | None = 1,
                where: Callable[[Call], bool] | None = None) -> Iterator[Hold]:
        """Holds matching calls: wait on `reached`, set `let_go`. They go on when the `with` ends."""
        with self._ruled(Hold(service, operation, account, region, times, where, carried_out=carried_out)) as rule:
            try:
                yield rule
            finally:
                rule.let_go.set()

    @contextmanager
    def spoiling(self, service: str, operation: str, how: Spoil, *, account: str | None = None,
                 times: int | None = None, where: Callable[[Call], bool] | None = None) -> Iterator[Spoiling]:
        """Spoils the answers to matching calls inside the `with`: to all of them, or the first `times`."""
        with self._ruled(Spoiling(service, operation, account, None, times, where, how=how)) as rule:
            yield rule

    @contextmanager
    def departing(self, service: str, operation: str, *,
                  where: Callable[[Call], bool] | None = None) -> Iterator[Departure]:
        """Refuses all connections once the first matching call is answered."""
        with self._ruled(Departure(service, operation, None, None, 1, where)) as rule:
            yield rule

    @contextmanager
    def _ruled(self, rule: Rule) -> Iterator[Rule]:
        with self._lock:
            self._rules.append(rule)
        try:
            yield rule
        finally:
            with self._lock:
                self._rules.remove(rule)

    def _handle(self, client: "_Handler", body: bytes) -> None:
        call = _read_call(client, body)
        with self._lock:
            self._calls.append(call)
            rule = next((rule for rule in self._rules if rule.matches(call)), None)
            if rule:
                rule.seen += 1
        if isinstance(rule, Refusal):
            return client.answer(rule.status, *Protocol.of(client.headers).error(rule.code, rule.message))
        if isinstance(rule, Hold) and not rule.carried_out:
            rule.reached.set()
            rule.let_go.wait(LONGEST_HOLD_SECONDS)
            if rule.dropped:
                client.close_connection = True
                return
        status, headers, answer = self._forward(client, body)
        if isinstance(rule, Hold) and rule.carried_out:
            rule.reached.set()
            rule.let_go.wait(LONGEST_HOLD_SECONDS)
        if isinstance(rule, Departure):
            self._server.shutdown()
            self._server.server_close()
            headers = headers | {"Connection": "close"}
        if isinstance(rule, Spoiling):
            return client.answer_spoiled(rule.how, status, headers, answer)
        client.answer(status, headers, answer)

    def _forward(self, client: "_Handler", body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream_port, timeout=LONGEST_HOLD_SECONDS)
        try:
            # The Host header stays as the function signed it.
            upstream.request(client.command, client.path, body, dict(client.headers.items()))
            response = upstream.getresponse()
            hop_by_hop = {"connection", "content-length", "date", "server", "transfer-encoding"}
            headers = {k: v for k, v in response.getheaders() if k.lower() not in hop_by_hop}
            return response.status, headers, response.read()
        finally:
            upstream.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A function that is killed while it waits for an answer is not an error of the proxy."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer leaves in two writes; with Nagle's algorithm the second would wait 40 ms.
    disable_nagle_algorithm = True

    def handle_call(self, body: bytes) -> None:
        raise NotImplementedError

    def do_POST(self) -> None:
        self.handle_call(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    do_GET = do_PUT = do_DELETE = do_POST

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_spoiled(self, how: Spoil, status: int, headers: dict[str, str], body: bytes) -> None:
        if how is Spoil.GARBLED:
            return self.answer(status, headers, b"This is not the answer you are looking for.")
        # Says that more is to come than does.
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + 100))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        if how is Spoil.RESET:
            # Closing with a linger of zero sends a reset in the place of the orderly end. The socket closes
            # with the last file made of it.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


def _read_call(client: _Handler, body: bytes) -> Call:
    scope = re.search(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/", client.headers.get("Authorization", ""))
    account, region, service = scope.groups() if scope else ("", "", "")
    called = operation(client.path, client.headers, body) or f"{client.command} {client.path}"
    return Call(account, region, service, called, body, client.headers.get("X-Amz-Security-Token", ""))
