"""The share of a processor that Lambda gives to a function of 128 MB, by a control group."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Source: AWS Lambda developer guide, "Configure Lambda function memory": at 1,769 MB a function has one vCPU.
SHARE = 128 / 1769
# A short period, so that the first milliseconds of an invocation are not a burst at full speed.
PERIOD_MICROSECONDS = 20_000
CGROUPS = Path("/sys/fs/cgroup")


class NotLimited(RuntimeError):
    """This machine does not let this process limit a CPU. The message says why."""


@contextmanager
def limited_cpu() -> Iterator[list[str]]:
    """Makes the group; yields what has to stand before a command that is to run in it."""
    quota = int(SHARE * PERIOD_MICROSECONDS)
    # Version 1 has a tree for each controller, version 2 one tree for all.
    is_first = (CGROUPS / "cpu").is_dir()
    group = (CGROUPS / "cpu" if is_first else CGROUPS) / f"bench-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        raise NotLimited(f"no control group can be made in {group.parent} ({error.strerror}); run as root") from None
    try:
        try:
            if is_first:
                (group / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
                (group / "cpu.cfs_quota_us").write_text(str(quota))
            else:
                (group / "cpu.max").write_text(f"{quota} {PERIOD_MICROSECONDS}")
        except OSError as error:
            raise NotLimited(f"control group {group} has no CPU quota ({error.strerror}); is its controller on?") from None
        yield ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs")]
    finally:
        group.rmdir()
