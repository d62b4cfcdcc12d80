"""The demos, as a user runs them: they end well only if the function did all that they show."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.screen import Screen
from local.server import LocalAws
from local.show import Show
from local.stage import Unexpected
from toolkit.paths import PROJECT

DEMOS = ("local.demo", "local.demo_fleet")
# Each takes two minutes at most, where nothing else runs.
SECONDS = 300


def start(module: str, directory: Path) -> subprocess.Popen[str]:
    """A demo, whose temporary files are in this directory, in a process group of its own, as in a terminal."""
    return subprocess.Popen(
        # Whoever runs the tests in the background may have them ignore Ctrl-C, which they would pass on.
        ["env", "--default-signal=INT", sys.executable, "-m", module], cwd=PROJECT, env=os.environ | {"TMPDIR": str(directory)}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[subprocess.Popen[str], Path]]]:
    """All of them at once: one waits for a minute."""
    directories = {module: tmp_path_factory.mktemp("demo") for module in DEMOS}
    demos = {module: (start(module, directory), directory) for module, directory in directories.items()}
    yield demos
    for demo, _ in demos.values():
        demo.terminate()
        demo.wait(SECONDS)


@pytest.mark.parametrize("module", DEMOS)
def test_a_demo_ends_well_and_leaves_nothing(running: dict[str, tuple[subprocess.Popen[str], Path]], module: str) -> None:
    demo, directory = running[module]
    shown, _ = demo.communicate(timeout=SECONDS)
    assert demo.returncode == 0, shown
    assert "make deploy PARAMETERS='AlertEmail=you@example.com'" in shown
    # `sam deploy` leaves a file of its own.
    assert list(directory.glob("local-aws-*")) == []


def test_ctrl_c_stops_the_local_aws_and_removes_its_files(tmp_path: Path) -> None:
    demo = start("local.demo_fleet", tmp_path)
    lines = iter(demo.stdout or [])
    url = next(line for line in lines if line.startswith("Endpoint ")).removeprefix("Endpoint ").strip(". \n")
    urllib.request.urlopen(f"{url}/_ministack/health", timeout=10).close()
    next(line for line in lines if "sam deploy" in line)
    # The terminal sends it to everything in the foreground, `sam deploy` too.
    os.killpg(demo.pid, signal.SIGINT)
    rest = "".join(lines)
    assert demo.wait(SECONDS) == 130, rest
    assert rest.endswith("Stopped. Nothing is left running.\n")
    assert list(tmp_path.glob("local-aws-*")) == []
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"{url}/_ministack/health", timeout=10)


def test_a_demo_that_shows_something_else_fails_and_says_what(capsys: pytest.CaptureFixture[str]) -> None:
    def steps(screen: Screen, aws: LocalAws) -> None:
        raise Unexpected("This check should send nothing, and sent RAISED of us-east-1.")

    show = Show("demo-test", "A demo", "It fails.", steps, "Nothing.")
    assert show.run() == 1
    show.log_file.unlink()
    shown = capsys.readouterr().out
    for words in ("The demo failed", "and sent RAISED of us-east-1.", ".aws-sam/demo-test.log", "make demo-test"):
        assert words in shown
    assert "Nothing." not in shown
