"""A stretch of a recording as the file codes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from detector.audio.original import original_blocks
from detector.audio.reading import read_header
from detector.audio.stream import AudioStream, Stretch
from detector.errors import RecordingError
from detector.recipe import Audio

from .conftest import Write, noise, with_noise_inside


def original(path: Path, first: int, end: int) -> np.ndarray:
    header = read_header(path)
    position = first
    blocks = []
    for start, block in original_blocks(header, first, end):
        assert start == position
        position += len(block)
        blocks.append(block)
    return np.concatenate(blocks) if blocks else np.empty((0, header.n_channels))


@pytest.mark.parametrize(("subtype", "dtype"), [("PCM_16", np.int16), ("PCM_32", np.int32)])
def test_integers_are_those_of_the_file(tmp_path: Path, subtype: str, dtype: type[np.integer]) -> None:
    bounds = np.iinfo(dtype)
    samples = np.random.default_rng(1).integers(bounds.min, bounds.max, (4000, 2), dtype, endpoint=True)
    soundfile.write(tmp_path / "x.wav", samples, 8000, subtype=subtype)
    found = original(tmp_path / "x.wav", 100, 3000)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, samples[100:3000])


def test_integers_of_32_bits_are_scanned_as_libsndfile_scales_them(tmp_path: Path) -> None:
    samples = np.random.default_rng(2).integers(-(2**31), 2**31, (4000, 1), np.int32)
    soundfile.write(tmp_path / "x.wav", samples, 8000, subtype="PCM_32")
    (block,) = AudioStream(tmp_path / "x.wav", Audio(sample_rate=8000)).blocks()
    np.testing.assert_array_equal(block[0], soundfile.read(tmp_path / "x.wav", dtype="float32")[0])


@pytest.mark.parametrize("format_", ["flac", "ogg", "mp3"])
def test_other_codings_give_the_samples_of_the_stream(write: Write, format_: str) -> None:
    path = write(f"x.{format_}", noise(3, channels=2))
    (expected,) = AudioStream(path, Audio(sample_rate=48000, channel="each"), stretch=Stretch(5000, 99000)).blocks()
    found = original(path, 5000, 99000)
    scaled = found * np.float32(2**-15) if found.dtype == np.int16 else found
    np.testing.assert_array_equal(scaled.T, expected)


def test_a_hole_gives_zeros_and_the_rest_its_true_place(data: Path, write: Write) -> None:
    samples = np.round(noise(20) * 2**15).astype(np.int16)
    path = write("x.flac", samples, subtype="PCM_16")
    path.write_bytes(with_noise_inside(path.read_bytes()))
    header = read_header(path)
    found = original(path, 0, len(samples))
    assert len(found) == header.n_frames == len(samples)
    right = (found == samples).all(axis=1)
    assert not right.all()
    assert right.mean() > 0.8
    assert (found[~right] == 0).all()


def test_a_stretch_ends_with_the_recording(write: Write) -> None:
    path = write("x.wav", noise(1))
    assert len(original(path, 40000, 60000)) == 8000
    assert len(original(path, 50000, 60000)) == 0


def test_a_recording_that_is_gone_is_named(write: Write) -> None:
    path = write("x.wav", noise(1))
    header = read_header(path)
    path.unlink()
    with pytest.raises(RecordingError, match=r"x\.wav"):
        list(original_blocks(header, 0, 10))
