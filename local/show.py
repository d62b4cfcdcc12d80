"""Running a demo, from its title to what to do next, and ending it well whatever happens."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired

from botocore.exceptions import BotoCoreError, ClientError

from toolkit.paths import PROJECT
from toolkit.waiting import WaitTimedOut

from .deployment import DeployFailed
from .screen import Screen
from .server import LocalAws, LocalAwsFailed
from .stage import Unexpected


@dataclass(frozen=True)
class Show:
    """A demo: the target of make that runs it, what it says first and last, and its steps, on a running local AWS."""

    target: str
    title: str
    introduction: str
    steps: Callable[[Screen, LocalAws], None]
    what_next: str
    enforce_iam: bool = False

    @property
    def log_file(self) -> Path:
        return PROJECT / ".aws-sam" / f"{self.target}.log"

    def run(self) -> int:
        """Runs it, and returns the exit code."""
        screen = Screen()
        see_log = f"For details, see the log of the local AWS: {self.log_file.relative_to(PROJECT)}\nThen try again: make {self.target}"
        try:
            self._play(screen)
        except KeyboardInterrupt:
            screen.say("\nStopped. Nothing is left running.")
            return 130
        except DeployFailed as error:
            screen.failure(str(error), "If the function is not built yet: make build\n" + see_log)
            return 1
        except (Unexpected, WaitTimedOut, TimeoutExpired, LocalAwsFailed, BotoCoreError, ClientError) as error:
            screen.failure(str(error), see_log)
            return 1
        return 0

    def _play(self, screen: Screen) -> None:
        """Starts a local AWS, runs the steps on it, and stops it."""
        screen.title(self.title, self.introduction)
        self.log_file.parent.mkdir(exist_ok=True)
        screen.step(1, "Start a local AWS")
        with LocalAws(self.log_file, self.enforce_iam) as aws:
            screen.say(f"Endpoint {aws.url}.\nLog: {self.log_file.relative_to(PROJECT)}")
            try:
                self.steps(screen, aws)
            except (BotoCoreError, ClientError):
                # If the server has ended, report that, and not the call that failed because of it.
                aws.check_alive()
                raise
        screen.say(f"The local AWS is stopped.\n\n{self.what_next}")
