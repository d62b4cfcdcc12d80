"""Lambda's Runtime API, and a function that runs under it.

Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from .http import Connection, Request, Response

T = TypeVar("T")
PREFIX = "/2018-06-01/runtime"
# As in the template: a check has 30 seconds. Under an instruction counter everything takes far longer.
TIMEOUT_SECONDS = 900
FUNCTION_ARN = "arn:aws:lambda:us-east-1:111122223333:function:ses-quota-monitor"


class FunctionFailed(RuntimeError):
    """The function did not start, or an invocation ended in an error. The message says how."""


@dataclass(frozen=True)
class Spent:
    """What something cost: seconds by the wall clock, and seconds of CPU in all threads of the process."""

    wall: float
    cpu: float


class Runtime:
    """The API, on a port of its own, for one function at a time."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[None] = asyncio.Queue()
        self._waiting: asyncio.Queue[float] = asyncio.Queue()
        self._handed_out: asyncio.Queue[float] = asyncio.Queue()
        self._answered: asyncio.Queue[tuple[float, str | None]] = asyncio.Queue()
        self._server: asyncio.Server
        self.address = ""

    async def __aenter__(self) -> "Runtime":
        self._server = await asyncio.get_running_loop().create_server(lambda: Connection(self._answer), "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()

    async def _answer(self, request: Request) -> Response:
        now = time.monotonic()
        if request.path == f"{PREFIX}/invocation/next":
            self._waiting.put_nowait(now)
            await self._events.get()
            headers = {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + TIMEOUT_SECONDS) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            }
            self._handed_out.put_nowait(time.monotonic())
            return Response(200, headers, b'{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}')
        failed = not request.path.endswith("/response")
        self._answered.put_nowait((now, request.body.decode() if failed else None))
        return Response(202, {"Content-Type": "application/json"}, b'{"status":"OK"}')

    @asynccontextmanager
    async def running(self, command: Sequence[str], environment: dict[str, str]) -> AsyncIterator["Function"]:
        """A function in a process of its own, ended when the block ends."""
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *command, env=environment | {"AWS_LAMBDA_RUNTIME_API": self.address},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )
        function = Function(self, process, started)
        try:
            yield function
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
            # What it was still waiting for must not be handed to the next function.
            for queue in (self._waiting, self._handed_out, self._answered):
                while not queue.empty():
                    queue.get_nowait()
            self._events = asyncio.Queue()


class Function:
    """A function that runs."""

    def __init__(self, runtime: Runtime, process: asyncio.subprocess.Process, started: float) -> None:
        self._runtime = runtime
        self._process = process
        self.pid = process.pid
        self._started = started
        self._cpu = 0.0
        self._is_ready = False
        assert process.stdout is not None
        self.output = asyncio.ensure_future(process.stdout.read())

    async def init(self) -> Spent:
        """Waits until it asks for its first event; what that cost since the process was started."""
        ready = await self._or_ended(self._runtime._waiting.get())
        return Spent(ready - self._started, self._cpu_since_last())

    async def invoke(self) -> Spent:
        """One invocation: the wall clock runs until its answer, the CPU until it asks for the next event."""
        self._runtime._events.put_nowait(None)
        begun = await self._or_ended(self._runtime._handed_out.get())
        answered, error = await self._or_ended(self._runtime._answered.get())
        if error is not None:
            raise FunctionFailed(error)
        await self._or_ended(self._runtime._waiting.get())
        return Spent(answered - begun, self._cpu_since_last())

    def peak_memory(self) -> int:
        """The most memory that it has had in RAM so far, in bytes."""
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))

    def _cpu_since_last(self) -> float:
        # The CPU clock of another process, of all its threads, exact to the nanosecond: see clock_getcpuclockid(3).
        before, self._cpu = self._cpu, time.clock_gettime(~self.pid << 3 | 2)
        return self._cpu - before

    async def _or_ended(self, event: Coroutine[Any, Any, T]) -> T:
        """Waits for an event; a function that ends instead has failed."""
        waiting, ended = asyncio.ensure_future(event), asyncio.ensure_future(self._process.wait())
        await asyncio.wait([waiting, ended], return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            raise FunctionFailed(f"it ended with code {ended.result()}:\n{(await self.output).decode()[-3000:]}")
        ended.cancel()
        return waiting.result()


def environment(region: str = "us-east-1") -> dict[str, str]:
    """What Lambda sets. Credentials are of the length that Lambda's have."""
    return {
        "PATH": os.environ["PATH"], "LANG": "en_US.UTF-8", "TZ": ":UTC",
        "AWS_REGION": region, "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2VjE" + 60 * "FakeSessionToken",
        "AWS_LAMBDA_FUNCTION_NAME": "ses-quota-monitor", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/ses-quota-monitor",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef",
        "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO",
    }
