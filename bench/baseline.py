"""The committed figures, and which of them got worse."""

import json
from collections.abc import Sequence
from statistics import median

from toolkit.paths import PROJECT

from .results import Table

FILE = PROJECT / "bench" / "results.json"
# A figure is worse if all that was measured is more than so many times the worst of the committed one.
WORSE = 1.05

SEPARATOR = ", with "
# By table, row and column: median, lowest and highest.
Rows = dict[str, dict[str, tuple[float, float, float]]]


def write(tables: Sequence[Table]) -> None:
    """Keeps the figures of the function, not those of its peers."""
    FILE.write_text(json.dumps(_own(tables), indent=1) + "\n")


def worse(tables: Sequence[Table]) -> list[str]:
    """The figures that got worse than the committed ones, a line each."""
    committed: Rows = json.loads(FILE.read_text()) if FILE.exists() else {}
    units = {(table.title, figure.name): figure.unit for table in tables for figure in table.figures}
    lines = []
    for title, rows in _own(tables).items():
        for row, (now, best, _) in rows.items():
            then, _, worst = committed.get(title, {}).get(row, (now, now, now))
            if best > worst * WORSE:
                unit = units[title, row.rpartition(SEPARATOR)[0] or row]
                more = f", {now / then - 1:.0%} more" if then else ""
                lines.append(f"{title}, {row}: {unit.show([now])} instead of {unit.show([then])}{more}")
    return lines


def _own(tables: Sequence[Table]) -> Rows:
    return {
        table.title: {
            figure.name if table.compared else f"{figure.name}{SEPARATOR}{column}": (median(values), min(values), max(values))
            for figure in table.figures
            for column, values in zip(table.columns[:1] if table.compared else table.columns, figure.values)
            if values
        }
        for table in tables
    }
