"""Waiting for a condition instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class WaitTimedOut(AssertionError):
    """The condition did not become true in time. The message holds its last value."""


def wait_for(
    condition: Callable[[], T],
    what: str,
    timeout: float = 30.0,
    interval: float = 0.1,
    while_waiting: Callable[[], None] = lambda: None,
) -> T:
    """Calls `condition` until it returns a true value, and returns that value.

    Calls `while_waiting` before each pause: to refresh a display, or to raise if there is nothing
    left to wait for. Times are in seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise WaitTimedOut(f"timed out after {timeout:g} s waiting for {what}; last value: {value!r}")
        while_waiting()
        time.sleep(interval)


def next_second() -> None:
    """Waits until the clock shows another second: checks of the same second are not told apart, and the later one, which
    may be late, lowers nothing."""
    second = int(time.time())
    wait_for(lambda: int(time.time()) > second, "the next second", timeout=2.0, interval=0.01)
