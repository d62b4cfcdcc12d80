"""The measurements. Each returns every value that it measured, in seconds, bytes or instructions."""

import asyncio
import os
import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from toolkit.runtime_api import Function, FunctionFailed, Runtime, Spent

from .certificates import Authority
from .cloud import Cloud, Situation
from .limit import limited_cpu
from .subjects import MONITOR, Subject

# The processes in which each time is measured, and the checks in each of them after the first.
RUNS = 5
LATER_CHECKS = 10
# Enough for a control group to regain its full share.
REST_SECONDS = 0.5
ENDPOINT_SECONDS = 0.03
# Each account is checked in these. All but one are read in a session of their own.
REGIONS = ["us-east-1", "eu-west-1"]
TARGETS = [10, 100, 1_000, 10_000]
# The checks of a fleet take long.
FLEET_RUNS = 3
FLEET_LATER_CHECKS = 2
# callgrind is some 50 times slower.
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class Checks:
    """What was measured of the first check of each process, and of the later ones."""

    first: Sequence[float]
    later: Sequence[float]


@dataclass(frozen=True)
class Growth:
    """Checks of many targets."""

    targets: int
    first: Sequence[Spent]
    later: Sequence[Spent]
    instructions: float | None
    """Of the second check; None where they are too many to count."""
    memory: Sequence[float]
    calls: tuple[int, int]
    """Of the first check, which opens the sessions, and of a later one."""


class Bench:
    """Runs functions against the fake AWS, and measures them."""

    def __init__(self, authority: Authority, cloud: Cloud, runtime: Runtime) -> None:
        self.authority = authority
        self.cloud = cloud
        self.runtime = runtime

    async def init(self, subject: Subject) -> list[float]:
        """Seconds from the start of the process until it asks for its first event, at full speed.

        Lambda does not throttle init to the CPU share of the function. No AWS service is called yet.
        """
        seconds = []
        for _ in range(RUNS):
            async with self._running(subject) as function:
                seconds.append((await function.init()).wall)
        return seconds

    async def instructions(self, subject: Subject, situation: Situation) -> Checks:
        """Counted once, by callgrind: the count hardly depends on what else the machine does.

        The first check includes the start of the process.
        """
        one = await self.count(subject, situation, 1)
        many = await self.count(subject, situation, 1 + LATER_CHECKS)
        return Checks([one], [(many - one) / LATER_CHECKS])

    async def count(self, subject: Subject, situation: Situation, invocations: int, file: Path = Path(os.devnull),
                    settings: dict[str, str] | None = None) -> int:
        """The instructions of a process that runs so many checks; callgrind writes its profile to `file`."""
        self.cloud.situation = situation
        callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={file}"]
        async with self._running(subject, callgrind, settings) as function:
            await function.init()
            for _ in range(invocations):
                await function.invoke()
        output = (await function.output).decode()
        counted = re.search(r"Collected : (\d+)", output)
        if not counted:
            raise FunctionFailed(f"callgrind did not report a count:\n{output[-3000:]}")
        return int(counted.group(1))

    async def cpu(self, subject: Subject, situation: Situation) -> Checks:
        """Seconds of CPU. The first check includes the start of the process."""
        self.cloud.situation = situation
        first, later = [], []
        for _ in range(RUNS):
            async with self._running(subject) as function:
                first.append((await function.init()).cpu + (await function.invoke()).cpu)
                later += [(await function.invoke()).cpu for _ in range(LATER_CHECKS)]
        return Checks(first, later)

    async def at_128_mb(self, subject: Subject, situation: Situation) -> Checks:
        """Seconds of each invocation at the CPU share of 128 MB, which applies from the end of init, as in Lambda."""
        self.cloud.situation = situation
        first, later = [], []
        with limited_cpu() as limit:
            for _ in range(RUNS):
                async with self._running(subject) as function:
                    await function.init()
                    limit(function.pid)
                    first.append(await self._rested(function))
                    later += [await self._rested(function) for _ in range(LATER_CHECKS)]
        return Checks(first, later)

    async def peak_memory(self, subject: Subject, situation: Situation) -> list[float]:
        """The highest number of bytes in RAM, over a first check and the later ones."""
        self.cloud.situation = situation
        peaks: list[float] = []
        for _ in range(RUNS):
            async with self._running(subject) as function:
                await function.init()
                for _ in range(1 + LATER_CHECKS):
                    await function.invoke()
                peaks.append(function.peak_memory())
        return peaks

    async def growth(self, targets: int) -> Growth:
        """Checks of many accounts in two Regions, against services that take time to respond, at the speed of one CPU."""
        self.cloud.open(REGIONS)
        self.cloud.accounts = [f"{number:012d}" for number in range(400_000_000_000, 400_000_000_000 + targets // len(REGIONS))]
        settings = {"REGIONS": ",".join(REGIONS), "ACCOUNTS": "organization", "METRIC_DETAIL": "fleet"}
        counted = [await self.count(MONITOR, Situation.STEADY, checks, settings=settings) for checks in (1, 2)
                   if targets <= MOST_COUNTED]
        first: list[Spent] = []
        later: list[Spent] = []
        peaks: list[float] = []
        calls = (0, 0)
        self.cloud.delay = ENDPOINT_SECONDS
        try:
            for _ in range(FLEET_RUNS):
                async with self._running(MONITOR, settings=settings) as function:
                    await function.init()
                    of_first, spent = await self._called(function)
                    first.append(spent)
                    for _ in range(FLEET_LATER_CHECKS):
                        of_later, spent = await self._called(function)
                        later.append(spent)
                    calls = of_first, of_later
                    peaks.append(function.peak_memory())
        finally:
            self.cloud.delay = 0.0
            self.cloud.accounts = []
        return Growth(targets, first, later, counted[1] - counted[0] if counted else None, peaks, calls)

    async def _called(self, function: Function) -> tuple[int, Spent]:
        """The AWS calls of an invocation, and what it took."""
        self.cloud.calls.clear()
        spent = await function.invoke()
        return self.cloud.calls.total(), spent

    def _running(self, subject: Subject, prefix: Sequence[str] = (), settings: dict[str, str] | None = None
                 ) -> AbstractAsyncContextManager[Function]:
        environment = subject.environment(self.authority.added_to(subject.trusts)) | (settings or {})
        return self.runtime.running([*prefix, *subject.command], environment)

    @staticmethod
    async def _rested(function: Function) -> float:
        await asyncio.sleep(REST_SECONDS)
        return (await function.invoke()).wall
