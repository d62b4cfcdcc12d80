"""One HTTP/1.1 connection of a server, kept small so that a benchmark measures its client and not the server."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httptools


@dataclass
class Request:
    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


Handler = Callable[[Request], Awaitable[Response]]


class Connection(asyncio.Protocol):
    """Reads one request after the other, and sends the response of the handler to each."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request()
        self._transport: asyncio.Transport
        self._response: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self._response:
            self._response.cancel()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    # Called by the parser.
    def on_url(self, url: bytes) -> None:
        self._request.path = url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._request.headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._request.body += body

    def on_message_complete(self) -> None:
        self._request.method = self._parser.get_method().decode()
        request, self._request = self._request, Request()
        self._response = asyncio.get_running_loop().create_task(self._respond(request))

    async def _respond(self, request: Request) -> None:
        response = await self._handler(request)
        headers = response.headers | {"Content-Length": str(len(response.body))}
        lines = [f"HTTP/1.1 {response.status} X", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        if not self._transport.is_closing():
            self._transport.write("\r\n".join(lines).encode() + response.body)
