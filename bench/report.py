"""The tables of all measurements: which rows there are, and what they are called."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from rich.console import Console

from . import targets
from .certificates import Tls
from .cloud import Situation
from .limit import Limit, NotLimited, limited_cpu, share
from .measure import Bench, Fleet, Lives, Start, Traffic
from .results import Figure, Table
from .subjects import BOTO3, Subject
from .units import COUNT, MEBIBYTES, MEGABYTES, MILLIONS, MILLISECONDS, SECONDS

# The larger function.
FLEET_MEGABYTES = 512


class Report:
    """Measures the subjects, and prints what it is measuring."""

    def __init__(self, bench: Bench, subjects: Sequence[Subject], console: Console) -> None:
        self.bench = bench
        self.subjects = subjects
        self.console = console
        self.remarks: list[str] = []

    async def checks(self, situation: Situation) -> Table:
        """The checks of all subjects in a situation."""
        counted = {tls: await self._counted(situation, tls) for tls in Tls}
        traffic = [await self._traffic(subject, situation) for subject in self.subjects]
        lives, slow = await self._lives(situation)

        def counts(name: str, start: Start, tls: Tls = Tls.RESUMED) -> list[Figure]:
            values = [each[start] if each else None for each in counted[tls]]
            return [Figure(name, values, MILLIONS)] if any(values) else []

        def times(name: str, start: Start) -> list[Figure]:
            figures = [Figure(f"{name}: CPU", [each.cpu(start) for each in lives], MILLISECONDS)]
            return figures + [Figure(f"{name}: time at 128 MB", [each.wall(start) for each in slow], MILLISECONDS)] * bool(slow)

        def sent(name: str, start: Start) -> list[Figure]:
            sent = [each[start] for each in traffic]
            return [Figure(f"{name}: round trips", [each.round_trips for each in sent], COUNT),
                    Figure(f"{name}: TLS handshakes", [[each.handshakes] for each in sent], COUNT),
                    Figure(f"{name}: of which in full", [[each.handshakes - each.resumed] for each in sent], COUNT)]

        ours = counted[Tls.RESUMED][0]
        title = {Situation.STEADY: targets.NO_ALERT, Situation.ALERTING: targets.ALERT}
        return Table(title[situation], [subject.name for subject in self.subjects], [
            *counts("thawed: instructions", Start.THAWED),
            *counts("thawed, TLS 1.3 without tickets: instructions", Start.THAWED, Tls.FULL),
            *counts("thawed, TLS 1.2: instructions", Start.THAWED, Tls.OLD),
            *times("thawed", Start.THAWED), *sent("thawed", Start.THAWED),
            *counts("kept alive: instructions", Start.KEPT), *times("kept alive", Start.KEPT),
            # The peers do not count them.
            Figure("kept alive, and counting the subscribers: instructions", [ours[Start.SECOND] if ours else None, None, None],
                   MILLIONS),
            *counts("cold: instructions", Start.COLD), *times("cold", Start.COLD), *sent("cold", Start.COLD),
            Figure("AWS calls", [[each[Start.THAWED].calls] for each in traffic], COUNT),
            Figure("init, not throttled", [[init.wall for init in each.init] for each in lives], MILLISECONDS),
            Figure("peak memory", [each.memory for each in lives], MEBIBYTES),
        ], compared=True)

    def size(self) -> Table:
        """What is uploaded."""
        sizes = [subject.sizes() for subject in self.subjects]
        return Table(targets.SIZE, [subject.name for subject in self.subjects], [
            Figure(name, [each and [each[place]] for each in sizes], MEGABYTES) for place, name in enumerate(["binary", "zip"])
        ], compared=True)

    async def fleets(self) -> list[Table]:
        """Checks of many targets, with all of a CPU and with the share of a larger function."""
        with self._limited(FLEET_MEGABYTES) as limit:
            cpus: dict[str, Limit | None] = {"one vCPU (1,769 MB)": None}
            if limit:
                cpus[f"{share(FLEET_MEGABYTES):.0%} of a vCPU ({FLEET_MEGABYTES} MB)"] = limit
            sizes = self.bench.effort.fleets
            fleets = {cpu: [Fleet(size) for size in sizes] for cpu in cpus}
            turns = [(cpu, fleet) for turn in range(max(sizes.values())) for cpu in cpus for fleet in fleets[cpu]
                     if turn < sizes[fleet.targets]]
            for cpu, fleet in turns:
                self._tell(f"fleet, {cpu}: {fleet.targets:,} targets")
                await self.bench.fleet(self.subjects[0], fleet, cpus[cpu])
        return [_table(cpu, of_each_size) for cpu, of_each_size in fleets.items()]

    async def _counted(self, situation: Situation, tls: Tls) -> list[dict[Start, list[float]] | None]:
        """Of each subject, where that is counted."""
        counted = []
        for subject in self.subjects:
            # boto3 resumes no session, so all servers are alike to it.
            is_counted = tls is Tls.RESUMED or subject is not BOTO3
            if not self.bench.effort.counts_all:
                is_counted = tls is Tls.RESUMED and subject is self.subjects[0]
            if is_counted:
                self._tell(f"instructions, {tls.value}: {subject.name}")
            counted.append(await self.bench.instructions(subject, situation, tls) if is_counted else None)
        return counted

    async def _traffic(self, subject: Subject, situation: Situation) -> dict[Start, Traffic]:
        self._tell(f"round trips: {subject.name}")
        return await self.bench.traffic(subject, situation)

    async def _lives(self, situation: Situation) -> tuple[list[Lives], list[Lives]]:
        """Of each subject, at full speed and at 128 MB. They take turns, so that what else the machine does meets all alike."""
        fast = [Lives() for _ in self.subjects]
        slow = [Lives() for _ in self.subjects]
        with self._limited(128) as limit:
            for turn in range(self.bench.effort.runs):
                self._tell(f"time and memory: process {turn + 1} of {self.bench.effort.runs}")
                for place, subject in enumerate(self.subjects):
                    await self.bench.live(subject, situation, fast[place])
                    if limit:
                        await self.bench.live(subject, situation, slow[place], limit)
        return fast, slow if limit else []

    @contextmanager
    def _limited(self, megabytes: int) -> Iterator[Limit | None]:
        """What limits the CPU to the share of this memory size. Where nothing does, the results say so."""
        with ExitStack() as stack:
            try:
                limit = stack.enter_context(limited_cpu(megabytes))
            except NotLimited as reason:
                limit = None
                remark = f"Times at {megabytes} MB were not measured, because this machine does not limit the CPU: {reason}."
                if remark not in self.remarks:
                    self.remarks.append(remark)
                    self.console.print(f"[bold red]{remark}[/]")
            yield limit

    def _tell(self, what: str) -> None:
        self.console.print(f"[dim]{what}[/]")


def _table(cpu: str, fleets: Sequence[Fleet]) -> Table:
    figures = []
    for place, name in enumerate(["first check", "later check"]):
        checks = [(fleet.targets, (fleet.first, fleet.later)[place]) for fleet in fleets]
        figures += [
            Figure(name, [[spent.wall for spent, _ in each] for _, each in checks], SECONDS),
            Figure(f"{name}: CPU per target", [[spent.cpu / size for spent, _ in each] for size, each in checks], MILLISECONDS),
            Figure(f"{name}: calls", [[calls for _, calls in each] for _, each in checks], COUNT),
        ]
    figures.append(Figure("peak memory", [fleet.memory for fleet in fleets], MEBIBYTES))
    return Table(f"A fleet, with {cpu}", [f"{fleet.targets:,} targets" for fleet in fleets], figures)
