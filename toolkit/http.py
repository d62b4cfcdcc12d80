"""One HTTP/1.1 connection, as small as it can be: what the servers cost must not be measured."""

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


Answer = Callable[[Request], Awaitable[Response]]


class Connection(asyncio.Protocol):
    """Reads requests one after the other, and answers each."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request()
        self._transport: asyncio.Transport
        self._replying: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self._replying:
            self._replying.cancel()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    # What the parser calls.
    def on_url(self, url: bytes) -> None:
        self._request.path = url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._request.headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._request.body += body

    def on_message_complete(self) -> None:
        self._request.method = self._parser.get_method().decode()
        request, self._request = self._request, Request()
        self._replying = asyncio.get_running_loop().create_task(self._reply(request))

    async def _reply(self, request: Request) -> None:
        response = await self._answer(request)
        headers = response.headers | {"Content-Length": str(len(response.body))}
        lines = [f"HTTP/1.1 {response.status} X", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        if not self._transport.is_closing():
            self._transport.write("\r\n".join(lines).encode() + response.body)
