"""The CPU share that Lambda gives a function for its memory, as a control group."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Source: AWS Lambda developer guide, "Configure Lambda function memory": at 1,769 MB a function has one vCPU.
MEGABYTES_OF_A_CPU = 1769
# A short period, so that the first milliseconds of an invocation do not run at full speed.
PERIOD_MICROSECONDS = 20_000
CGROUPS = Path("/sys/fs/cgroup")
# Limits the CPU of a process, by pid.
Limit = Callable[[int], object]


class NotLimited(RuntimeError):
    """This machine does not let this process limit the CPU. The message says why."""


def share(megabytes: int) -> float:
    """The part of a CPU that a function with so much memory has."""
    return megabytes / MEGABYTES_OF_A_CPU


@contextmanager
def limited_cpu(megabytes: int) -> Iterator[Limit]:
    """Creates the group; yields a function that moves a process into it, by pid, with all its threads.

    The processes must have ended when the block ends.
    """
    quota = int(share(megabytes) * PERIOD_MICROSECONDS)
    # Version 1 has a hierarchy for each controller, version 2 one for all.
    is_first = (CGROUPS / "cpu").is_dir()
    group = (CGROUPS / "cpu" if is_first else CGROUPS) / f"bench-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        raise NotLimited(f"cannot create a control group in {group.parent} ({error.strerror}); run as root") from None
    try:
        try:
            if is_first:
                (group / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
                (group / "cpu.cfs_quota_us").write_text(str(quota))
            else:
                (group / "cpu.max").write_text(f"{quota} {PERIOD_MICROSECONDS}")
        except OSError as error:
            raise NotLimited(f"control group {group} has no CPU quota ({error.strerror}); is the controller enabled?") from None
        yield lambda pid: (group / "cgroup.procs").write_text(str(pid))
    finally:
        group.rmdir()
