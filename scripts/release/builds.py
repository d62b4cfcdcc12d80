"""Builds the function and the command line, from the lock file and apart from other builds.

The same sources give the same bytes, wherever the checkout and cargo's own folder are.
"""

import json
import os
import platform
import subprocess
from pathlib import Path

from toolkit.paths import PROJECT

from ..stacks import CommandFailed
from .processors import Processor, check_binary

# The oldest that Rust supports ("Platform Support"). A static program would need musl, whose allocator is slow, and one more
# Rust target for each processor.
GLIBC = "2.17"


def build_function(processor: Processor) -> Path:
    """The `bootstrap` that Lambda runs."""
    target = _target_folder("function")
    folder = target / "lambda" / processor.name
    _cargo(target, "lambda", "build", "--bin", "ses-quota-monitor", "--target", processor.triple, "--lambda-dir", str(folder))
    bootstrap = folder / "ses-quota-monitor" / "bootstrap"
    check_binary(bootstrap, processor)
    return bootstrap


def build_command_line(processor: Processor, version: str) -> Path:
    """The program `ses-quota`, for every Linux that is not older than `GLIBC`."""
    target = _target_folder("command-line")
    _cargo(target, "zigbuild", "--package", "ses-quota", "--target", f"{processor.triple}.{GLIBC}")
    program = target / processor.triple / "release" / "ses-quota"
    check_binary(program, processor)
    if platform.system() == "Linux" and processor.triple.startswith(platform.machine()):
        _check_version(program, version)
    return program


def _check_version(program: Path, version: str) -> None:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True)
    except OSError as error:
        raise CommandFailed(f"{program} does not run here: {error.strerror}") from None
    if said.stdout.split() != ["ses-quota", version]:
        raise CommandFailed(f"{program} --version: expected version {version}, but it said: {said.stdout}{said.stderr}")


def compiler() -> str:
    """The compiler that the builds use. With another one, the same sources give other bytes."""
    return subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout.strip()


def _target_folder(program: str) -> Path:
    """Not the usual one, and one for each tool: where flags differ, cargo would build all of it anew, each time."""
    metadata = subprocess.run(
        ["cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"],
        cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True,
    )
    return Path(json.loads(metadata.stdout)["target_directory"]) / "dist" / program


def _cargo(target: Path, *command: str) -> None:
    cargo_home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    # Panic messages name source files. The last prefix that fits is the one that counts.
    prefixes = {PROJECT: "/ses-quota-monitor", target: "/target", cargo_home: "/cargo"}
    flags = json.dumps([f"--remap-path-prefix={prefix}={name}" for prefix, name in prefixes.items()])
    # cargo-lambda adds flags of its own to this setting; RUSTFLAGS would take the place of both.
    environment = {name: value for name, value in os.environ.items() if name != "RUSTFLAGS"} | {"CARGO_TARGET_DIR": str(target)}
    done = subprocess.run(
        ["cargo", *command, "--release", "--locked", "--config", f"build.rustflags={flags}"], cwd=PROJECT, env=environment
    )
    if done.returncode != 0:
        raise CommandFailed(f"`cargo {' '.join(command)}` failed: see above.")
