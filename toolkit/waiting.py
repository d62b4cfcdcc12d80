"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class GaveUpWaiting(AssertionError):
    """The condition did not come true in time. The message says what was seen last."""


def wait_for(
    condition: Callable[[], T],
    what: str,
    timeout: float = 30.0,
    interval: float = 0.1,
    while_waiting: Callable[[], None] = lambda: None,
) -> T:
    """Calls `condition` until it returns something true, and returns that.

    `while_waiting` is called before each pause: to refresh a display, or to raise if the wait
    has become pointless. Times are in seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        seen = condition()
        if seen:
            return seen
        if time.monotonic() >= deadline:
            raise GaveUpWaiting(f"waited {timeout:g} s for {what}; the last thing seen was {seen!r}")
        while_waiting()
        time.sleep(interval)
