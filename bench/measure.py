"""The measurements. Each returns every value that it measured, in seconds, bytes or instructions."""

import asyncio
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from toolkit.runtime_api import Function, FunctionFailed, Runtime, Spent

from .certificates import Tls
from .cloud import Cloud, Situation
from .effort import Effort
from .limit import Limit
from .link import THERE, Link
from .network import Names
from .subjects import Subject

# Enough for a control group to regain its full share.
REST_SECONDS = 0.3
ENDPOINT_SECONDS = 0.03
# Each account is checked in these. All but one are read in a session of their own.
REGIONS = ["us-east-1", "eu-west-1"]
# Two links, in seconds: what a check takes longer on the second is round trips.
ROUND_TRIPS = 0.02, 0.1
TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)


class Start(Enum):
    """What a check starts from."""

    COLD = "a new process"
    SECOND = "a process that has checked once"
    """Once an hour, a check counts the subscribers of the topic as well. This is the first to do so."""
    KEPT = "connections that are kept alive"
    THAWED = "a frozen process, whose connections the services have closed"


@dataclass
class Lives:
    """What was measured of the processes: of the start of each, and of its checks, by what they started from."""

    init: list[Spent] = field(default_factory=list)
    checks: dict[Start, list[Spent]] = field(default_factory=lambda: {start: [] for start in Start})
    memory: list[float] = field(default_factory=list)

    def cpu(self, start: Start) -> list[float]:
        """Seconds of CPU. A cold check includes the start of the process."""
        spent = [check.cpu for check in self.checks[start]]
        return [check + init.cpu for check, init in zip(spent, self.init)] if start is Start.COLD else spent

    def wall(self, start: Start) -> list[float]:
        return [check.wall for check in self.checks[start]]


@dataclass(frozen=True)
class Traffic:
    """What a check sends."""

    round_trips: Sequence[float]
    """Of each process."""
    handshakes: int
    resumed: int
    calls: int


@dataclass
class Fleet:
    """What was measured of checks of many targets: time, and AWS calls."""

    targets: int
    first: list[tuple[Spent, int]] = field(default_factory=list)
    """These open the sessions in the other accounts."""
    later: list[tuple[Spent, int]] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


class Bench:
    """Runs functions against the fake AWS, and measures them."""

    def __init__(self, cloud: Cloud, runtime: Runtime, names: Names, effort: Effort) -> None:
        self.cloud = cloud
        self.runtime = runtime
        self.names = names
        self.effort = effort

    async def instructions(self, subject: Subject, situation: Situation, tls: Tls) -> dict[Start, list[float]]:
        """Counted by callgrind: they hardly depend on what else the machine does. A cold check includes the start of the
        process."""
        counts: dict[Start, list[float]] = {start: [] for start in Start}
        for _ in range(self.effort.counting):
            with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
                async for start, file in self.profiles(subject, situation, tls, Path(temporary)):
                    counts[start].append(total(file))
        return counts

    async def profiles(self, subject: Subject, situation: Situation, tls: Tls, directory: Path
                       ) -> AsyncIterator[tuple[Start, Path]]:
        """What callgrind writes to a directory of each check of a process."""
        out = directory / "callgrind"
        callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        async with self._running(subject, situation, tls, callgrind) as function:
            await function.init()
            number = 0
            async for start, _ in self._life(function, self.effort.counted):
                number += 1
                file = Path(f"{out}.{number}")
                await asyncio.to_thread(_dump, function.pid, file)
                yield start, file

    async def live(self, subject: Subject, situation: Situation, lives: Lives, limit: Limit | None = None) -> None:
        """Adds a process to `lives`. A limit of the CPU applies from the end of init, as in Lambda."""
        async with self._running(subject, situation) as function:
            lives.init.append(await function.init())
            if limit:
                limit(function.pid)
            async for start, spent in self._life(function, self.effort.later, rest=REST_SECONDS if limit else 0.0):
                lives.checks[start].append(spent)
            lives.memory.append(function.peak_memory())

    async def traffic(self, subject: Subject, situation: Situation) -> dict[Start, Traffic]:
        """What each check sends, and how often it waits for an answer before it goes on."""
        walls: dict[Start, list[list[float]]] = {start: [[], []] for start in Start}
        sent: dict[Start, tuple[int, int, int]] = {}
        with Link() as link:
            self.names.address = THERE
            try:
                for place, link.round_trip in enumerate(ROUND_TRIPS):
                    for _ in range(self.effort.round_trips):
                        async with self._running(subject, situation) as function:
                            await function.init()
                            self._forget()
                            async for start, spent in self._life(function, 1, link):
                                walls[start][place].append(spent.wall)
                                shaken = self.cloud.handshakes
                                sent[start] = shaken.all, shaken.resumed, self.cloud.calls.total()
                                self._forget()
            finally:
                self.names.address = "127.0.0.1"
        longer = ROUND_TRIPS[1] - ROUND_TRIPS[0]
        return {start: Traffic([round((slow - fast) / longer) for fast, slow in zip(*wall)], *sent[start])
                for start, wall in walls.items()}

    async def fleet(self, subject: Subject, fleet: Fleet, limit: Limit | None) -> None:
        """Adds a process that checks many accounts in two Regions, against services that take time to respond."""
        self.cloud.open(REGIONS)
        self.cloud.accounts = _accounts(fleet.targets)
        self.cloud.delay = ENDPOINT_SECONDS
        try:
            async with self._running(subject, Situation.STEADY, settings=FLEET) as function:
                await function.init()
                if limit:
                    limit(function.pid)
                fleet.first.append(await self._called(function))
                # The second also counts the subscribers.
                await function.invoke()
                fleet.later.append(await self._called(function))
                fleet.memory.append(function.peak_memory())
        finally:
            self.cloud.delay = 0.0
            self.cloud.accounts = []

    async def _called(self, function: Function) -> tuple[Spent, int]:
        """What an invocation took, and its AWS calls."""
        self._forget()
        spent = await function.invoke()
        return spent, self.cloud.calls.total()

    def _forget(self) -> None:
        self.cloud.calls.clear()
        self.cloud.handshakes.all = self.cloud.handshakes.resumed = 0

    async def _life(self, function: Function, later: int, link: Link | None = None, rest: float = 0.0
                    ) -> AsyncIterator[tuple[Start, Spent]]:
        """The checks of a process: the first, the second, and then so many of each kind."""
        for start in (Start.COLD, Start.SECOND, *[Start.KEPT] * later, *[Start.THAWED] * later):
            await asyncio.sleep(rest)
            if start is Start.THAWED:
                with function.frozen():
                    await self.cloud.close_connections()
                    # The end of a connection has to arrive.
                    await asyncio.sleep(link.round_trip if link else 0.0)
            yield start, await function.invoke()

    @asynccontextmanager
    async def _running(self, subject: Subject, situation: Situation, tls: Tls = Tls.RESUMED, prefix: Sequence[str] = (),
                       settings: dict[str, str] | None = None) -> AsyncIterator[Function]:
        """A process that finds this situation, and servers that speak TLS in this way."""
        self.cloud.situation = situation
        await self.cloud.speak(tls)
        async with self.runtime.running([*prefix, *subject.command], subject.environment() | (settings or {})) as function:
            yield function


FLEET = {"REGIONS": ",".join(REGIONS), "ACCOUNTS": "organization", "METRIC_DETAIL": "fleet"}


def _accounts(targets: int) -> list[str]:
    return [f"{number:012d}" for number in range(400_000_000_000, 400_000_000_000 + targets // len(REGIONS))]


def _dump(pid: int, file: Path) -> None:
    """Writes what callgrind counted since the last dump to `file`, the next in its order."""
    asked = subprocess.run(["callgrind_control", "--dump", str(pid)], capture_output=True, text=True)
    if not file.exists():
        raise FunctionFailed(f"callgrind did not report a count: {asked.stdout}{asked.stderr}")


def total(profile: Path) -> int:
    """All instructions in a profile of callgrind."""
    totals = TOTALS.search(profile.read_text())
    if not totals:
        raise FunctionFailed(f"{profile} has no totals")
    return int(totals[1])
