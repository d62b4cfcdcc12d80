"""Archives with the same bytes for the same contents: no time, no owner, members in the order of their names."""

import gzip
import io
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Member:
    """A file in an archive."""

    content: bytes
    executable: bool = False

    @property
    def mode(self) -> int:
        return 0o755 if self.executable else 0o644


def write_zip(target: Path, members: dict[str, Member]) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name, member in sorted(members.items()):
            # The oldest time that the format knows, which is also the default.
            entry = zipfile.ZipInfo(name)
            # Made on Unix, a regular file: without the mode, Lambda cannot execute it.
            entry.create_system, entry.external_attr = 3, (0o100000 | member.mode) << 16
            archive.writestr(entry, member.content, zipfile.ZIP_DEFLATED, compresslevel=9)


def write_tar(target: Path, folder: str, members: dict[str, Member]) -> None:
    """Writes a .tar.gz whose members are in `folder`."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, member in sorted(members.items()):
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mode = len(member.content), member.mode
            archive.addfile(entry, io.BytesIO(member.content))
    target.write_bytes(gzip.compress(plain.getvalue(), mtime=0))
