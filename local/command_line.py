"""The command line `ses-quota`, as a person with credentials of an account runs it."""

import subprocess

from toolkit.paths import COMMAND_LINE

from .session import Session

LONGEST_SECONDS = 180


class NotBuilt(RuntimeError):
    """There is no command line to run."""


def ses_quota(
    *arguments: str, account: Session, region: str | None = None, answer: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs the command with these arguments. Neither its input nor its output is a terminal; `answer` is typed into it, and
    `environment` is set beside the credentials of the account. A command that fails does not raise."""
    if not COMMAND_LINE.exists():
        raise NotBuilt(f"there is no {COMMAND_LINE}: run `cargo build --locked --package ses-quota` first")
    variables = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region} if region else {}
    return subprocess.run(
        [str(COMMAND_LINE), *arguments], env=account.environment() | variables | environment, input=answer,
        capture_output=True, text=True, timeout=LONGEST_SECONDS,
    )
