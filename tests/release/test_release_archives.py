"""The files of a release: the same bytes for the same contents, programs that can be executed, and checksums of them all."""

import os
import shutil
import subprocess
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.release.assembly import Release
from scripts.release.processors import PROCESSORS, check_binary, parse, require_targets
from scripts.stacks import CommandFailed
from toolkit.documentation import commands
from toolkit.paths import PROJECT

RELEASE = Release(
    "1.2.3", "The notes.\n", (PROJECT / "template.yaml").read_text(),
    {"x86_64": b"one " * 1000, "arm64": b"other " * 1000}, {"x86_64-linux": b"#!/bin/sh\necho ses-quota\n"}, {"LICENSE": b"Text.\n"},
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "dist"
    RELEASE.write(folder)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "dist")


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def test_a_release_has_what_its_page_says(folder: Path) -> None:
    named = {
        "ses-quota-monitor-x86_64.zip", "ses-quota-monitor-x86_64.yaml", "ses-quota-monitor-arm64.zip", "ses-quota-monitor-arm64.yaml",
        "reader-role.yaml", "ses-quota-1.2.3-x86_64-linux.tar.gz", "RELEASE_NOTES.md", "README.md", "LICENSE", "SHA256SUMS",
    }
    assert set(contents(folder)) == named
    page = (folder / "README.md").read_text()
    for name in named - {"README.md"}:
        assert f"`{name.replace('1.2.3-x86_64-linux', 'VERSION-SYSTEM')}`" in page


def test_the_page_and_the_documentation_tell_the_same_commands() -> None:
    documented = [one for page in ("install.md", "upgrading.md") for one in commands(PROJECT / "docs" / page)]
    told = commands(PROJECT / "scripts" / "release" / "README.md")
    assert told and set(told) <= set(documented)


def test_the_same_contents_give_the_same_bytes(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    reversed_licenses = replace(RELEASE, functions=dict(reversed(RELEASE.functions.items())))
    before = os.umask(0o077)
    try:
        reversed_licenses.write(tmp_path / "again")
    finally:
        os.umask(before)
    assert contents(tmp_path / "again") == contents(folder)


def test_a_release_takes_the_place_of_the_one_before(folder: Path) -> None:
    (folder / "ses-quota-0.9.0-x86_64-linux.tar.gz").write_text("old")
    RELEASE.write(folder)
    assert not list(folder.glob("*0.9.0*"))


@pytest.mark.parametrize("processor", ["x86_64", "arm64"])
def test_lambda_can_execute_the_function(folder: Path, processor: str) -> None:
    with zipfile.ZipFile(folder / f"ses-quota-monitor-{processor}.zip") as archive:
        assert archive.read("bootstrap") == RELEASE.functions[processor]
        modes = {each.filename: each.external_attr >> 16 for each in archive.infolist()}
        assert modes == {"LICENSE": 0o100644, "bootstrap": 0o100755}
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_command_line_runs_from_its_archive(folder: Path, tmp_path: Path) -> None:
    with tarfile.open(folder / "ses-quota-1.2.3-x86_64-linux.tar.gz") as archive:
        assert {(each.mtime, each.uid, each.gid, each.uname) for each in archive.getmembers()} == {(0, 0, 0, "")}
        archive.extractall(tmp_path, filter="data")
    program = tmp_path / "ses-quota-1.2.3-x86_64-linux" / "ses-quota"
    assert subprocess.run([program], capture_output=True, text=True, check=True).stdout == "ses-quota\n"
    assert program.with_name("LICENSE").read_text() == "Text.\n"


def test_the_checksums_verify_and_notice_a_change(folder: Path) -> None:
    verify = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    done = subprocess.run(verify, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, len(contents(folder)) - 1)
    with (folder / "ses-quota-monitor-arm64.zip").open("ab") as archive:
        archive.write(b"\0")
    done = subprocess.run(verify, cwd=folder, capture_output=True, text=True)
    assert done.returncode != 0 and "ses-quota-monitor-arm64.zip: FAILED" in done.stdout


def test_a_program_for_another_processor_is_no_function(tmp_path: Path) -> None:
    """The head of an ELF file: its magic number and, in bytes 18 and 19, the processor."""
    binary = tmp_path / "bootstrap"
    for head, fits in [(b"\x7fELF" + bytes(14) + b"\xb7\x00", "arm64"), (b"\x7fELF" + bytes(14) + b"\x3e\x00", "x86_64"), (b"", "")]:
        binary.write_bytes(head)
        for name, processor in PROCESSORS.items():
            if name == fits:
                check_binary(binary, processor)
                continue
            with pytest.raises(CommandFailed, match=f"is no Linux program for {name}"):
                check_binary(binary, processor)


@pytest.mark.parametrize("text, names", [("x86_64 arm64", ["x86_64", "arm64"]), ("arm64,x86_64", ["arm64", "x86_64"]), ("arm64 arm64", ["arm64"])])
def test_architectures_are_named_as_lambda_names_them(text: str, names: list[str]) -> None:
    assert [each.name for each in parse(text)] == names


@pytest.mark.parametrize("text", ["", "aarch64", "x86_64 arm"])
def test_other_architectures_are_refused(text: str) -> None:
    with pytest.raises(CommandFailed, match="expected x86_64 or arm64, or both separated by a space"):
        parse(text)


def test_a_missing_standard_library_is_named_with_the_command_that_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for rustc has a folder for each target, and a library for one."""
    (tmp_path / "x86_64-unknown-linux-gnu").mkdir()
    (tmp_path / "x86_64-unknown-linux-gnu" / "libstd-1.rlib").touch()
    (tmp_path / "rustc").write_text(f"#!/bin/sh\nfor target; do :; done\necho {tmp_path}/$target\n")
    (tmp_path / "rustc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    require_targets(parse("x86_64"))
    with pytest.raises(CommandFailed) as refused:
        require_targets(parse("x86_64 arm64"))
    assert str(refused.value) == (
        "Nothing was built: Rust cannot build for arm64 here.\n"
        "Install its standard library: rustup target add aarch64-unknown-linux-gnu\n"
        "To build what this machine can, which is not a full release: make release ARCHITECTURES='x86_64'"
    )
