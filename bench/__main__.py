"""Measures what a check costs, prints the tables and writes them to files."""

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
from .measure import TARGETS, Bench
from .results import Figure, Table
from .subjects import SUBJECTS, Subject
from .units import MEBIBYTES, MEGABYTES, MILLIONS, MILLISECONDS

T = TypeVar("T")
NAMES = [subject.name for subject in SUBJECTS]
# Commands, and the Debian packages that contain them.
TOOLS = {"valgrind": "valgrind", "ip": "iproute2", "unshare": "util-linux", "mount": "mount"}


def install_tools() -> None:
    """Installs the missing tools if it can, and otherwise says which to install."""
    if not sys.platform.startswith("linux"):
        sys.exit("The benchmark requires Linux: it creates a network namespace and limits the CPU as Lambda does.")
    missing = sorted({package for command, package in TOOLS.items() if not shutil.which(command)})
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"Install these packages and try again: {', '.join(missing)}")
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], check=True)


class Report:
    """Measures the subjects one after the other, and prints what it is measuring."""

    def __init__(self, bench: Bench, console: Console) -> None:
        self.bench = bench
        self.console = console
        self.remarks: list[str] = []

    async def checks(self, situation: Situation) -> Table:
        """The checks of all subjects in a situation."""
        counted = await self._each("instructions", lambda subject: self.bench.instructions(subject, situation))
        cpu = await self._each("CPU", lambda subject: self.bench.cpu(subject, situation))
        memory = await self._each("memory", lambda subject: self.bench.peak_memory(subject, situation))
        title = {Situation.STEADY: "A check that sends no alert", Situation.ALERTING: "A check that sends an alert"}
        return results.comparison(title[situation], NAMES, [
            Figure("instructions, init and first check", [each.first for each in counted], MILLIONS),
            Figure("instructions, later check", [each.later for each in counted], MILLIONS),
            Figure("CPU, init and first check", [each.first for each in cpu], MILLISECONDS),
            Figure("CPU, later check", [each.later for each in cpu], MILLISECONDS),
            *await self._at_128_mb(situation),
            Figure("peak memory", memory, MEBIBYTES),
        ])

    async def start(self) -> Table:
        """What a cold start costs before the first check."""
        init = await self._each("init", self.bench.init)
        sizes = [subject.sizes() for subject in SUBJECTS]
        return results.comparison("Init and size", NAMES, [
            Figure("init, not throttled", init, MILLISECONDS),
            Figure("binary", [each and [each[0]] for each in sizes], MEGABYTES),
            Figure("zip", [each and [each[1]] for each in sizes], MEGABYTES),
        ])

    async def growth(self) -> Table:
        measured = []
        for targets in TARGETS:
            self.console.print(f"[dim]growth: {targets:,} targets[/]")
            measured.append(await self.bench.growth(targets))
        return results.growth(measured)

    async def _at_128_mb(self, situation: Situation) -> list[Figure]:
        try:
            measured = await self._each("time at 128 MB", lambda subject: self.bench.at_128_mb(subject, situation))
        except NotLimited as reason:
            remark = f"Times at 128 MB were not measured, because this machine does not limit the CPU: {reason}."
            self.console.print(f"[bold red]{remark}[/]")
            self.remarks = [remark]
            return []
        return [
            Figure("at 128 MB: first invocation", [each.first for each in measured], MILLISECONDS),
            Figure("at 128 MB: later invocation", [each.later for each in measured], MILLISECONDS),
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
                checks = [*[await report.checks(situation) for situation in Situation], await report.start()]
                growth = await report.growth()
                results.write(checks, growth, report.remarks)
                tables, file = [*checks, growth], results.FILE
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
        sys.exit(f"A function failed: {error}")


if __name__ == "__main__":
    main()
