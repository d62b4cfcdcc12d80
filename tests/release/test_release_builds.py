"""How cargo is called, and that what it built is looked at. Nothing is compiled: a stand-in takes the place of cargo."""

import json
import os
import platform
import shutil
from pathlib import Path

import pytest

from scripts.release import builds
from scripts.release.processors import PROCESSORS
from scripts.stacks import CommandFailed
from toolkit.paths import PROJECT

# It notes how it was called, and puts what `built` has where the real one puts the program.
CARGO = """#!/bin/sh
if [ "$1" = metadata ]; then echo '{{"target_directory": "{folder}/target"}}'; exit; fi
printf '%s\\n' "$CARGO_TARGET_DIR" "${{RUSTFLAGS-unset}}" "$@" > {folder}/call
case "$*" in
  *zigbuild*aarch64*) program=$CARGO_TARGET_DIR/aarch64-unknown-linux-gnu/release/ses-quota;;
  *zigbuild*) program=$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release/ses-quota;;
  *aarch64*) program=$CARGO_TARGET_DIR/lambda/arm64/ses-quota-monitor/bootstrap;;
  *) program=$CARGO_TARGET_DIR/lambda/x86_64/ses-quota-monitor/bootstrap;;
esac
mkdir -p "$(dirname "$program")" && cp -p {folder}/built "$program"
"""
HERE, THERE = ("arm64", "x86_64") if platform.machine() in ("arm64", "aarch64") else ("x86_64", "arm64")


class Cargo:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        (folder / "bin" / "cargo").write_text(CARGO.format(folder=folder))
        (folder / "bin" / "cargo").chmod(0o755)
        self.builds_for("x86_64")

    def builds_for(self, processor: str) -> None:
        machine = PROCESSORS[processor].machine.to_bytes(2, "little")
        (self.folder / "built").write_bytes(b"\x7fELF" + bytes(14) + machine)

    def call(self) -> list[str]:
        return (self.folder / "call").read_text().splitlines()


@pytest.fixture
def cargo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cargo:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CARGO_HOME", "/home/somebody/.cargo")
    monkeypatch.setenv("RUSTFLAGS", "-C debuginfo=2")
    return Cargo(tmp_path)


@pytest.mark.parametrize("processor, triple", [("x86_64", "x86_64-unknown-linux-gnu"), ("arm64", "aarch64-unknown-linux-gnu")])
def test_the_function_is_built_for_each_processor_from_the_lock_file(cargo: Cargo, processor: str, triple: str) -> None:
    cargo.builds_for(processor)
    bootstrap = builds.build_function(PROCESSORS[processor])
    assert bootstrap.is_relative_to(cargo.folder / "target" / "dist" / "function")
    target, flags, *arguments = cargo.call()
    assert (target, flags) == (str(cargo.folder / "target" / "dist" / "function"), "unset")
    assert arguments[:4] == ["lambda", "build", "--bin", "ses-quota-monitor"]
    assert arguments[arguments.index("--target") + 1] == triple and {"--release", "--locked"} <= set(arguments)


def test_no_folder_of_this_machine_is_named_in_a_program(cargo: Cargo) -> None:
    builds.build_function(PROCESSORS["x86_64"])
    name, _, flags = cargo.call()[-1].partition("=")
    assert name == "build.rustflags"
    replaced = dict(each.removeprefix("--remap-path-prefix=").split("=") for each in json.loads(flags))
    assert replaced.keys() == {str(PROJECT), str(cargo.folder / "target" / "dist" / "function"), "/home/somebody/.cargo"}


def test_a_function_for_another_processor_is_refused(cargo: Cargo) -> None:
    with pytest.raises(CommandFailed, match="is no Linux program for arm64"):
        builds.build_function(PROCESSORS["arm64"])


def test_the_command_line_is_built_for_old_systems(cargo: Cargo) -> None:
    cargo.builds_for(THERE)
    builds.build_command_line(PROCESSORS[THERE], "1.2.3")
    target, _, *arguments = cargo.call()
    # Another one than the function's: with one for both, each would make the other one build anew.
    assert target == str(cargo.folder / "target" / "dist" / "command-line")
    assert arguments[:3] == ["zigbuild", "--package", "ses-quota"]
    assert arguments[arguments.index("--target") + 1] == f"{PROCESSORS[THERE].triple}.2.17"


@pytest.mark.skipif(platform.system() != "Linux", reason="elsewhere, no program for Linux can be tried")
@pytest.mark.parametrize("program, named", [(None, "does not run here"), ("/bin/echo", "expected version 1.2.3, but it said: ")])
def test_a_command_line_that_does_not_run_or_is_another_one_is_refused(cargo: Cargo, program: str | None, named: str) -> None:
    cargo.builds_for(HERE)
    if program:
        shutil.copyfile(program, cargo.folder / "built")
    (cargo.folder / "built").chmod(0o755)
    with pytest.raises(CommandFailed, match=named):
        builds.build_command_line(PROCESSORS[HERE], "1.2.3")


def test_a_build_that_fails_stops_the_release(cargo: Cargo) -> None:
    (cargo.folder / "built").unlink()
    with pytest.raises(CommandFailed, match="`cargo lambda build .*` failed: see above."):
        builds.build_function(PROCESSORS["x86_64"])
