"""How much is measured."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """How many processes, and checks in each."""

    runs: int
    """The processes in which each time is measured."""
    later: int
    """The checks of each kind in each of them, after the second."""
    counting: int
    """The processes in which instructions are counted."""
    counted: int
    """The checks of each kind in each of them, after the second."""
    round_trips: int
    """The processes in which round trips are counted, on each of two links."""
    counts_all: bool
    """Whether instructions are also counted of peers that take long, and of servers that resume no session."""
    fleets: Mapping[int, int]
    """Targets, and the processes for so many."""


FULL = Effort(runs=5, later=5, counting=3, counted=2, round_trips=3, counts_all=True, fleets={100: 5, 1_000: 3, 10_000: 2})
QUICK = Effort(runs=2, later=2, counting=1, counted=2, round_trips=1, counts_all=False, fleets={100: 3, 1_000: 1})
