"""Measures what a check costs, prints the tables and writes them to files."""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import certifi
from rich.console import Console

from toolkit.paths import BOOTSTRAP, PROJECT
from toolkit.runtime_api import FunctionFailed, Runtime

from . import baseline, network, profile, results, targets
from .certificates import Authority
from .cloud import Cloud, Situation
from .effort import FULL, QUICK, Effort
from .measure import Bench
from .report import Report
from .subjects import BOTO3, SDK_DEFAULTS, Subject, monitor

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


@asynccontextmanager
async def running(names: network.Names, effort: Effort, built: Path) -> AsyncIterator[tuple[Bench, Subject]]:
    """The fake AWS and the Runtime API, and the function that was built there as it is deployed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        directory = Path(temporary)
        authority = Authority(directory)
        trusted = directory / "trusted.pem"
        trusted.write_bytes(Path(certifi.where()).read_bytes() + authority.root)
        network.trust(trusted)
        async with Cloud(authority) as cloud, Runtime() as runtime:
            cloud.open(["us-east-1"])
            yield Bench(cloud, runtime, names, effort), monitor(authority.root, directory, built)


async def show_profile(console: Console, names: network.Names) -> None:
    async with running(names, QUICK, profile.BINARY) as (bench, subject):
        for table in await profile.write(bench, subject):
            table.show(console)
    console.print(f"Written to {profile.FILE.relative_to(PROJECT)}.")


async def compare(console: Console, names: network.Names, effort: Effort, function: Path | None) -> None:
    async with running(names, effort, function or BOOTSTRAP) as (bench, subject):
        report = Report(bench, [subject] if function else [subject, SDK_DEFAULTS, BOTO3], console)
        checks = [*[await report.checks(situation) for situation in Situation], report.size()]
        fleets = [] if function else await report.fleets()
    for table in [*checks, *fleets]:
        table.show(console)
    if function:
        return
    worse = baseline.worse([*checks, *fleets])
    if effort is FULL:
        results.write(checks, [*fleets, targets.table(checks)], effort, report.remarks)
        baseline.write([*checks, *fleets])
        console.print(f"Written to {results.FILE.relative_to(PROJECT)}.")
    if not worse:
        console.print("Nothing got more than 5% worse than the committed results.")
        return
    console.print("More than 5% worse than the committed results:")
    for line in worse:
        console.print(f"  {line}")
    console.print("Times depend on the machine too, and on what else its host does: measure the committed version beside it.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("wanted", nargs="?", choices=["checks", "profile"], default="checks")
    parser.add_argument("--quick", action="store_true", help="measure less, in three minutes, and write nothing")
    parser.add_argument("--function", type=Path, metavar="BOOTSTRAP", help="measure this build alone, and write nothing")
    arguments = parser.parse_args()
    install_tools()
    names = network.enter()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    wanted = show_profile(console, names) if arguments.wanted == "profile" else \
        compare(console, names, QUICK if arguments.quick else FULL, arguments.function)
    try:
        asyncio.run(wanted)
    except FunctionFailed as error:
        sys.exit(f"A function failed: {error}")


if __name__ == "__main__":
    main()
