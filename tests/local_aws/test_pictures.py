"""The pictures of the documentation are what the monitor shows today."""

import struct
from pathlib import Path

from local.pictures import FOLDER, Pictures
from local.server import LocalAws

# The lengths of names and numbers differ a little, and with them where a line is wrapped: one line more or less.
LINE = 24


def size(picture: Path) -> tuple[int, int]:
    """Width and height, from the header of a PNG file."""
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height


def test_the_pictures_are_as_large_as_what_they_show_today(enforcing: LocalAws, tmp_path: Path) -> None:
    taken = Pictures(enforcing, tmp_path).take()
    assert {file.name for file in taken} == {file.name for file in FOLDER.iterdir()}
    for file in taken:
        (width, height), (committed_width, committed_height) = size(file), size(FOLDER / file.name)
        assert width == committed_width and abs(height - committed_height) <= LINE, f"{file.name} is out of date: make pictures"
