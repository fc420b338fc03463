from __future__ import annotations

from pathlib import Path

import pytest

from detector.audio.ogg import faults

from .conftest import Write, noise


@pytest.fixture
def content(write: Write) -> bytes:
    return write("x.ogg", noise(20, 8000), 8000, format="OGG", subtype="VORBIS").read_bytes()


def told(path: Path) -> tuple[str, str] | None:
    with path.open("rb") as file:
        return faults(file, path.stat().st_size)


def test_a_whole_file_has_no_fault(content: bytes, write: Write) -> None:
    assert told(write("whole.ogg", content)) is None
    assert told(write("padded.ogg", content + bytes(3000))) is None


def test_a_file_cut_within_a_page_or_between_two_is_truncated(content: bytes, write: Write) -> None:
    last = content.rindex(b"OggS")
    for end in (last, last + 5, last + 27, last + 40, len(content) - 1):
        assert told(write("cut.ogg", content[:end])) == ("truncated", "truncated: its last page is missing"), end


def test_a_second_stream_is_told(content: bytes, write: Write) -> None:
    serial = content[14:18]
    other = content.replace(serial, bytes(4))
    found = told(write("chained.ogg", content + other))
    assert found is not None
    assert found[0] == "damaged"
