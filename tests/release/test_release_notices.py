"""The licenses that go with the binaries."""

from pathlib import Path

import pytest

from scripts.release import notices
from scripts.stacks import CommandFailed
from toolkit.paths import PROJECT


def crate(folder: Path, license: str, *authors: str) -> dict[str, object]:
    return {"name": "odd", "version": "1.0.0", "license": license, "authors": list(authors), "manifest_path": str(folder / "Cargo.toml")}


def test_every_linked_crate_is_listed_with_its_license() -> None:
    """One of the function, one of the command line, and one that is published without its text."""
    text = notices.third_party()
    for name in ["ring ", "clap ", "base64-simd "]:
        assert f"\n{name}" in text
    assert "Copyright 2015-2025 Brian Smith" in text or "Brian Smith" in text
    # Neither tests nor macros are in a program, nor are the crates of this project third-party.
    for name in ["proptest ", "syn ", "ses-quota ", "ses-quota-monitor "]:
        assert f"\n{name}" not in text


def test_a_crate_brings_its_texts(tmp_path: Path) -> None:
    for name in ["LICENSE-MIT", "NOTICE", "Cargo.toml", "README.md"]:
        (tmp_path / name).write_text(f"\n{name}\n")
    assert notices.license_texts(crate(tmp_path, "MIT")) == ["LICENSE-MIT", "NOTICE"]


@pytest.mark.parametrize("license", ["Apache-2.0", "MIT OR Apache-2.0", "MIT/Apache-2.0"])
def test_a_crate_without_a_text_is_used_under_the_apache_license_where_it_may_be(tmp_path: Path, license: str) -> None:
    assert notices.license_texts(crate(tmp_path, license)) == [(PROJECT / "LICENSE").read_text().strip("\n")]


def test_a_crate_without_a_text_names_its_authors_under_the_mit_license(tmp_path: Path) -> None:
    [text] = notices.license_texts(crate(tmp_path, "MIT", "Ada", "Bob <bob@example.com>"))
    assert text.startswith("Copyright (c) Ada, Bob <bob@example.com>\n\nPermission is hereby granted")


@pytest.mark.parametrize("license", ["BSD-3-Clause", "Apache-2.0 AND ISC", "Apache-2.0 WITH LLVM-exception"])
def test_another_crate_without_a_text_stops_the_release(tmp_path: Path, license: str) -> None:
    with pytest.raises(CommandFailed, match="odd 1.0.0 .* is published without its license"):
        notices.license_texts(crate(tmp_path, license))
