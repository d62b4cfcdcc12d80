"""Which tree may be released under a tag, and what the notes of a version are."""

import pytest

from scripts.release import version
from scripts.stacks import CommandFailed
from toolkit.paths import PROJECT

CHANGELOG = """\
# Changelog

## [Unreleased]

## [1.2.0] - 2026-12-01

### Added

- A first line that goes
  on, with `code` and [a page](docs/install.md).
- Another one, with [a link](https://example.com/a).

### Fixed

- What was wrong,
  in two ways.

## [1.1.0] - 2026-11-25

- The first one.
"""


def test_the_notes_stand_on_their_own() -> None:
    assert version.notes(CHANGELOG, "1.2.0") == (
        "Version 1.2.0, 2026-12-01.\n\n"
        "### Added\n\n"
        "- A first line that goes on, with `code` and a page.\n- Another one, with [a link](https://example.com/a).\n\n"
        "### Fixed\n\n- What was wrong, in two ways.\n"
    )
    assert version.notes(CHANGELOG, "1.1.0") == "Version 1.1.0, 2026-11-25.\n\n- The first one.\n"


@pytest.mark.parametrize("changelog, number", [
    (CHANGELOG, "1.3.0"), (CHANGELOG, "1.2"), (CHANGELOG, "1x2.0"), (CHANGELOG.replace("- The first one.\n", ""), "1.1.0"),
])
def test_a_version_without_notes_is_refused(changelog: str, number: str) -> None:
    with pytest.raises(CommandFailed, match=f"no notes of version {number}, which Cargo.toml names"):
        version.notes(changelog, number)


def test_the_changelog_has_notes_of_this_version() -> None:
    assert version.notes((PROJECT / "CHANGELOG.md").read_text(), version.current())


@pytest.mark.parametrize("tag, changelog, changed, named", [
    ("v1.2.0", CHANGELOG, "", []),
    ("v1.2.1", CHANGELOG, "", ["The tag is v1.2.1, but Cargo.toml has version 1.2.0, whose tag is v1.2.0."]),
    ("1.2.0", CHANGELOG, "", ["whose tag is v1.2.0"]),
    ("v1.2.0", CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n### Added\n\n- More.\n"), "", ["under [Unreleased]"]),
    ("v1.2.0", CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n- More.\n"), "", ["under [Unreleased]"]),
    ("v1.2.0", CHANGELOG, " M src/main.rs", ["not committed:\n M src/main.rs"]),
    ("v2.0.0", CHANGELOG, "?? new", ["The tag is v2.0.0", "?? new"]),
])
def test_only_what_the_tag_names_is_released(
    monkeypatch: pytest.MonkeyPatch, tag: str, changelog: str, changed: str, named: list[str]
) -> None:
    monkeypatch.setattr(version, "uncommitted", lambda: changed)
    if not named:
        version.check_tag(tag, "1.2.0", changelog)
        return
    with pytest.raises(CommandFailed) as refused:
        version.check_tag(tag, "1.2.0", changelog)
    assert all(part in str(refused.value) for part in named)
