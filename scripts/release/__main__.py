"""The command line of the package, as make calls it."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from toolkit.paths import PROJECT

from ..stacks import CommandFailed
from . import builds, notices, processors, version
from .assembly import Release

DIST = PROJECT / "dist"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.release")
    parser.add_argument("--architectures", default=" ".join(processors.PROCESSORS), help="those to build for")
    parser.add_argument("--tag", default="", help="refuse what cannot be released under this tag")
    parser.add_argument("--command-lines", default="", help="the command line as built elsewhere: 'SYSTEM=PATH ...'")
    arguments = parser.parse_args()
    try:
        release(arguments.architectures, arguments.tag, arguments.command_lines)
    except CommandFailed as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"`{' '.join(error.cmd)}` failed: {(error.stderr or 'see above.').strip()}")


def release(architectures: str, tag: str, command_lines: str) -> None:
    if shutil.which("cargo") is None:
        raise CommandFailed("cargo is not installed: https://www.rust-lang.org/tools/install")
    wanted = processors.parse(architectures)
    built_elsewhere = _parse_programs(command_lines)
    number, changelog = version.current(), (PROJECT / "CHANGELOG.md").read_text()
    if tag:
        version.check_tag(tag, number, changelog)
        if missing := processors.missing(wanted):
            raise CommandFailed(f"A release under a tag is for all processors, but ARCHITECTURES lacks {', '.join(missing)}.")
    notes = version.notes(changelog, number) + f"\nBuilt with {builds.compiler()}; requirements.txt has the other tools.\n"
    processors.require_targets(wanted)
    licenses = {
        "LICENSE": (PROJECT / "LICENSE").read_bytes(),
        "THIRD_PARTY_LICENSES.txt": notices.third_party().encode(),
        "COPYRIGHT-library.html": notices.rust_library(),
    }
    functions = {each.name: builds.build_function(each).read_bytes() for each in wanted}
    programs = {f"{each.name}-linux": builds.build_command_line(each, number).read_bytes() for each in wanted}
    Release(number, notes, (PROJECT / "template.yaml").read_text(), functions, programs | built_elsewhere, licenses).write(DIST)
    _describe(number, processors.missing(wanted), tag)


def _parse_programs(text: str) -> dict[str, bytes]:
    programs = {}
    for word in text.split():
        system, _, path = word.partition("=")
        if not Path(path).is_file():
            raise CommandFailed(f"COMMAND_LINES: expected SYSTEM=PATH, such as arm64-macos=target/release/ses-quota, but found {word}")
        programs[system] = Path(path).read_bytes()
    return programs


def _describe(number: str, missing: list[str], tag: str) -> None:
    print(f"\nVersion {number} is in {DIST.name}/:")
    for file in sorted(DIST.iterdir()):
        print(f"  {file.name:<40} {file.stat().st_size:>10,} bytes")
    if missing:
        print(f"THIS IS NOT A FULL RELEASE: it has no function and no command line for {', '.join(missing)}.")
    if not tag and (changed := version.uncommitted()):
        print(f"Built from a tree with changes that are not committed:\n{changed}")


if __name__ == "__main__":
    main()
