"""The licenses of what the binaries contain. Most of them ask to be passed on with a copy of the program."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from toolkit.paths import PROJECT

from ..stacks import CommandFailed

LICENSE_FILE = re.compile(r"(LICEN[CS]E|COPYING|COPYRIGHT|NOTICE|UNLICENSE)", re.IGNORECASE)
# For a crate under this license alone that is published without its text.
MIT = """\
Copyright (c) {authors}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software
is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR
IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def third_party() -> str:
    """The licenses of all crates in the function and the command line, on all systems; one text once."""
    owners: dict[str, list[str]] = {}
    for crate in _linked_crates():
        for text in license_texts(crate):
            owners.setdefault(text, []).append(f"{crate['name']} {crate['version']} ({crate['license']})")
    parts = [
        "Third-party software in ses-quota-monitor and ses-quota, and its licenses. Those of the Rust standard library are in "
        "COPYRIGHT-library.html."
    ]
    parts += ["\n".join(sorted(names)) + "\n\n" + text for text, names in sorted(owners.items(), key=lambda each: sorted(each[1]))]
    return f"\n\n{'=' * 80}\n".join(parts) + "\n"


def license_texts(crate: dict[str, Any]) -> list[str]:
    """The texts that a crate is published with; `crate` is a package as `cargo metadata` describes it."""
    folder = Path(crate["manifest_path"]).parent
    files = sorted(each for each in folder.iterdir() if each.is_file() and LICENSE_FILE.match(each.name))
    if files:
        return [each.read_text(errors="replace").strip("\n") for each in files]
    if "Apache-2.0" in re.split(r"\s*/\s*|\s+OR\s+", crate["license"] or ""):
        return [(PROJECT / "LICENSE").read_text().strip("\n")]
    if crate["license"] == "MIT":
        return [MIT.format(authors=", ".join(crate["authors"]) or f"the authors of {crate['name']}").strip("\n")]
    raise CommandFailed(
        f"The crate {crate['name']} {crate['version']} ({crate['license']}) is published without its license.\n"
        "Find the text that has to be passed on, and add it to scripts/release/notices.py."
    )


def rust_library() -> bytes:
    """The notices of the Rust standard library, which is a part of every Rust program."""
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], check=True, capture_output=True, text=True).stdout.strip()
    file = Path(sysroot) / "share" / "doc" / "rust" / "COPYRIGHT-library.html"
    if not file.exists():
        raise CommandFailed(f"The toolchain lacks the notices of the Rust standard library: {file}\nUse one that rustup installs.")
    return file.read_bytes()


def _linked_crates() -> list[dict[str, Any]]:
    metadata = json.loads(_cargo("metadata", "--locked", "--format-version", "1"))
    tree = _cargo(
        "tree", "--locked", "--package", "ses-quota-monitor", "--package", "ses-quota", "--target", "all",
        "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}",
    )
    linked = {tuple(line.split()[:2]) for line in tree.splitlines() if line}
    # A crate without a source is a member of this workspace.
    return [each for each in metadata["packages"] if each["source"] and (each["name"], f"v{each['version']}") in linked]


def _cargo(*arguments: str) -> str:
    return subprocess.run(["cargo", *arguments], cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True).stdout
