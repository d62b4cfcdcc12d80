"""The proxy between the deployed function and the local AWS: it records calls and injects faults.

The recorded calls are the only place where the text for each protocol can be read: the local AWS
logs that it delivered an email or a text message, but not the text. Calls that no fault affects
pass unchanged.
"""

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

from toolkit.protocol import Protocol

from .calls import Call
from .faults import Breakage, BrokenResponse, Fault, Hold, Refusal, Shutdown
from .session import Session

F = TypeVar("F", bound=Fault)
# A call that a test forgets to release must not block the function forever.
LONGEST_HOLD_SECONDS = 120
# An account that has nothing, to ask whose an access key is.
NOBODY = "000000000000"


class FaultProxy:
    """A proxy on 127.0.0.1 in front of the local AWS at `upstream_port`."""

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port = upstream_port
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._answered: list[tuple[Call, bytes]] = []
        self._faults: list[Fault] = []
        self._accounts: dict[str, str] = {}
        self._sts = Session(f"http://127.0.0.1:{upstream_port}", NOBODY).client("sts")
        proxy = self

        class Handler(_Handler):
            def handle_call(self, body: bytes) -> None:
                proxy._handle(self, body)

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True, name="proxy").start()

    def stop(self) -> None:
        for fault in self._faults:
            if isinstance(fault, Hold):
                fault.released.set()
        self._server.shutdown()
        self._server.server_close()

    def calls(self, service: str, operation: str, account: str | None = None) -> list[Call]:
        """The calls recorded so far that match, oldest first, refused ones included."""
        with self._lock:
            return [call for call in self._calls if call.matches(service, operation, account)]

    def calls_in(self, account: str) -> list[Call]:
        """Every call recorded so far that was made with an access key of this account, oldest first."""
        with self._lock:
            return [call for call in self._calls if call.account == account]

    def answers(self, service: str, operation: str, account: str | None = None) -> list[bytes]:
        """What AWS has answered to the calls that match."""
        with self._lock:
            return [answer for call, answer in self._answered if call.matches(service, operation, account)]

    @contextmanager
    def refusing(self, service: str, operation: str, *, account: str | None = None, region: str | None = None,
                 code: str = "InternalFailure", message: str = "an injected fault", status: int = 500,
                 times: int | None = None, where: Callable[[Call], bool] | None = None) -> Iterator[Refusal]:
        """Refuses matching calls inside the `with`: all of them, or the first `times`."""
        refusal = Refusal(service, operation, account, region, times, where, code=code, message=message, status=status)
        with self._injecting(refusal) as fault:
            yield fault

    @contextmanager
    def holding(self, service: str, operation: str, *, account: str | None = None, region: str | None = None,
                carried_out: bool = False, times: int | None = 1,
                where: Callable[[Call], bool] | None = None) -> Iterator[Hold]:
        """Holds matching calls: wait for `reached`, set `released`. The end of the `with` releases them too."""
        with self._injecting(Hold(service, operation, account, region, times, where, carried_out=carried_out)) as fault:
            try:
                yield fault
            finally:
                fault.released.set()

    @contextmanager
    def breaking_responses(self, service: str, operation: str, how: Breakage, *, account: str | None = None,
                           times: int | None = None,
                           where: Callable[[Call], bool] | None = None) -> Iterator[BrokenResponse]:
        """Breaks the responses to matching calls inside the `with`: to all of them, or to the first `times`."""
        with self._injecting(BrokenResponse(service, operation, account, None, times, where, how=how)) as fault:
            yield fault

    @contextmanager
    def closing_after(self, service: str, operation: str, *,
                      where: Callable[[Call], bool] | None = None) -> Iterator[Shutdown]:
        """Refuses all connections once the first matching call has its response."""
        with self._injecting(Shutdown(service, operation, None, None, 1, where)) as fault:
            yield fault

    @contextmanager
    def _injecting(self, fault: F) -> Iterator[F]:
        with self._lock:
            self._faults.append(fault)
        try:
            yield fault
        finally:
            with self._lock:
                self._faults.remove(fault)

    def _handle(self, client: "_Handler", body: bytes) -> None:
        call = Call.of(client.command, client.path, client.headers, body)
        call = replace(call, account=self._account_of(call.account))
        with self._lock:
            self._calls.append(call)
            fault = next((fault for fault in self._faults if fault.affects(call)), None)
            if fault:
                fault.injected += 1
        if isinstance(fault, Refusal):
            return client.respond(fault.status, *Protocol.of(client.headers).error(fault.code, fault.message))
        if isinstance(fault, Hold) and not fault.carried_out:
            fault.reached.set()
            fault.released.wait(LONGEST_HOLD_SECONDS)
            if fault.dropped:
                client.close_connection = True
                return
        status, headers, response = self._forward(client, body)
        with self._lock:
            self._answered.append((call, response))
        if isinstance(fault, Hold) and fault.carried_out:
            fault.reached.set()
            fault.released.wait(LONGEST_HOLD_SECONDS)
        if isinstance(fault, Shutdown):
            self._server.shutdown()
            self._server.server_close()
            headers = headers | {"Connection": "close"}
        if isinstance(fault, BrokenResponse):
            return client.respond_broken(fault.how, status, headers, response)
        client.respond(status, headers, response)

    def _account_of(self, access_key: str) -> str:
        """The account of an access key: on the local AWS its own ID, or that of the role whose session it is a key of."""
        if not access_key or access_key.isdigit():
            return access_key
        if access_key not in self._accounts:
            self._accounts[access_key] = self._sts.get_access_key_info(AccessKeyId=access_key)["Account"]
        return self._accounts[access_key]

    def _forward(self, client: "_Handler", body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream_port, timeout=LONGEST_HOLD_SECONDS)
        try:
            # The Host header is part of the signature and stays as it is.
            upstream.request(client.command, client.path, body, dict(client.headers.items()))
            response = upstream.getresponse()
            hop_by_hop = {"connection", "content-length", "date", "server", "transfer-encoding"}
            headers = {k: v for k, v in response.getheaders() if k.lower() not in hop_by_hop}
            return response.status, headers, response.read()
        finally:
            upstream.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A check of a fleet opens hundreds of connections at once; more than wait here, the kernel drops or resets.
    request_queue_size = 1024

    def handle_error(self, request: object, client_address: object) -> None:
        """A function that is killed while it waits for a response is not an error of the proxy."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A response is sent in two writes; with Nagle's algorithm the second would wait 40 ms.
    disable_nagle_algorithm = True

    def handle_call(self, body: bytes) -> None:
        raise NotImplementedError

    def do_POST(self) -> None:
        self.handle_call(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    do_GET = do_PUT = do_DELETE = do_POST

    def respond(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self._send_headers(status, headers, len(body))
        self.wfile.write(body)

    def respond_broken(self, how: Breakage, status: int, headers: dict[str, str], body: bytes) -> None:
        if how is Breakage.GARBLED:
            return self.respond(status, headers, b"This is not the answer you are looking for.")
        # Announces more than is sent.
        self._send_headers(status, headers, len(body) + 100)
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        if how is Breakage.RESET:
            # With a linger time of zero, closing the socket sends a reset instead of an orderly end. It closes
            # with the last file object made from it.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()
        self.close_connection = True

    def _send_headers(self, status: int, headers: dict[str, str], length: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass
