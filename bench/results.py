"""The tables, and where they are written: to RESULTS.md, and those of single checks to the documentation."""

import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from statistics import median

from rich.console import Console
from rich.table import Table as RichTable

from toolkit.paths import PROJECT

from .limit import SHARE
from .measure import ENDPOINT_SECONDS, FLEET_LATER_CHECKS, FLEET_RUNS, LATER_CHECKS, RUNS, Growth
from .units import MEBIBYTES, MILLIONS, MILLISECONDS, Unit, rounded

FILE = PROJECT / "bench" / "RESULTS.md"
DOCUMENTATION = PROJECT / "docs" / "performance.md"
QUOTE = re.compile(r"(?<=<!-- bench -->\n).*(?=<!-- /bench -->)", re.DOTALL)
SPREAD = f"Times and memory are medians of {RUNS} processes, with {LATER_CHECKS} later checks in each; the lowest and the " \
    "highest value are in parentheses."
METHOD = f"""\
- {SPREAD}
- Instructions are counted by callgrind, for a processor without SHA-256 instructions, which most of Lambda's have. The
  figure of a later check is the mean of {LATER_CHECKS}.
- Init is the time from the start of the process until it asks for its first event, at full speed: Lambda does not throttle
  it. It does not depend on what a check finds.
- "At 128 MB" is an invocation with {SHARE:.1%} of a CPU, the share of a function of that size.
- Later checks follow each other within a second, on connections that are kept alive. A check every five minutes makes new
  connections and costs more; that is not measured yet.
- Each service and Region has a host name of its own, so that the cost of each TLS handshake is included.
- Both peers read the quota and one state, publish metrics and alert, one call after the other. They do less: no account status,
  no forecast, no hysteresis, no conditional writes, no report. The Rust peer is built with the profile that cargo-lambda sets, so that its size differs by
  compiler options too. The Python peer runs on the interpreter of this machine, not in Lambda's image.
- A fleet is accounts of an organization in two Regions, each read in a session of its own, with `METRIC_DETAIL=fleet`. The list
  of accounts comes from the state table. The first check opens the sessions; later ones have them. {FLEET_RUNS} processes, with
  {FLEET_LATER_CHECKS} later checks in each, at full speed: the fake AWS has another CPU. At 128 MB, the CPU time alone takes
  {rounded(1 / SHARE, 2)} times as long.

[PROFILE.md](PROFILE.md) shows where the instructions of a later check go."""


@dataclass(frozen=True)
class Table:
    title: str
    columns: list[str]
    rows: list[list[str]]

    def markdown(self, heading: str) -> str:
        lines = [self.columns, ["---"] + ["---:"] * (len(self.columns) - 1), *self.rows]
        return f"{heading} {self.title}\n\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

    def show(self, console: Console) -> None:
        table = RichTable(title=self.title, title_justify="left")
        for place, column in enumerate(self.columns):
            table.add_column(column, justify="right" if place else "left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)


@dataclass(frozen=True)
class Figure:
    """What was measured of each subject, the monitor first; None where there is nothing to measure."""

    name: str
    values: Sequence[Sequence[float] | None]
    unit: Unit

    def cells(self) -> list[str]:
        first, *peers = self.values
        cells = [self.name, self.unit.show(first) if first else "-"]
        for peer in peers:
            cells += [self.unit.show(peer), rounded(median(peer) / median(first), 2)] if first and peer else ["-", "-"]
        return cells


def comparison(title: str, names: Sequence[str], figures: Sequence[Figure]) -> Table:
    """The figures, and for each peer how many times that of the monitor it is."""
    columns = ["", names[0], *(cell for name in names[1:] for cell in (name, "times ours"))]
    return Table(title, columns, [figure.cells() for figure in figures])


def growth(measured: Sequence[Growth]) -> Table:
    """Checks of many targets, by the number of targets."""
    columns = ["targets", "first check", "later check", "CPU per target, first check", "CPU per target, later check",
               "instructions per target, second check", "calls, first check", "calls, later check", "peak memory"]
    rows = [
        [
            f"{each.targets:,}",
            *(MILLISECONDS.show([spent.wall for spent in checks]) for checks in (each.first, each.later)),
            *(MILLISECONDS.show([spent.cpu / each.targets for spent in checks]) for checks in (each.first, each.later)),
            MILLIONS.show([each.instructions / each.targets]) if each.instructions else "-",
            *(f"{calls:,}" for calls in each.calls), MEBIBYTES.show(each.memory),
        ]
        for each in measured
    ]
    title = f"A fleet: accounts in two Regions, with services that take {ENDPOINT_SECONDS * 1000:.0f} ms to respond"
    return Table(title, columns, rows)


def write(checks: Sequence[Table], growth: Table, remarks: Sequence[str]) -> None:
    """Writes RESULTS.md, and quotes the tables of single checks in the documentation."""
    measured = f"Measured on {datetime.now(timezone.utc):%Y-%m-%d} at commit {_commit()}, {platform.machine()}."
    parts = [
        "# What a check costs", f"Written by `make bench`. {measured}", METHOD,
        *(table.markdown("##") for table in [*checks, growth]), *remarks,
    ]
    FILE.write_text("\n\n".join(parts) + "\n")
    quote = "\n\n".join([f"{measured} {SPREAD}", *(table.markdown("###") for table in checks)]) + "\n"
    text, found = QUOTE.subn(lambda _: quote, DOCUMENTATION.read_text())
    if not found:
        raise ValueError(f"{DOCUMENTATION} has no lines <!-- bench --> and <!-- /bench --> to write between")
    DOCUMENTATION.write_text(text)


def _commit() -> str:
    git = ["git", "-C", str(PROJECT)]
    commit = subprocess.run([*git, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True).stdout.strip()
    changed = subprocess.run([*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True).stdout
    return commit + (" with changes" if changed else "")
