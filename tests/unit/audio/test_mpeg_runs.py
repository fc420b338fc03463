from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detector.audio.mpeg import first_frame, read_frame
from detector.audio.reading import read_header
from detector.audio.stream import AudioStream
from detector.recipe import Audio

from .conftest import Write, judged, noise

SECONDS = 20
RATES = [44100, 24000, 8000]


@pytest.fixture(params=RATES)
def rate(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def content(write: Write, rate: int) -> bytes:
    return write("whole.mp3", noise(SECONDS, rate), rate, format="MP3").read_bytes()


def frames(path: Path) -> list[int]:
    """List where the frames of a file begin."""
    content = path.read_bytes()
    with path.open("rb") as file:
        frame = first_frame(file, len(content))
    starts = []
    while frame is not None:
        starts.append(frame.offset)
        at = frame.offset + frame.size
        frame = read_frame(content[at : at + 4], at)
    return starts


def samples(path: Path, rate: int, block_s: float = 10.0) -> tuple[AudioStream, np.ndarray]:
    stream = AudioStream(path, Audio(sample_rate=rate), block_s)
    return stream, np.concatenate([np.zeros((1, 0), np.float32), *stream.blocks()], axis=1)[0]


BROKEN = {
    "zeros": lambda c, at: c[: at[60] + 9] + bytes(at[75] - at[60]) + c[at[75] + 9 :],
    "noise": lambda c, at: c[: at[60]] + np.random.default_rng(0).bytes(at[75] - at[60]) + c[at[75] :],
    "bytes are missing": lambda c, at: c[: at[60] + 9] + c[at[75] + 40 :],
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_lies_behind_a_gap_is_at_its_true_time_whatever_the_block(
    content: bytes, write: Write, rate: int, how: str
) -> None:
    whole_path = write("whole.mp3", content)
    _, whole = samples(whole_path, rate)
    path = write("broken.mp3", BROKEN[how](content, frames(whole_path)))
    stream, found = samples(path, rate)
    assert judged(stream).status == "damaged"
    assert len(found) == len(whole)
    ((start, end),) = stream.facts.holes
    frame = 1152 if rate == 44100 else 576
    assert 10 * frame <= end - start <= 20 * frame
    np.testing.assert_array_equal(found[: start - 2 * frame], whole[: start - 2 * frame])
    settled = end + 4 * frame  # the first frames refer to ones that are lost
    np.testing.assert_allclose(found[settled:], whole[settled:], atol=1e-4)
    np.testing.assert_array_equal(samples(path, rate, 0.7)[1], found)


@pytest.mark.parametrize("claimed", [20, 500, 4000])
def test_a_wrong_size_of_the_tag_before_the_frames_moves_nothing(
    content: bytes, write: Write, rate: int, claimed: int
) -> None:
    _, whole = samples(write("whole.mp3", content), rate)
    size = bytes((claimed >> 7 * n) & 0x7F for n in (3, 2, 1, 0))
    path = write("tagged.mp3", b"ID3\3\0\0" + size + b"TIT2" + bytes(1000) + content)
    stream, found = samples(path, rate)
    np.testing.assert_array_equal(found, whole)
    assert judged(stream).faults
    true = b"ID3\3\0\0" + bytes((1004 >> 7 * n) & 0x7F for n in (3, 2, 1, 0)) + b"TIT2" + bytes(1000)
    stream, found = samples(write("right.mp3", true + content), rate)
    np.testing.assert_array_equal(found, whole)
    assert (judged(stream).faults, stream.header.view) == ([], None)


@pytest.mark.parametrize("place", ["before the tag", "its name", "its flags", "its count"])
def test_a_damaged_tag_in_the_first_frame_is_mended_and_told(
    content: bytes, write: Write, rate: int, place: str
) -> None:
    _, whole = samples(write("whole.mp3", content), rate)
    tag = max(content.find(b"Xing", 0, 400), content.find(b"Info", 0, 400))
    at = {"before the tag": tag - 3, "its name": tag + 1, "its flags": tag + 7, "its count": tag + 10}[place]
    stream, found = samples(write("spoilt.mp3", content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]), rate)
    assert "tag" in judged(stream).faults[0]
    n = min(len(found), len(whole))
    assert abs(len(found) - len(whole)) < 2 * 1152
    np.testing.assert_array_equal(found[:n], whole[:n])


def test_a_healthy_file_is_decoded_as_it_is(content: bytes, write: Write, rate: int) -> None:
    header = read_header(write("whole.mp3", content))
    assert (header.faults, header.view, header.runs, header.status) == ((), None, (), "ok")
    assert header.sample_rate == rate


FLIPPED = {"version": (1, 0x08), "layer": (1, 0x02), "rate": (2, 0x0C), "mode": (3, 0xC0)}


@pytest.mark.parametrize("what", FLIPPED)
@pytest.mark.parametrize("number", [0, 1, 2])  # the tag's frame, the first with sound, the next
def test_a_frame_at_the_beginning_that_is_of_another_kind_costs_no_more_than_itself(
    content: bytes, write: Write, rate: int, number: int, what: str
) -> None:
    whole_path = write("whole.mp3", content)
    _, whole = samples(whole_path, rate)
    at = frames(whole_path)[number]
    byte, bits = FLIPPED[what]
    changed = bytearray(content)
    changed[at + byte] ^= bits
    stream, found = samples(write("broken.mp3", bytes(changed)), rate)
    assert judged(stream).faults
    assert abs(len(found) - len(whole)) <= 4 * 1152
    if number > 0:  # without the tag, what the encoder put before the sound is heard, too
        settled = slice(8 * 1152, 9 * 1152)
        np.testing.assert_allclose(found[settled], whole[settled], atol=1e-4)


@pytest.mark.parametrize("tagged", [True, False])
def test_a_hole_however_long_costs_no_more_than_itself(write: Write, tagged: bool) -> None:
    content = write("whole.mp3", noise(120, 44100), 44100, format="MP3").read_bytes()
    starts = frames(write("whole.mp3", content))
    content = content if tagged else content[starts[1] :]
    hole = slice(len(content) // 3, len(content) // 3 + 200_000)
    assert hole.stop < len(content) // 2 + 200_000
    changed = content[: hole.start] + np.random.default_rng(1).bytes(200_000) + content[hole.stop :]
    stream, found = samples(write("broken.mp3", changed), 44100)
    assert judged(stream).status == "damaged"
    assert len(found) / 44100 == pytest.approx(120, abs=0.5)
    lost_s = sum(end - start for start, end in stream.facts.holes) / 44100
    assert lost_s == pytest.approx(120 * 200_000 / len(content), rel=0.1)


@pytest.mark.parametrize("what", ["version", "mode"])
def test_a_first_frame_of_another_kind_without_a_tag_is_told_and_the_rest_is_read(
    content: bytes, write: Write, rate: int, what: str
) -> None:
    starts = frames(write("whole.mp3", content))
    body = bytearray(content[starts[1] :])
    byte, bits = FLIPPED[what]
    body[byte] ^= bits
    stream, found = samples(write("broken.mp3", bytes(body)), rate)
    assert judged(stream).faults
    assert len(found) / rate == pytest.approx(SECONDS, abs=0.5)
    assert np.abs(found[rate:]).max() > 0.1


def test_files_joined_with_their_tags_are_read_to_the_end_without_a_gap(
    content: bytes, write: Write, rate: int
) -> None:
    starts = frames(write("whole.mp3", content))
    body = content[starts[1] :]  # without a count of frames, which would be of the first file alone
    _, once = samples(write("once.mp3", body), rate)
    stream, twice = samples(write("twice.mp3", body + b"TAG" + bytes(125) + body + b"TAG" + bytes(125)), rate)
    assert judged(stream) == ("ok", [])
    assert len(twice) / rate == pytest.approx(2 * len(once) / rate, abs=0.1)
