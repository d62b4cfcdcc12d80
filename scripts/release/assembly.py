"""Puts the folder of a release together, from what was built."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from toolkit.paths import PROJECT

from . import template
from .archives import Member, write_tar, write_zip


@dataclass(frozen=True)
class Release:
    """What a release is made of."""

    version: str
    notes: str
    # The template in the repository, which names sources.
    template: str
    # The built function by processor, such as arm64.
    functions: dict[str, bytes]
    # The built command line by system, such as x86_64-linux.
    command_lines: dict[str, bytes]
    # Files that have to go with each binary, by name.
    licenses: dict[str, bytes]

    def write(self, folder: Path) -> None:
        """Writes the release to a folder, which is emptied first."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        licenses = {name: Member(content) for name, content in self.licenses.items()}
        for processor, bootstrap in self.functions.items():
            archive = f"ses-quota-monitor-{processor}.zip"
            write_zip(folder / archive, licenses | {"bootstrap": Member(bootstrap, executable=True)})
            others = [_template_name(other) for other in self.functions if other != processor]
            (folder / _template_name(processor)).write_text(template.released(self.template, processor, archive, others))
        for system, program in self.command_lines.items():
            name = f"ses-quota-{self.version}-{system}"
            write_tar(folder / f"{name}.tar.gz", name, licenses | {"ses-quota": Member(program, executable=True)})
        for name, content in self.licenses.items():
            (folder / name).write_bytes(content)
        shutil.copyfile(PROJECT / "reader-role.yaml", folder / "reader-role.yaml")
        shutil.copyfile(Path(__file__).with_name("README.md"), folder / "README.md")
        (folder / "RELEASE_NOTES.md").write_text(self.notes)
        (folder / "SHA256SUMS").write_text(sums(folder))


def sums(folder: Path) -> str:
    """The checksums of all files, as `sha256sum --check` reads them."""
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(folder.iterdir()))


def _template_name(processor: str) -> str:
    return f"ses-quota-monitor-{processor}.yaml"
