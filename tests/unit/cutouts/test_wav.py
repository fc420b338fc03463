"""WAV files as clips are written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detector.audio.reading import read_header
from detector.cutouts.wav import WavWriter, integer_bytes

CHUNK = (b"guan", b"GUANO|Version: 1.0\n ")


@given(arrays(np.int32, st.integers(1, 50), elements=st.integers(-(2**31), 2**31 - 1)), st.sampled_from([8, 16, 24]))
def test_integers_that_were_scaled_to_floats_come_back(integers: np.ndarray, bits: int) -> None:
    low = integers >> (32 - bits)
    scaled = low.astype(np.float32) / np.float32(2 ** (bits - 1))
    content = integer_bytes(scaled[:, None], bits)
    stored = np.frombuffer(content, np.uint8).reshape(len(low), bits // 8).astype(np.int64)
    found = (stored << (8 * np.arange(bits // 8))).sum(axis=1)
    offset = 128 if bits == 8 else 0
    np.testing.assert_array_equal(found, (low + offset) % 2**bits)


def test_floats_beyond_full_scale_are_cut_off_and_no_number_is_0() -> None:
    samples = np.array([[1.0], [-1.0], [7.0], [-7.0], [np.inf], [np.nan]], np.float32)
    found = np.frombuffer(integer_bytes(samples, 16), "<i2")
    assert list(found) == [32767, -32768, 32767, -32768, 32767, 0]


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"])
@pytest.mark.parametrize(("n_samples", "n_channels"), [(1, 1), (7, 1), (7, 3), (1000, 2)])
def test_others_read_what_was_written_whatever_the_blocks(
    tmp_path: Path, subtype: str, n_samples: int, n_channels: int
) -> None:
    samples = (np.random.default_rng(0).integers(-100, 100, (n_samples, n_channels)) / 128).astype(np.float32)
    contents = []
    for length in (1000, 3):
        path = tmp_path / f"{length}.wav"
        file = WavWriter(path, subtype, 192000, n_channels)
        for start in range(0, n_samples, length):
            file.append(samples[start : start + length])
        file.finish(*CHUNK)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    found, rate = soundfile.read(path, dtype="float32", always_2d=True)
    np.testing.assert_array_equal(found, samples)
    header = read_header(path)
    assert (rate, header.subtype, header.status, header.faults) == (192000, subtype, "ok", ())
    assert [chunk.name for chunk in header.chunks][-1] == CHUNK[0]
    assert int.from_bytes(contents[0][4:8], "little") + 8 == len(contents[0])
