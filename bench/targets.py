"""What a check costs, beside what it may cost at most, and what it cost in version 0.1.0."""

from collections.abc import Sequence
from dataclasses import dataclass

from .results import Figure, Table
from .units import COUNT, MEBIBYTES, MEGABYTES, MILLIONS, Unit

NO_ALERT, ALERT, SIZE = "A check that sends no alert", "A check that sends an alert", "Size"


@dataclass(frozen=True)
class Target:
    """A row of a table. Version 0.1.0 was measured by `python -m bench --function`, at commit f95b2a2 on 2026-11-26."""

    table: str
    row: str
    unit: Unit
    first: float
    most: float | None = None


TARGETS = [
    Target(NO_ALERT, "thawed: instructions", MILLIONS, 4.99e6, 5.4e6),
    Target(NO_ALERT, "kept alive: instructions", MILLIONS, 1.52e6, 1.9e6),
    Target(NO_ALERT, "cold: instructions", MILLIONS, 12.5e6, 12.0e6),
    Target(NO_ALERT, "thawed: round trips", COUNT, 6, 7),
    Target(NO_ALERT, "cold: round trips", COUNT, 6, 7),
    Target(NO_ALERT, "AWS calls", COUNT, 3),
    Target(ALERT, "thawed: instructions", MILLIONS, 8.30e6),
    Target(ALERT, "thawed: round trips", COUNT, 8, 9),
    Target(ALERT, "AWS calls", COUNT, 6),
    Target(NO_ALERT, "peak memory", MEBIBYTES, 8.1 * 2**20, 8.5 * 2**20),
    Target(SIZE, "zip", MEGABYTES, 2.70e6, 3.0e6),
]


def table(tables: Sequence[Table]) -> Table:
    """All of them, beside what was measured."""
    measured = {(table.title, figure.name): figure.values[0] for table in tables for figure in table.figures}
    return Table("Targets", ["version 0.1.0", "target", "measured"], [
        Figure(f"{target.table}: {target.row}" if target.table != SIZE else target.row,
               [[target.first], [target.most] if target.most else None, measured.get((target.table, target.row))], target.unit)
        for target in TARGETS
    ])
