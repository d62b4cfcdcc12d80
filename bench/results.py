"""The tables: on the terminal, in RESULTS.md, and the first of them in the README."""

import platform
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from rich.console import Console
from rich.table import Table as RichTable

from toolkit.paths import PROJECT

from .limit import SHARE
from .measure import ENDPOINT_SECONDS, RUNS, WARM_CHECKS, Growth

FILE = PROJECT / "bench" / "RESULTS.md"
README = PROJECT / "README.md"
QUOTE = re.compile(r"(?<=<!-- bench -->\n).*(?=<!-- /bench -->)", re.DOTALL)


@dataclass(frozen=True)
class Table:
    title: str
    columns: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        lines = [self.columns, ["---"] + ["---:"] * (len(self.columns) - 1), *self.rows]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"

    def show(self, console: Console) -> None:
        table = RichTable(title=self.title, title_justify="left")
        for place, column in enumerate(self.columns):
            table.add_column(column, justify="right" if place else "left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)


@dataclass(frozen=True)
class Figure:
    """One figure of each subject, the monitor's first; None where there is none."""

    name: str
    values: Sequence[float | None]
    shown: Callable[[float], str]

    def cells(self) -> list[str]:
        first, *peers = self.values
        cells = [self.name, "-" if first is None else self.shown(first)]
        for peer in peers:
            known = first is not None and peer is not None
            cells += [self.shown(peer), f"{peer / first:.1f}"] if known else ["-", "-"]
        return cells


def comparison(title: str, names: Sequence[str], figures: Sequence[Figure]) -> Table:
    """The figures, with how many times the monitor's each peer's is."""
    columns = ["", names[0], *(cell for name in names[1:] for cell in (name, "times ours"))]
    return Table(title, columns, [figure.cells() for figure in figures])


def growth(measured: Sequence[Growth]) -> Table:
    columns = ["targets", "first check", "later check", "CPU of the first, a target", "CPU of a later, a target",
               "instructions of a later, a target", "calls", "peak memory"]
    rows = [
        [f"{each.targets:,}", milliseconds(each.first.wall), milliseconds(each.later.wall),
         milliseconds(each.first.cpu / each.targets), milliseconds(each.later.cpu / each.targets),
         millions(each.instructions / each.targets), f"{each.calls:,}", mebibytes(each.memory)]
        for each in measured
    ]
    title = f"Many targets, 32 of them at a time, and services that take {ENDPOINT_SECONDS * 1000:.0f} ms to answer"
    return Table(title, columns, rows)


def millions(count: float) -> str:
    return f"{count / 1e6:,.2f} M"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.2f} ms" if seconds < 0.1 else f"{seconds * 1000:,.0f} ms"


def mebibytes(size: float) -> str:
    return f"{size / 2**20:.1f} MiB"


def megabytes(size: float) -> str:
    return f"{size / 1e6:.2f} MB"


def write(tables: Sequence[Table], remarks: Sequence[str]) -> None:
    """Writes RESULTS.md, and the first table into the README."""
    measured = f"Measured on {datetime.now(timezone.utc):%Y-%m-%d} at commit {_commit()}, {platform.machine()}."
    parts = [
        "# What a check costs",
        f"Written by `make bench`. {measured}",
        f"Instructions are counted by callgrind, which gives the processor of an old machine: without its instructions for "
        f"SHA-256, which most of Lambda's have. Times and CPU are medians of {RUNS} processes, and of {WARM_CHECKS} "
        f"checks in each. \"At 128 MB\" is in a control group with {SHARE:.1%} of a CPU, as Lambda gives it. Both peers "
        "make the same calls; each service and Region has a host of its own, so that each handshake is paid. "
        "[PROFILE.md](PROFILE.md) shows where the instructions of a later check go.",
        *(f"## {table.title}\n\n{table.markdown()}" for table in tables),
        *remarks,
    ]
    FILE.write_text("\n\n".join(part.strip() for part in parts) + "\n")
    quote = f"{measured}\n\n{tables[0].markdown()}"
    README.write_text(QUOTE.sub(lambda _: quote, README.read_text()))


def _commit() -> str:
    git = ["git", "-C", str(PROJECT)]
    commit = subprocess.run([*git, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True).stdout.strip()
    changed = subprocess.run([*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True).stdout
    return commit + (" with changes" if changed else "")
