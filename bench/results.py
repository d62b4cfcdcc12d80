"""The tables, and where they are written: to RESULTS.md, and those of single checks to the documentation."""

import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table as RichTable

from toolkit.paths import PROJECT

from .effort import Effort
from .limit import share
from .measure import ENDPOINT_SECONDS, ROUND_TRIPS
from .units import Unit, rounded

FILE = PROJECT / "bench" / "RESULTS.md"
README = PROJECT / "README.md"
DOCUMENTATION = PROJECT / "docs" / "performance.md"
# What the README quotes of a check that sends no alert, and of sizes.
QUOTED = [
    "thawed: instructions", "thawed: time at 128 MB", "cold: time at 128 MB", "kept alive: instructions", "peak memory", "zip",
]
QUOTE = re.compile(r"(?<=<!-- bench -->\n).*(?=<!-- /bench -->)", re.DOTALL)


@dataclass(frozen=True)
class Figure:
    """What was measured of each column; None where there is nothing to measure."""

    name: str
    values: Sequence[Sequence[float] | None]
    unit: Unit


@dataclass(frozen=True)
class Table:
    """Figures, a row each. With `compared`, all columns but the first are peers of it."""

    title: str
    columns: list[str]
    figures: list[Figure] = field(default_factory=list)
    compared: bool = False

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """The heads of the columns, and the rows."""
        heads = ["", *self.columns]
        if self.compared:
            heads = ["", self.columns[0], *(head for name in self.columns[1:] for head in (name, "times ours"))]
        return heads, [self._row(figure) for figure in self.figures]

    def _row(self, figure: Figure) -> list[str]:
        first, *others = figure.values
        row = [figure.name, figure.unit.show(first) if first else "-"]
        for other in others:
            row.append(figure.unit.show(other) if other else "-")
            if self.compared:
                row.append(rounded(median(other) / median(first), 2) if first and other and median(first) else "-")
        return row

    def markdown(self, heading: str) -> str:
        heads, rows = self.cells()
        lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
        return f"{heading} {self.title}\n\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

    def show(self, console: Console) -> None:
        heads, rows = self.cells()
        table = RichTable(title=self.title, title_justify="left")
        for place, head in enumerate(heads):
            table.add_column(head, justify="right" if place else "left")
        for row in rows:
            table.add_row(*row)
        console.print(table)


def spread(effort: Effort) -> str:
    return f"Times and memory are medians of {effort.runs} processes, with {effort.later} checks of each kind in each; the " \
        "lowest and the highest value are in parentheses."


def method(effort: Effort) -> str:
    fleets = " or ".join(str(runs) for runs in effort.fleets.values())
    short, long = (f"{seconds * 1000:.0f} ms" for seconds in ROUND_TRIPS)
    return f"""\
- {spread(effort)}
  The processes of the function and of its peers take turns.
- From run to run on the same machine, instructions repeat within 0.3%, and the function's round trips, handshakes, calls and
  sizes exactly. Times depend on what else the host does: in a run on a busy one, checks of fleets took up to half as much
  CPU again.
- **Thawed** is what a schedule of five minutes leads to: the process was frozen (SIGSTOP), and the services have closed its
  connections meanwhile. **Kept alive** is a check at once after another, on the same connections. **Cold** is a new process.
- All run as they are deployed: without `SSL_CERT_FILE`, and with the CA certificates that they trust in Lambda, to which that
  of the fake AWS is added. In the function, it takes the place of a built-in one.
- Instructions are counted by callgrind, for a processor without SHA-256 instructions, which most of Lambda's have. They are
  medians of {effort.counting} processes, with {effort.counted} checks of each kind in each. A cold check includes the start of the process.
- Init is the time from the start of the process until it asks for its first event, at full speed: Lambda does not throttle it.
- "At 128 MB" is an invocation with {share(128):.1%} of a CPU, the share of a function of that size, from the end of init.
- Round trips are counted on a link that takes {short} and on one that takes {long}: the difference in time, divided by that
  of the links.
- Each service and Region has a host name of its own, so that each TLS handshake is included. Servers speak TLS 1.3 with AES-128
  and SHA-256, as CloudTrail shows it of AWS services (AWS Payment Cryptography User Guide, "Logging AWS Payment Cryptography API
  calls using AWS CloudTrail"), and hand out session tickets, except where a row says otherwise. boto3 resumes no session, and is
  not counted there. With AWS, the Rust peer would also exchange a post-quantum key (AWS Security Blog, "Protecting your secrets
  from tomorrow's quantum risks"), which the fake does not offer.
- Both peers make the same AWS calls. They do not make the same checks: no forecast, no hysteresis, no conditional writes, no
  report, one subject. The Rust peer reads SES and DynamoDB at the same time, as the function does; boto3 makes one call after
  the other. The Rust peer is built with the profile that cargo-lambda sets, so that its size differs by compiler options too.
  The Python peer runs on the interpreter of this machine, not in Lambda's image.
- A fleet is accounts of an organization in two Regions, each read in a session of its own, with `METRIC_DETAIL=fleet`. The list
  of accounts comes from the state table. The first check opens the sessions; later ones have them. Services take
  {ENDPOINT_SECONDS * 1000:.0f} ms to respond. {fleets} processes. The fake AWS has another CPU.
- Version 0.1.0, among the targets, was measured by the same benchmark (`python -m bench --function`).

[PROFILE.md](PROFILE.md) shows where the instructions go."""


def write(checks: Sequence[Table], others: Sequence[Table], effort: Effort, remarks: Sequence[str]) -> None:
    """Writes RESULTS.md, and quotes the tables of single checks in the documentation."""
    measured = f"Measured on {datetime.now(timezone.utc):%Y-%m-%d} at commit {_commit()}, {platform.machine()}."
    parts = [
        "# What a check costs", f"Written by `make bench`. {measured}", method(effort),
        *(table.markdown("##") for table in [*checks, *others]), *remarks,
    ]
    FILE.write_text("\n\n".join(parts) + "\n")
    _quote(DOCUMENTATION, [f"{measured} {spread(effort)}", *(table.markdown("###") for table in checks)])
    figures = {figure.name: figure for table in reversed(checks) for figure in table.figures}
    quoted = [figures[name] for name in QUOTED if name in figures]
    _quote(README, [Table("", checks[0].columns, quoted).markdown("").strip()])


def _quote(file: Path, parts: Sequence[str]) -> None:
    """Writes them between the marks in a file."""
    text, found = QUOTE.subn(lambda _: "\n\n".join(parts) + "\n", file.read_text())
    if not found:
        raise ValueError(f"{file} has no lines <!-- bench --> and <!-- /bench --> to write between")
    file.write_text(text)


def _commit() -> str:
    git = ["git", "-C", str(PROJECT)]
    commit = subprocess.run([*git, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True).stdout.strip()
    changed = subprocess.run([*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True).stdout
    return commit + (" with changes" if changed else "")
