"""The version that is released, whether the tree may be released under a tag, and the notes of the version."""

import re
import subprocess
import tomllib

from toolkit.paths import PROJECT

from ..stacks import CommandFailed


def current() -> str:
    """The version in Cargo.toml."""
    return tomllib.loads((PROJECT / "Cargo.toml").read_text())["workspace"]["package"]["version"]


def notes(changelog: str, version: str) -> str:
    """What the changelog says of a version, as a page on its own."""
    found = re.search(rf"^## \[{re.escape(version)}\] - (\S+)\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL)
    if found is None or not found[2].strip():
        raise CommandFailed(
            f"CHANGELOG.md has no notes of version {version}, which Cargo.toml names.\n"
            f"Add the section `## [{version}] - YYYY-MM-DD`, or change the version in Cargo.toml."
        )
    # Where releases are published, each line break is shown, and the other files of the project are not beside the notes.
    joined = re.sub(r"(?<=\S)\n *(?=[^\s#-])", " ", found[2].strip())
    return f"Version {version}, {found[1]}.\n\n" + re.sub(r"\[([^]]+)\]\((?!https?:)[^)]+\)", r"\1", joined) + "\n"


def check_tag(tag: str, version: str, changelog: str) -> None:
    """Raises `CommandFailed` where the tree is not what the tag names."""
    wrong = []
    if tag != f"v{version}":
        wrong.append(f"The tag is {tag}, but Cargo.toml has version {version}, whose tag is v{version}.")
    if re.search(r"^## \[Unreleased\]\s*[^\s#]|^## \[Unreleased\]\s*###", changelog, re.MULTILINE):
        wrong.append(f"CHANGELOG.md has changes under [Unreleased]: move them to the section of {version}.")
    if changed := uncommitted():
        wrong.append(f"The tree has changes that are not committed:\n{changed}")
    if wrong:
        raise CommandFailed("\n".join(["Nothing was built, because this tree cannot be released:", *wrong]))


def uncommitted() -> str:
    """The files that differ from the commit, one per line."""
    return subprocess.run(
        ["git", "status", "--short"], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout.rstrip()
