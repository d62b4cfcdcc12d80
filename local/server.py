"""Starting and stopping the local AWS."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

from toolkit.paths import PROJECT
from toolkit.waiting import wait_for

from . import ses_numbers
from .account import Account
from .organization import Organization
from .proxy import FaultProxy
from .stack import Stack

STARTUP_SECONDS = 60
SHUTDOWN_SECONDS = 5


class LocalAwsFailed(RuntimeError):
    """The local AWS did not start, or it ended. The message includes the end of its log."""


class LocalAws:
    """ministack on a free port of 127.0.0.1, with a `FaultProxy` between it and the functions it runs.

    A context manager. However the block ends, Ctrl-C and SIGTERM included, the server and every
    function process that it started are stopped, and their files are removed. The log is written
    to `log_file`; without one, it is removed too.

    With `enforce_iam`, the role of a function limits what it can call.
    """

    def __init__(self, log_file: Path | None = None, enforce_iam: bool = False) -> None:
        self._enforce_iam = enforce_iam
        self._directory = Path(tempfile.mkdtemp(prefix="local-aws-"))
        self.log_file = log_file or self._directory / "local-aws.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._account_ids = (f"{number:012d}" for number in range(111122223333, 999999999999))
        self._previous_sigterm: object = None
        self.port = 0
        self.proxy: FaultProxy

    def __enter__(self) -> "LocalAws":
        # By default, SIGTERM ends Python without cleanup and would leave the server running.
        if threading.current_thread() is threading.main_thread():
            self._previous_sigterm = signal.signal(signal.SIGTERM, _exit)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        if self._previous_sigterm is not None:
            signal.signal(signal.SIGTERM, self._previous_sigterm)

    @property
    def url(self) -> str:
        """The endpoint for clients on this machine; their calls do not pass the proxy."""
        return f"http://127.0.0.1:{self.port}"

    def account(self, account_id: str | None = None) -> Account:
        """The account with this ID, or else one that has not been used yet."""
        return Account(self.url, account_id or next(self._account_ids), self.proxy)

    def organization(self) -> Organization:
        """A new organization, of an account that has not been used yet."""
        return Organization(self.account())

    def set_ses(self, targets: Mapping[tuple[str, str], Mapping[str, object]]) -> None:
        """Sets what SES says about many accounts and Regions at once: see `ses_numbers.NAMES`."""
        ses_numbers.set_values(self.url, targets)

    def log_tail(self, lines: int = 20) -> str:
        return "\n".join(self.log_lines()[-lines:])

    def log_lines(self) -> list[str]:
        return self.log_file.read_text(errors="replace").splitlines() if self.log_file.exists() else []

    def delivered(self, protocol: str, endpoint: str) -> int:
        """How many messages SNS has delivered to an "email" or "SMS" subscriber, after its filter policy.

        The log holds only the delivery, not the text.
        """
        return sum(f"SNS fanout → {protocol} {endpoint} " in line for line in self.log_lines())

    def check_alive(self) -> None:
        """Raises `LocalAwsFailed`, with the end of the log, if the server has ended."""
        code = self._process.poll() if self._process else None
        if code is not None:
            raise LocalAwsFailed(f"the local AWS ended unexpectedly with code {code}. The end of its log:\n{self.log_tail()}")

    def kill_function(self, stack: Stack) -> int:
        """Kills the processes that run a stack's function, as a crash would, and returns their number."""
        # The name is the same in each account; the topic is the account's.
        variables = {f"AWS_LAMBDA_FUNCTION_NAME={stack.function}", f"ALERT_TOPIC_ARN={stack.topic_arn}"}
        pids = [pid for pid, environment in self._function_processes() if variables <= environment]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return len(pids)

    def _start(self) -> None:
        self.port = _free_port()
        self.proxy = FaultProxy(self.port)
        self.proxy.start()
        # A process group of its own, so that stopping it stops the functions too.
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "local.emulator"],
                env=self._server_environment(), cwd=self._directory,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )
        wait_for(self._healthy, "the local AWS to respond", STARTUP_SECONDS, while_waiting=self.check_alive)

    def _server_environment(self) -> dict[str, str]:
        # The functions inherit it, and must not see settings or credentials of a real account.
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return clean | {
            "GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1",
            "AUTH": "true" if self._enforce_iam else "false", "LAMBDA_EXECUTOR": "local", "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",
            "AWS_ENDPOINT_URL": self.proxy.url, "TMPDIR": str(self._directory), "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(PROJECT),
        }

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2) as response:
                return "services" in json.load(response)
        except OSError:
            return False

    def _function_processes(self) -> Iterator[tuple[int, set[str]]]:
        """The process ID of each, and its environment as `NAME=value`."""
        assert self._process is not None
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(entry.name)) != self._process.pid or int(entry.name) == self._process.pid:
                    continue
                environment = (entry / "environ").read_text(errors="replace")
            except OSError:
                continue
            yield int(entry.name), set(environment.split("\0"))

    def stop(self) -> None:
        """Stops everything that was started; does nothing if nothing was."""
        if self._process is not None:
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(self._process.pid, number)
                    self._process.wait(SHUTDOWN_SECONDS)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    pass
            self._process = None
            self.proxy.stop()
        shutil.rmtree(self._directory, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _exit(signal_number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signal_number)
