"""Lambda's Runtime API, the environment that Lambda sets, and a function that runs under both.

Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from .http import Connection, Request, Response

T = TypeVar("T")
PREFIX = "/2018-06-01/runtime"
# Far more than the 30 seconds of the template, because a function runs much slower under valgrind.
TIMEOUT_SECONDS = 900
FUNCTION_ARN = "arn:aws:lambda:us-east-1:111122223333:function:ses-quota-monitor"


class FunctionFailed(RuntimeError):
    """The function did not start, or an invocation failed. The message holds the error."""


@dataclass(frozen=True)
class Spent:
    """Seconds of wall-clock time, and seconds of CPU time in all threads of the process."""

    wall: float
    cpu: float


class Runtime:
    """The API, on a free port of 127.0.0.1, for one function at a time. A context manager."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[None] = asyncio.Queue()
        self._requested: asyncio.Queue[float] = asyncio.Queue()
        self._delivered: asyncio.Queue[float] = asyncio.Queue()
        self._responses: asyncio.Queue[tuple[float, str | None]] = asyncio.Queue()
        self._server: asyncio.Server
        self.address = ""

    async def __aenter__(self) -> "Runtime":
        self._server = await asyncio.get_running_loop().create_server(lambda: Connection(self._handle), "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()

    async def _handle(self, request: Request) -> Response:
        now = time.monotonic()
        if request.path == f"{PREFIX}/invocation/next":
            self._requested.put_nowait(now)
            await self._events.get()
            headers = {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + TIMEOUT_SECONDS) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            }
            self._delivered.put_nowait(time.monotonic())
            return Response(200, headers, b'{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}')
        failed = not request.path.endswith("/response")
        self._responses.put_nowait((now, request.body.decode() if failed else None))
        return Response(202, {"Content-Type": "application/json"}, b'{"status":"OK"}')

    @asynccontextmanager
    async def running(self, command: Sequence[str], environment: dict[str, str]) -> AsyncIterator["Function"]:
        """Runs a function in a process of its own, which is terminated when the block ends."""
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
            # The next function must not receive what was meant for this one.
            for queue in (self._requested, self._delivered, self._responses):
                while not queue.empty():
                    queue.get_nowait()
            self._events = asyncio.Queue()


class Function:
    """A running function."""

    def __init__(self, runtime: Runtime, process: asyncio.subprocess.Process, started: float) -> None:
        self._runtime = runtime
        self._process = process
        self.pid = process.pid
        self._started = started
        self._cpu = 0.0
        assert process.stdout is not None
        self.output = asyncio.ensure_future(process.stdout.read())

    async def init(self) -> Spent:
        """Waits until the function asks for its first event; returns what that took since the process started."""
        ready = await self._or_ended(self._runtime._requested.get())
        return Spent(ready - self._started, self._cpu_since_last())

    async def invoke(self) -> Spent:
        """Invokes the function; returns the time until its response, and the CPU time until it asks for the next event."""
        self._runtime._events.put_nowait(None)
        begun = await self._or_ended(self._runtime._delivered.get())
        responded, error = await self._or_ended(self._runtime._responses.get())
        if error is not None:
            raise FunctionFailed(error)
        await self._or_ended(self._runtime._requested.get())
        return Spent(responded - begun, self._cpu_since_last())

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stops the process inside the `with`, as Lambda does between invocations."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def peak_memory(self) -> int:
        """The highest number of bytes that the process has had in RAM so far."""
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))

    def _cpu_since_last(self) -> float:
        # The CPU clock of another process, in nanoseconds for all its threads: see clock_getcpuclockid(3).
        before, self._cpu = self._cpu, time.clock_gettime(~self.pid << 3 | 2)
        return self._cpu - before

    async def _or_ended(self, event: Coroutine[Any, Any, T]) -> T:
        """Waits for an event. Raises `FunctionFailed` if the process ends first."""
        waiting, ended = asyncio.ensure_future(event), asyncio.ensure_future(self._process.wait())
        await asyncio.wait([waiting, ended], return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            raise FunctionFailed(f"the process ended with code {ended.result()}:\n{(await self.output).decode()[-3000:]}")
        ended.cancel()
        return waiting.result()


def environment(region: str = "us-east-1") -> dict[str, str]:
    """The environment variables that Lambda sets. The credentials are as long as Lambda's."""
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
