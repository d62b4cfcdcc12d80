"""The measurements."""

import asyncio
import os
import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from toolkit.runtime_api import Function, FunctionFailed, Runtime, Spent

from .cloud import Cloud, Situation
from .limit import limited_cpu
from .subjects import MONITOR, Subject
from .certificates import Authority

RUNS = 5
WARM_CHECKS = 10
# What a control group owes for the work before is paid by then, and its share is whole again.
REST_SECONDS = 0.5
ENDPOINT_SECONDS = 0.03
TARGETS = [1, 10, 100, 1_000]


@dataclass(frozen=True)
class Checks:
    """One figure of the first check of a process, from its start, and of each later one."""

    cold: float
    warm: float


@dataclass(frozen=True)
class Growth:
    """Checks of many targets."""

    targets: int
    first: Spent
    later: Spent
    instructions: float
    """Of a later check."""
    memory: int
    calls: int


class Bench:
    """What is needed to run a function."""

    def __init__(self, authority: Authority, cloud: Cloud, runtime: Runtime) -> None:
        self.authority = authority
        self.cloud = cloud
        self.runtime = runtime

    async def instructions(self, subject: Subject, situation: Situation) -> Checks:
        """Counted by callgrind, which gives the same count for the same work whatever else the machine does."""
        one = await self.count(subject, situation, 1)
        many = await self.count(subject, situation, 1 + WARM_CHECKS)
        return Checks(one, (many - one) / WARM_CHECKS)

    async def count(self, subject: Subject, situation: Situation, invocations: int, file: Path = Path(os.devnull),
                    settings: dict[str, str] | None = None) -> int:
        """The instructions of a process that does so many checks; callgrind's own record of them goes to `file`."""
        self.cloud.situation = situation
        callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={file}"]
        async with self._running(subject, callgrind, settings) as function:
            await function.init()
            for _ in range(invocations):
                await function.invoke()
        output = (await function.output).decode()
        counted = re.search(r"Collected : (\d+)", output)
        if not counted:
            raise FunctionFailed(f"callgrind counted nothing:\n{output[-3000:]}")
        return int(counted.group(1))

    async def cpu(self, subject: Subject, situation: Situation) -> Checks:
        """Seconds of CPU, medians; the cold check with all that came before it in the process."""
        self.cloud.situation = situation
        cold, warm = [], []
        for _ in range(RUNS):
            async with self._running(subject) as function:
                cold.append((await function.init()).cpu + (await function.invoke()).cpu)
                warm += [(await function.invoke()).cpu for _ in range(WARM_CHECKS)]
        return Checks(median(cold), median(warm))

    async def seconds_at_128_mb(self, subject: Subject, situation: Situation) -> tuple[float, Checks]:
        """The time until the function asks for its first event, and that of invocations, at a Lambda's share of a CPU."""
        self.cloud.situation = situation
        init, cold, warm = [], [], []
        with limited_cpu() as prefix:
            for _ in range(RUNS):
                async with self._running(subject, prefix) as function:
                    init.append((await function.init()).wall)
                    cold.append(await self._rested(function))
                    warm += [await self._rested(function) for _ in range(RUNS)]
        return median(init), Checks(median(cold), median(warm))

    async def peak_memory(self, subject: Subject, situation: Situation) -> int:
        """Bytes in RAM at the most, over a cold check and some warm ones."""
        self.cloud.situation = situation
        async with self._running(subject) as function:
            await function.init()
            for _ in range(1 + WARM_CHECKS):
                await function.invoke()
            return function.peak_memory()

    async def growth(self, targets: int) -> Growth:
        """Checks of many targets, each a Region with a host of its own, against services that take their time."""
        regions = [f"ap-southeast-{number}" for number in range(1, targets + 1)]
        self.cloud.open(regions)
        settings = {"REGIONS": ",".join(regions)}
        one, two = [await self.count(MONITOR, Situation.STEADY, checks, settings=settings) for checks in (1, 2)]
        self.cloud.delay = ENDPOINT_SECONDS
        try:
            async with self._running(MONITOR, settings=settings) as function:
                await function.init()
                self.cloud.calls.clear()
                first = await function.invoke()
                calls = self.cloud.calls.total()
                later = await function.invoke()
                return Growth(targets, first, later, two - one, function.peak_memory(), calls)
        finally:
            self.cloud.delay = 0.0

    def _running(self, subject: Subject, prefix: Sequence[str] = (), settings: dict[str, str] | None = None
                 ) -> AbstractAsyncContextManager[Function]:
        environment = subject.environment(self.authority.added_to(subject.trusts)) | (settings or {})
        return self.runtime.running([*prefix, *subject.command], environment)

    @staticmethod
    async def _rested(function: Function) -> float:
        await asyncio.sleep(REST_SECONDS)
        return (await function.invoke()).wall
