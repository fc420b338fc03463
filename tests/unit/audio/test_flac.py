from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from detector.audio import flac_pieces
from detector.audio.flac import read_frame, true_info
from detector.audio.flac_map import map_frames
from detector.audio.flac_metadata import read_stream_info
from detector.audio.reading import read_header
from detector.audio.stream import AudioStream, Stretch
from detector.recipe import Audio

from .conftest import Write, judged, noise

RATE = 24000
SECONDS = 40
DESCRIBED = 18  # where the rate, the channels, the bits and the number of samples are
FRAME = 4096  # samples


@pytest.fixture(params=["PCM_16", "PCM_24"])
def content(request: pytest.FixtureRequest, write: Write) -> bytes:
    return write("made.flac", noise(SECONDS, RATE, 2), RATE, subtype=request.param).read_bytes()


def frames(content: bytes) -> list[int]:
    """Find where the frames begin, by trying everywhere."""
    candidates = [match.start() for match in re.finditer(b"\xff[\xf8\xf9]", content)]
    return [at for at in candidates if read_frame(content[at : at + 16], at)]


def samples(path: Path, block_s: float = 10.0, stretch: Stretch | None = None) -> tuple[AudioStream, np.ndarray]:
    stream = AudioStream(path, Audio(sample_rate=RATE, channel="each"), block_s, stretch)
    return stream, np.concatenate([np.zeros((len(stream.channels), 0), np.float32), *stream.blocks()], axis=1)


def with_described(content: bytes, change: int) -> bytes:
    described = int.from_bytes(content[DESCRIBED : DESCRIBED + 8], "big") ^ change
    return content[:DESCRIBED] + described.to_bytes(8, "big") + content[DESCRIBED + 8 :]


def test_frames_follow_one_another_and_hold_all_samples(content: bytes, write: Write) -> None:
    path = write("x.flac", content)
    with path.open("rb") as file:
        info = read_stream_info(file)
        assert info is not None
        assert (info.sample_rate, info.n_channels, info.total) == (RATE, 2, SECONDS * RATE)
        assert true_info(file, len(content), info) == info
        found = map_frames(file, len(content), info)
    assert found.offsets.tolist() == frames(content)
    assert found.firsts.tolist() == list(range(0, SECONDS * RATE, FRAME))
    assert found.sizes.sum() == SECONDS * RATE
    assert found.run(3) == (found.offsets[3], len(content), SECONDS * RATE - 3 * FRAME)


DAMAGE = {
    "a bit": lambda c, at: c[: at[50] + 300] + bytes([c[at[50] + 300] ^ 4]) + c[at[50] + 301 :],
    "noise": lambda c, at: c[: at[50] + 9] + np.random.default_rng(0).bytes(60_000) + c[at[50] + 60_009 :],
    "zeros": lambda c, at: c[: at[50] + 9] + bytes(60_000) + c[at[50] + 60_009 :],
    "bytes are missing": lambda c, at: c[: at[50] + 9] + c[at[50] + 60_009 :],
    "whole frames are missing": lambda c, at: c[: at[50]] + c[at[54] :],
    "bytes come in between": lambda c, at: c[: at[50] + 9] + np.random.default_rng(0).bytes(5000) + c[at[50] + 9 :],
    "frames come twice": lambda c, at: c[: at[50]] + c[at[45] :],
    "later frames in the place of others": lambda c, at: c[: at[20]] + c[at[80] : at[90]] + c[at[30] :],
    "the first frame": lambda c, at: c[: at[0] + 20] + bytes(40) + c[at[0] + 60 :],
    "the head of a frame": lambda c, at: c[: at[50] + 2] + b"\x00" + c[at[50] + 3 :],
    "two places": lambda c, at: c[: at[20] + 50] + bytes(99) + c[at[20] + 149 : at[80] + 50] + c[at[80] + 250 :],
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_costs_only_the_damaged_frames_whatever_the_block_and_the_stretch(
    content: bytes, write: Write, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flac_pieces, "_UNCHECKED", 8 * RATE)  # the check comes every 4 s
    _, whole = samples(write("whole.flac", content))
    path = write("broken.flac", DAMAGE[kind](content, frames(content)))
    stream, got = samples(path)
    assert got.shape == whole.shape
    lost = np.zeros(whole.shape[1], bool)
    for start, end in stream.facts.holes:
        lost[start:end] = True
    np.testing.assert_array_equal(got[:, ~lost], whole[:, ~lost])
    assert not got[:, lost].any()
    assert lost.sum() <= 16 * FRAME
    if kind != "frames come twice":
        assert judged(stream).status == "damaged"
        assert lost.any()
    np.testing.assert_array_equal(samples(path, 0.7)[1], got)
    for first in range(0, SECONDS * RATE, 7 * RATE):
        stretch = Stretch(first, first + 7 * RATE)
        np.testing.assert_array_equal(samples(path, stretch=stretch)[1], got[:, first : first + 7 * RATE])


@pytest.mark.parametrize("bit", [*range(28, 64), 0, 20, 27])
def test_a_number_of_samples_below_the_true_one_loses_nothing(content: bytes, write: Write, bit: int) -> None:
    path = write("x.flac", with_described(content, 1 << (63 - bit)))
    header = read_header(path)
    _, whole = samples(write("whole.flac", content))
    stream, got = samples(path)
    np.testing.assert_array_equal(got, whole)
    assert judged(stream).faults
    assert header.sample_rate == RATE
    assert (header.n_planned or 0) <= SECONDS * RATE


@pytest.mark.parametrize("place", [4, 5, 7, 8, 12, 17])
def test_damaged_metadata_lose_nothing(content: bytes, write: Write, place: int) -> None:
    _, whole = samples(write("whole.flac", content))
    path = write("x.flac", content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
    np.testing.assert_array_equal(samples(path)[1], whole)


def test_a_cut_file_gives_every_whole_frame(content: bytes, write: Write) -> None:
    _, whole = samples(write("whole.flac", content))
    for end in np.linspace(len(content) // 5, len(content) - 1, 7).astype(int):
        stream, got = samples(write("cut.flac", content[:end]))
        n_whole = sum(at <= end for at in frames(content)[1:])
        assert judged(stream).status == "truncated"
        np.testing.assert_array_equal(got, whole[:, : n_whole * FRAME])


def test_a_file_of_unknown_length_is_read_to_its_end(content: bytes, write: Write) -> None:
    described = int.from_bytes(content[DESCRIBED : DESCRIBED + 8], "big")
    path = write("x.flac", with_described(content, described & (1 << 36) - 1))
    stream, got = samples(path)
    assert judged(stream).status == "ok"
    np.testing.assert_array_equal(got, samples(write("whole.flac", content))[1])
