from __future__ import annotations

from functools import reduce
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import floats, integers, sampled_from, tuples

from detector.audio.stream import AudioStream
from detector.recipe import Audio

QUIET = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path: Path, audio: Audio, block_s: float) -> np.ndarray:
    stream = AudioStream(path, audio, block_s)
    return np.concatenate([np.empty((len(stream.channels), 0), np.float32), *stream.blocks()], axis=1)


@QUIET
@given(
    rate=sampled_from([22050, 24000, 44100, 48000, 250000]),
    shape=tuples(integers(0, 30_000), sampled_from([1, 2, 3, 5])),
    block_s=floats(0.002, 2),
    channel=sampled_from(["mix", "each", 0]),
)
def test_the_block_size_changes_no_bit_and_all_is_as_resampled_at_once(
    tmp_path: Path, rate: int, shape: tuple[int, int], block_s: float, channel: str | int
) -> None:
    samples = np.random.default_rng(shape).standard_normal(shape).astype(np.float32)
    path = tmp_path / "x.wav"
    soundfile.write(path, samples, rate, subtype="FLOAT")
    found = read(path, Audio(sample_rate=24000, channel=channel), block_s)
    match channel:
        case "mix":
            chosen = (reduce(np.add, samples.T) / np.float32(shape[1]))[:, None]
        case "each":
            chosen = samples
        case _:
            chosen = samples[:, :1]
    expected = soxr.resample(chosen, rate, 24000, quality="HQ") if len(chosen) else chosen
    np.testing.assert_array_equal(found, expected.T)


@pytest.mark.parametrize("name", ["21100_36_48.mp3", "21100_36_48.ogg", "21100_36_48.opus", "21100_36_48.flac"])
def test_the_block_size_changes_no_bit_of_a_compressed_recording(data: Path, name: str) -> None:
    path = data / "formats" / "perch" / name
    audio = Audio(sample_rate=24000)
    whole = read(path, audio, 100)
    for block_s in (0.01, 0.1, 0.77, 3.1):
        np.testing.assert_array_equal(read(path, audio, block_s), whole)
