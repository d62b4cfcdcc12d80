"""How figures are written: the median of what was measured, its spread, and no more digits than it supports."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Unit:
    """A unit, its size in that of the measurement, and the significant digits that are shown; None for a whole number."""

    name: str
    size: float
    digits: int | None

    def show(self, values: Sequence[float]) -> str:
        """The median, and the lowest and highest value where they differ: `4.3 ms (4.1-4.6)`."""
        middle, lowest, highest = (
            rounded(value / self.size, self.digits) for value in (median(values), min(values), max(values))
        )
        return f"{middle} {self.name}".rstrip() + (f" ({lowest}-{highest})" if lowest != highest else "")


COUNT = Unit("", 1, None)
# Counts of instructions and sizes repeat in three digits; times and memory do not.
MILLISECONDS = Unit("ms", 1e-3, 2)
SECONDS = Unit("s", 1, 2)
MILLIONS = Unit("M", 1e6, 3)
MEBIBYTES = Unit("MiB", 2**20, 2)
MEGABYTES = Unit("MB", 1e6, 3)


def rounded(value: float, digits: int | None) -> str:
    """A number with so many significant digits, and two decimal places at most: 0.39, 4.3, 26, 8,200."""
    if digits is None:
        return f"{value:,.0f}"
    if value:
        value = float(f"{value:.{digits - 1}e}")
    places = digits - 1 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{min(max(places, 0), 2)}f}"
