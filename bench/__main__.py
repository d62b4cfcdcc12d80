"""Measures everything, prints the tables and writes them down."""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from toolkit.paths import PROJECT
from toolkit.runtime_api import FunctionFailed, Runtime

from . import network, profile, results
from .certificates import Authority
from .cloud import Cloud, Situation
from .limit import NotLimited
from .measure import TARGETS, Bench, Checks
from .results import Figure, Table, mebibytes, megabytes, milliseconds, millions
from .subjects import SUBJECTS, Subject

T = TypeVar("T")
# Commands, and the Debian packages that bring them.
TOOLS = {"valgrind": "valgrind", "ip": "iproute2", "unshare": "util-linux", "mount": "mount"}


def install_tools() -> None:
    """Installs what is missing, where that is possible, or says what to install."""
    if not sys.platform.startswith("linux"):
        sys.exit("The benchmark needs Linux: it makes a network of its own and limits the CPU as Lambda does.")
    missing = sorted({package for command, package in TOOLS.items() if not shutil.which(command)})
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"Missing: {', '.join(missing)}. Install them, then again: make bench")
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], check=True)


class Report:
    """Measures the subjects one after the other, saying what is going on."""

    def __init__(self, bench: Bench, console: Console) -> None:
        self.bench = bench
        self.console = console
        self.remarks: list[str] = []

    async def checks(self, situation: Situation) -> Table:
        """The checks of all subjects in a situation."""
        counted = await self._each("instructions", lambda subject: self.bench.instructions(subject, situation))
        cpu = await self._each("CPU", lambda subject: self.bench.cpu(subject, situation))
        memory = await self._each("memory", lambda subject: self.bench.peak_memory(subject, situation))
        figures = [
            Figure("instructions, first check", [each.cold for each in counted], millions),
            Figure("instructions, later check", [each.warm for each in counted], millions),
            Figure("CPU, first check", [each.cold for each in cpu], milliseconds),
            Figure("CPU, later check", [each.warm for each in cpu], milliseconds),
            *await self._at_128_mb(situation),
            Figure("peak memory", memory, mebibytes),
        ]
        if situation is Situation.STEADY:
            sizes = [subject.sizes() for subject in SUBJECTS]
            figures += [
                Figure("binary", [each and each[0] for each in sizes], megabytes),
                Figure("zip", [each and each[1] for each in sizes], megabytes),
            ]
        title = {Situation.STEADY: "A check with nothing to say", Situation.ALERTING: "A check that sends an alert"}
        return results.comparison(title[situation], [subject.name for subject in SUBJECTS], figures)

    async def growth(self) -> Table:
        measured = []
        for targets in TARGETS:
            self.console.print(f"[dim]growth: {targets:,} targets[/]")
            measured.append(await self.bench.growth(targets))
        return results.growth(measured)

    async def _at_128_mb(self, situation: Situation) -> list[Figure]:
        try:
            measured = await self._each("time at 128 MB", lambda subject: self.bench.seconds_at_128_mb(subject, situation))
        except NotLimited as reason:
            remark = f"Not measured: times at 128 MB, since this machine does not limit a CPU: {reason}."
            self.console.print(f"[bold red]{remark}[/]")
            self.remarks = [remark]
            return []
        checks: list[Checks] = [each for _, each in measured]
        return [
            Figure("at 128 MB: start until ready", [init for init, _ in measured], milliseconds),
            Figure("at 128 MB: first invocation", [each.cold for each in checks], milliseconds),
            Figure("at 128 MB: later invocation", [each.warm for each in checks], milliseconds),
        ]

    async def _each(self, what: str, measure: Callable[[Subject], Awaitable[T]]) -> list[T]:
        measured = []
        for subject in SUBJECTS:
            self.console.print(f"[dim]{what}: {subject.name}[/]")
            measured.append(await measure(subject))
        return measured


async def measure(console: Console, wanted: str) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        authority = Authority(Path(directory))
        async with Cloud(authority) as cloud, Runtime() as runtime:
            cloud.open(["us-east-1"])
            bench = Bench(authority, cloud, runtime)
            if wanted == "profile":
                tables, file = await profile.write(bench, Path(directory)), profile.FILE
            else:
                report = Report(bench, console)
                tables = [await report.checks(situation) for situation in Situation] + [await report.growth()]
                results.write(tables, report.remarks)
                file = results.FILE
    for table in tables:
        table.show(console)
    console.print(f"Written to {file.relative_to(PROJECT)}.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("wanted", nargs="?", choices=["checks", "profile"], default="checks")
    wanted = parser.parse_args().wanted
    install_tools()
    network.enter()
    try:
        asyncio.run(measure(Console(highlight=False, width=None if sys.stdout.isatty() else 120), wanted))
    except FunctionFailed as error:
        sys.exit(f"A function did not do what it should: {error}")


if __name__ == "__main__":
    main()
