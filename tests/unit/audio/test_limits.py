from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import pytest

from detector.audio.limits import LOWEST_RATE, Limits
from detector.audio.reading import read_header
from detector.audio.stream import AudioStream
from detector.errors import RecordingError
from detector.recipe import Audio

from .conftest import Write


def wav(rate: int, channels: int = 1, n_bytes: int = 200_000) -> bytes:
    """Make a WAV file whose header agrees with itself, whatever it asks for."""
    fields = struct.pack("<HHIIHH", 1, channels, rate, min(rate * channels * 2, 2**32 - 1), channels * 2, 16)
    body = (
        b"WAVEfmt "
        + struct.pack("<I", 16)
        + fields
        + b"data"
        + struct.pack("<I", n_bytes)
        + bytes(range(250)) * (n_bytes // 250)
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "channels", "limit"),
    [
        (1, 1, "rate"),
        (LOWEST_RATE - 1, 1, "rate"),
        (4_000_001, 1, "rate"),
        (2**31 - 1, 1, "rate"),
        (1_000_000, 65, "data"),
    ],
)
def test_a_header_that_asks_for_more_than_a_limit_is_refused_with_its_name(
    write: Write, rate: int, channels: int, limit: str
) -> None:
    with pytest.raises(RecordingError, match=rf"{rate}.*limit: {limit}"):
        read_header(write("x.wav", wav(rate, channels)))


def test_a_limit_can_be_raised_and_lowered(write: Write) -> None:
    path = write("x.wav", wav(5_000_000))
    assert read_header(path, Limits(rate=5_000_000)).sample_rate == 5_000_000
    with pytest.raises(RecordingError, match="limit: rate"):
        read_header(write("y.wav", wav(48_000)), Limits(rate=44_100))


@pytest.mark.parametrize(("rate", "channels"), [(LOWEST_RATE, 1), (4_000_000, 1), (1_000_000, 64), (250_000, 250)])
@pytest.mark.parametrize("target", [8000, 24_000, 250_000])
@pytest.mark.parametrize("channel", ["mix", "each"])
def test_a_block_is_bounded_at_both_rates_whatever_the_header_says(
    write: Write, rate: int, channels: int, target: int, channel: str
) -> None:
    path = write("x.wav", wav(rate, channels, 2_000_000))
    stream = AudioStream(path, Audio(sample_rate=target, channel=channel))
    tracemalloc.start()
    blocks = stream.blocks()
    for _, block in zip(range(3), blocks):
        assert block.size <= 3 * 2**21
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6


def test_what_a_file_holds_bounds_what_is_planned(write: Write, tmp_path: Path) -> None:
    content = wav(8000)
    at = content.index(b"data") + 4
    path = write(
        "x.wav", content[:4] + b"\1\2\3\4" + content[8:at] + struct.pack("<I", 2**31 - 5000) + content[at + 4 :]
    )
    header = read_header(path)
    assert header.n_planned == 100_000
    assert (header.n_frames or 0) > 10**9
