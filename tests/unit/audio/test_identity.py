from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import numpy as np
import pytest

from detector.audio.reading import read_header
from detector.audio.stream import AudioStream
from detector.errors import RecordingError
from detector.recipe import Audio

from .conftest import Write, noise

ASIS = Audio(sample_rate=48000)


def odd(path: Path, kind: str) -> None:
    """Put something that is no ordinary file at `path`."""
    if kind == "named pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    else:
        path.symlink_to(path.name)


@pytest.mark.parametrize("kind", ["named pipe", "device", "folder", "socket", "link to itself"])
def test_what_is_no_ordinary_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.wav"
    odd(path, kind)
    start = time.monotonic()
    with pytest.raises(RecordingError, match=r"x\.wav") as caught:
        read_header(path)
    assert time.monotonic() - start < 1
    if kind != "link to itself":
        assert kind in str(caught.value)


@pytest.mark.parametrize("kind", ["named pipe", "device", "folder", "another file", "longer", "gone"])
def test_a_recording_that_is_replaced_after_its_header_was_read_is_not_mixed(write: Write, kind: str) -> None:
    path = write("x.wav", noise(2))
    header = read_header(path)
    content = path.read_bytes()
    if kind == "longer":
        path.write_bytes(content + content[-2000:])
    else:
        path.unlink()
    if kind == "another file":
        path.write_bytes(content)
    elif kind not in {"gone", "longer"}:
        odd(path, kind)
    start = time.monotonic()
    with pytest.raises(RecordingError, match=r"x\.wav"):
        list(AudioStream(header, ASIS).blocks())
    assert time.monotonic() - start < 1


def test_a_recording_that_is_replaced_while_it_is_read_is_told(write: Write) -> None:
    path, other = write("x.wav", noise(30, seed=1)), write("y.wav", noise(30, seed=2))
    blocks = AudioStream(path, ASIS, block_s=1.0).blocks()
    next(blocks)
    other.replace(path)
    with pytest.raises(RecordingError, match="replaced or changed"):
        list(blocks)


def test_reading_changes_nothing_of_an_identity(write: Write) -> None:
    path = write("x.flac", noise(1))
    header = read_header(path)
    samples = np.concatenate(list(AudioStream(header, ASIS).blocks()), axis=1)
    assert read_header(path).identity == header.identity
    np.testing.assert_array_equal(np.concatenate(list(AudioStream(header, ASIS).blocks()), axis=1), samples)
