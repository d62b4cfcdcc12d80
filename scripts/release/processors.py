"""The processors that a release is for, by the names that AWS Lambda has for them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from ..stacks import CommandFailed


@dataclass(frozen=True)
class Processor:
    """`triple` is what Rust calls it, with Linux; `machine` is how an ELF file names it (field e_machine)."""

    name: str
    triple: str
    machine: int


PROCESSORS = {
    each.name: each for each in [
        Processor("x86_64", "x86_64-unknown-linux-gnu", 62), Processor("arm64", "aarch64-unknown-linux-gnu", 183),
    ]
}


def parse(names: str) -> list[Processor]:
    """Processors as make gets them, separated by spaces or commas."""
    asked = names.replace(",", " ").split()
    if not asked or not set(asked) <= PROCESSORS.keys():
        raise CommandFailed(f"ARCHITECTURES={names}: expected {' or '.join(PROCESSORS)}, or both separated by a space")
    return [PROCESSORS[name] for name in dict.fromkeys(asked)]


def missing(processors: list[Processor]) -> list[str]:
    """The names of the processors that are not among these."""
    return [name for name, each in PROCESSORS.items() if each not in processors]


def require_targets(processors: list[Processor]) -> None:
    """Raises `CommandFailed` where Rust cannot build for one of them."""
    lacking = [each for each in processors if not _has_standard_library(each)]
    if not lacking:
        return
    able = [name for name, each in PROCESSORS.items() if _has_standard_library(each)]
    only = f"\nTo build what this machine can, which is not a full release: make release ARCHITECTURES='{' '.join(able)}'" if able else ""
    raise CommandFailed(
        f"Nothing was built: Rust cannot build for {', '.join(each.name for each in lacking)} here.\n"
        f"Install its standard library: rustup target add {' '.join(each.triple for each in lacking)}{only}"
    )


def check_binary(binary: Path, processor: Processor) -> None:
    """Raises `CommandFailed` if the file is no program for the processor: another one does not start on Lambda."""
    head = binary.read_bytes()[:20]
    if head[:4] != b"\x7fELF" or int.from_bytes(head[18:20], "little") != processor.machine:
        raise CommandFailed(f"{binary} is no Linux program for {processor.name}.")


def _has_standard_library(processor: Processor) -> bool:
    folder = subprocess.run(
        ["rustc", "--print", "target-libdir", "--target", processor.triple], check=True, capture_output=True, text=True
    ).stdout.strip()
    return any(Path(folder).glob("libstd-*.rlib"))
