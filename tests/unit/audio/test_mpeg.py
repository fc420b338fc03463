from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from detector.audio.mpeg import first_frame, read_frame
from detector.audio.mpeg_runs import plan
from detector.audio.reading import read_header
from detector.audio.stream import AudioStream
from detector.recipe import Audio

from .conftest import Write, judged, noise


@pytest.fixture(params=[48000, 44100, 24000, 16000])
def rate(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def mp3(write: Write, rate: int) -> Path:
    """Write a second of silence, with small frames, and three of noise: a file of variable bit rate."""
    samples = np.concatenate([noise(1, rate, 2) * 0, noise(3, rate, 2)])
    return write("whole.mp3", samples, rate, format="MP3", subtype="MPEG_LAYER_III", bitrate_mode="VARIABLE")


def tag_at(content: bytes) -> int:
    return max(content.find(b"Xing", 0, 400), content.find(b"Info", 0, 400))


def decoded(path: Path, rate: int) -> np.ndarray:
    stream = AudioStream(path, Audio(sample_rate=rate, channel="each"))
    samples = np.concatenate(list(stream.blocks()), axis=1)
    assert judged(stream).status == "ok", judged(stream).faults
    return samples


def test_a_counted_file_is_left_as_it_is(mp3: Path) -> None:
    with mp3.open("rb") as file:
        assert plan(file, mp3.stat().st_size).view is None


@pytest.mark.parametrize("fault", ["no tag", "no count", "count 0", "count 1", "count 4294967295"])
def test_without_a_true_count_every_sample_is_decoded(mp3: Path, rate: int, fault: str, write: Write) -> None:
    content = bytearray(mp3.read_bytes())
    tag = tag_at(content)
    assert tag > 0
    if fault == "no tag":
        content[tag : tag + 4] = bytes(4)
    elif fault == "no count":
        content[tag + 7] &= 0xFE
    else:
        content[tag + 8 : tag + 12] = struct.pack(">I", int(fault.split()[1]))
    lying = write("lying.mp3", bytes(content))
    whole, found = decoded(mp3, rate), decoded(lying, rate)
    assert read_header(lying).n_frames is None
    assert 0 <= found.shape[1] - whole.shape[1] < 3 * 1152  # frames at the ends, which the tag would have cut
    delays = range(found.shape[1] - whole.shape[1] + 1)  # the encoder's delay, which the tag would tell
    middle = whole[:, rate * 2 : rate * 2 + 4000]
    differences = [np.abs(found[:, rate * 2 + d : rate * 2 + d + 4000] - middle).max() for d in delays]
    assert min(differences) < 1e-6


def test_a_frame_that_holds_only_a_tag_is_not_sound(mp3: Path, write: Write) -> None:
    content = bytearray(mp3.read_bytes())
    tag = tag_at(content)
    content[tag + 7] &= 0xFE
    path = write("uncounted.mp3", bytes(content))
    with path.open("rb") as file:
        frame = first_frame(file, len(content))
        view = plan(file, len(content)).view
    assert frame is not None
    assert view is not None
    assert view.start == frame.offset + frame.size


def test_joined_files_are_decoded_to_the_end_of_the_last(mp3: Path, rate: int, write: Write) -> None:
    joined = write("joined.mp3", mp3.read_bytes() * 2)
    assert 0 <= decoded(joined, rate).shape[1] - 2 * decoded(mp3, rate).shape[1] < 6 * 1152


def test_a_tag_of_id3_before_the_first_frame_is_skipped(mp3: Path, write: Write) -> None:
    size = 3000
    id3 = b"ID3\x04\0\0" + bytes([0, 0, size >> 7, size & 127]) + b"\xff\xfb\x90\0" * (size // 4)
    path = write("tagged.mp3", id3 + mp3.read_bytes())
    with path.open("rb") as file:
        frame = first_frame(file, path.stat().st_size)
    assert frame is not None
    assert frame.offset == size + 10


@pytest.mark.parametrize(
    "head", [b"", b"\xff\xfb", b"\xff\xf1\x50\x80", b"\xff\xfb\xf0\0", b"\xff\xfb\0\0", b"\xff\xfb\x9c\0", b"OggS"]
)
def test_what_is_no_layer_iii_head_is_none(head: bytes) -> None:
    assert read_frame(head, 0) is None


@pytest.mark.parametrize(
    ("head", "size"),
    [(b"\xff\xfb\x90\x00", 417), (b"\xff\xfb\x92\x00", 418), (b"\xff\xf3\x58\xc0", 180), (b"\xff\xe3\x18\xc0", 72)],
)
def test_a_frame_is_as_long_as_the_standard_says(head: bytes, size: int) -> None:
    frame = read_frame(head, 0)
    assert frame is not None
    assert frame.size == size
