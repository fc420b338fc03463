"""XWAV files: each raw file has a time of its own, and detections get the times that a calculation by hand gives."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from detector.audio.reading import read_header
from detector.audio.stream import AudioStream
from detector.chronology import Chronology, absolute_time
from detector.recipe import Audio
from tests.recorders import RATE, Chunk, Clock, harp, wav

THREE: list[Clock] = [(22, 5, 6, 7, 0, 0, 500), (22, 5, 6, 7, 10, 0, 0), (22, 5, 6, 7, 20, 0, 0)]
SECOND = 2 * RATE  # bytes
EXPECTED = {
    0.0: "2022-05-06T07:00:00.500+00:00",
    1.75: "2022-05-06T07:00:02.250+00:00",
    2.0: "2022-05-06T07:10:00.000+00:00",
    4.5: "2022-05-06T07:10:02.500+00:00",
    5.0: "2022-05-06T07:20:00.000+00:00",
    5.999: "2022-05-06T07:20:00.999+00:00",
}
"""Raw files of 2, 3 and 1 s: offset in the file, and the time calculated by hand."""


def duty_cycled(**options: int) -> Chunk:
    return harp(THREE, [2 * SECOND, 3 * SECOND, SECOND], **options)


def six_seconds(n_channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).integers(-99, 99, (6 * RATE, n_channels), dtype=np.int16)


def chronology_of(path: Path) -> Chronology:
    chronology = read_header(path).chronology
    assert chronology is not None
    return chronology


def check(chronology: Chronology) -> None:
    assert {offset: absolute_time(chronology, offset) for offset in EXPECTED} == EXPECTED
    assert chronology.breaks() == (2.0, 5.0)
    assert chronology.time_source == "xwav"


@pytest.mark.parametrize("version", [0, 1, 2])
def test_each_raw_file_has_a_time_of_its_own(tmp_path: Path, version: int) -> None:
    check(chronology_of(wav(tmp_path / "a.x.wav", [duty_cycled(version=version)], samples=six_seconds())))


@pytest.mark.parametrize("version", [1, 2])
def test_samples_of_two_channels_count_once(tmp_path: Path, version: int) -> None:
    sizes = [4 * SECOND, 6 * SECOND, 2 * SECOND]
    chunk = harp(THREE, sizes, version=version, n_channels=2)
    check(chronology_of(wav(tmp_path / "a.x.wav", [chunk], samples=six_seconds(2))))


@pytest.mark.parametrize("first_byte", [0, 1_000_000, 2**32 - SECOND])
def test_places_count_from_the_first_raw_file_and_may_wrap_at_4_gib(tmp_path: Path, first_byte: int) -> None:
    check(chronology_of(wav(tmp_path / "a.x.wav", [duty_cycled(first_byte=first_byte)], samples=six_seconds())))


@pytest.mark.parametrize("size", [0, 1, 2**31, 2**32 - 1])
@pytest.mark.parametrize("at", ["RIFF", "harp", "data"])
def test_wrong_sizes_in_the_header_change_no_time(tmp_path: Path, size: int, at: str) -> None:
    path = wav(tmp_path / "a.x.wav", [duty_cycled()], samples=six_seconds())
    content = bytearray(path.read_bytes())
    field = content.index(at.encode()) + 4
    content[field : field + 4] = struct.pack("<I", size)
    path.write_bytes(content)
    check(chronology_of(path))
    (samples,) = AudioStream(path, Audio(sample_rate=RATE)).blocks()
    np.testing.assert_array_equal(np.round(samples[0] * 32768), six_seconds()[:, 0])


def test_raw_files_that_follow_without_a_gap_are_no_breaks(tmp_path: Path) -> None:
    clocks: list[Clock] = [(22, 5, 6, 7, 0, 0, 0), (22, 5, 6, 7, 0, 2, 3), (22, 5, 6, 7, 0, 5, 1)]
    path = wav(tmp_path / "a.x.wav", [harp(clocks, [2 * SECOND, 3 * SECOND, SECOND])], samples=six_seconds())
    chronology = chronology_of(path)
    assert (len(chronology.pieces), chronology.breaks()) == (3, ())


def test_where_a_raw_file_gives_no_time_the_time_is_unknown(tmp_path: Path) -> None:
    clocks = [THREE[0], (22, 99, 99, 7, 10, 0, 0), THREE[2]]
    path = wav(tmp_path / "a.x.wav", [harp(clocks, [2 * SECOND, 3 * SECOND, SECOND])], samples=six_seconds())
    chronology = chronology_of(path)
    assert [absolute_time(chronology, offset) for offset in (1.75, 3.0, 5.0)] == [EXPECTED[1.75], "", EXPECTED[5.0]]


def test_the_rate_of_the_raw_files_goes_before_that_of_the_format_chunk(tmp_path: Path) -> None:
    header = read_header(wav(tmp_path / "a.x.wav", [duty_cycled()], samples=six_seconds(), rate=2000))
    assert header.sample_rate == RATE
    assert "2000" in header.faults[0]
    assert header.chronology is not None
    check(header.chronology)


@pytest.mark.parametrize("rate", [0, 8001, 2**31 - 23, 2**32 - 46])
def test_a_rate_that_no_recorder_has_is_not_taken_from_the_raw_files(tmp_path: Path, rate: int) -> None:
    header = read_header(wav(tmp_path / "b.x.wav", [duty_cycled(rate=rate)], samples=six_seconds()))
    assert (header.sample_rate, header.faults, header.chronology) == (RATE, (), None)


def flac_block(kind: int, content: bytes, last: bool = False) -> bytes:
    return bytes([kind | 0x80 * last]) + len(content).to_bytes(3, "big") + content


def test_a_flac_file_that_keeps_the_chunks_gives_the_same_times(tmp_path: Path) -> None:
    samples = six_seconds()
    source = wav(tmp_path / "a.x.wav", [duty_cycled()], samples=samples)
    kept = source.read_bytes()[: source.read_bytes().index(b"data") + 8]
    soundfile.write(tmp_path / "plain.flac", samples, RATE, subtype="PCM_16")
    content = (tmp_path / "plain.flac").read_bytes()
    name, harp_chunk = duty_cycled()
    blocks = [kept[:12], kept[12:36], name + struct.pack("<I", len(harp_chunk)) + harp_chunk, kept[-8:]]
    inserted = b"".join(flac_block(2, b"riff" + block) for block in blocks)
    (tmp_path / "a.x.flac").write_bytes(content[:42] + inserted + content[42:])
    check(chronology_of(tmp_path / "a.x.flac"))
    np.testing.assert_array_equal(soundfile.read(tmp_path / "a.x.flac", dtype="int16")[0], samples[:, 0])
