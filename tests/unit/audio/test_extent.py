"""Sparse files stand for those over 4 GiB: they take no room."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from detector.audio.chunks import WRAP
from detector.audio.extent import measure
from detector.audio.reading import read_header

from .conftest import Write, a_list_chunk

RATE = 48000
FMT = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)


def huge(path: Path, claimed: int, true: int, tail: bytes = b"", cut: int = 0) -> Path:
    """Write a WAV file of `true` bytes of samples, a 1 first and a 2 last, whose data chunk claims `claimed`."""
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", (claimed + 36) % WRAP) + FMT + b"data" + struct.pack("<I", claimed))
        start = file.tell()
        file.write(struct.pack("<h", 1) * RATE)
        file.seek(start + claimed)
        file.write(b"\x01\xff\x02\xfe\xf0" * 40)  # sound, where a wrapped size would have chunks
        file.seek(start + true - 2)
        file.write(struct.pack("<h", 2) + tail)
        file.truncate(file.tell() - cut)
    return path


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    path = tmp_path / "sparse.wav"
    with path.open("wb") as file:
        file.truncate(WRAP)
    if path.stat().st_blocks * 512 > 2**20:
        path.unlink()
        pytest.skip("this file system has no sparse files")
    path.unlink()
    return path


@pytest.mark.parametrize("turns", [1, 2])
def test_a_size_that_has_wrapped_is_put_right_and_all_samples_are_reached(sparse: Path, turns: int) -> None:
    true = turns * WRAP + 10_000_000
    header = read_header(huge(sparse, claimed=10_000_000, true=true))
    assert header.n_frames == true // 2
    assert header.status == "ok"
    assert "wrapped" in header.faults[0]
    with header.opened() as sound:
        assert (sound.read(RATE, dtype="int16") == 1).all()
        sound.seek(true // 2 - 3)
        np.testing.assert_array_equal(sound.read(10, dtype="int16"), [0, 0, 2])
    assert soundfile.info(str(sparse)).frames == 5_000_000  # what libsndfile makes of it


def test_chunks_after_wrapped_samples_are_no_samples(sparse: Path) -> None:
    true = WRAP + 10_000_000
    header = read_header(huge(sparse, claimed=10_000_000, true=true, tail=a_list_chunk()))
    assert header.n_frames == true // 2
    with header.opened() as sound:
        sound.seek(true // 2 - 1)
        assert len(sound.read(10)) == 1


def test_a_wrapped_file_that_was_cut_keeps_its_claim(sparse: Path) -> None:
    true = 2 * WRAP - 2
    header = read_header(huge(sparse, claimed=WRAP - 2, true=true, cut=2**30))
    assert header.n_frames == true // 2
    assert header.view is not None
    assert header.view.end == sparse.stat().st_size


@pytest.mark.parametrize("claimed", [0, WRAP - 1])
def test_over_4_gib_no_length_is_the_whole_file(sparse: Path, claimed: int) -> None:
    path = huge(sparse, claimed=claimed, true=WRAP + 10_000_000)
    header = read_header(path)
    assert header.n_frames == WRAP // 2 + 5_000_000
    with header.opened() as sound:
        assert sound.frames == WRAP // 2 + 5_000_000


def test_a_file_of_nearly_4_gib_with_a_true_size_is_believed(sparse: Path) -> None:
    true = WRAP - 100
    header = read_header(huge(sparse, claimed=true, true=true, tail=a_list_chunk()))
    assert (header.n_frames, header.faults, header.view) == (true // 2, (), None)


def test_rf64_keeps_its_size_elsewhere(sparse: Path) -> None:
    true = WRAP + 10_000_000
    with sparse.open("wb") as file:
        file.write(
            b"RF64"
            + struct.pack("<I", WRAP - 1)
            + b"WAVEds64"
            + struct.pack("<IQQQI", 28, true + 72, true, true // 2, 0)
        )
        file.write(FMT[4:] + b"data" + struct.pack("<I", WRAP - 1))
        file.truncate(file.tell() + true)
    header = read_header(sparse)
    assert (header.format, header.n_frames, header.faults, header.view) == ("RF64", true // 2, (), None)


def test_a_file_full_of_tiny_chunks_ends(write: Write) -> None:
    path = write("x.wav", b"RIFF" + struct.pack("<I", 36) + b"WAVE" + b"junk\0\0\0\0" * 200_000)
    with path.open("rb") as file:
        assert measure(file, path.stat().st_size, 1000) is None
