"""The command line `ses-quota` on a terminal, as a person sees it: with colors, and as wide as the terminal is."""

import os
import subprocess
import termios
from threading import Timer
from typing import NamedTuple

from .command_line import LONGEST_SECONDS, command
from .session import Session


class Finished(NamedTuple):
    """What was shown, with the control sequences of a terminal, and how the command ended."""

    output: str
    returncode: int


def on_terminal(*arguments: str, account: Session, columns: int = 100, rows: int = 50, answer: str = "") -> Finished:
    """Runs the command with these arguments. `answer` is typed in beforehand, which the terminal keeps until it is asked for."""
    ours, its = os.openpty()
    termios.tcsetwinsize(its, (rows, columns))
    os.write(ours, answer.encode())
    environment = account.environment() | {"TERM": "xterm-256color"}
    with subprocess.Popen(
        command(*arguments), env=environment, stdin=its, stdout=its, stderr=its, start_new_session=True,
    ) as process, os.fdopen(ours, "rb", buffering=0) as shown:
        os.close(its)
        too_long = Timer(LONGEST_SECONDS, process.kill)
        too_long.start()
        output = b""
        try:
            while chunk := shown.read(65_536):
                output += chunk
        except OSError:
            # The last who had the terminal open has closed it.
            pass
        finally:
            too_long.cancel()
        return Finished(output.decode().replace("\r\n", "\n"), process.wait(LONGEST_SECONDS))
