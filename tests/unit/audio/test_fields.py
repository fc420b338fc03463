from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile

from detector.audio.header import Header
from detector.audio.reading import read_header

from .conftest import Write, noise

RATE = 24000
WAV_FIELDS = {
    "coding": (0, "H"),
    "channels": (2, "H"),
    "rate": (4, "I"),
    "bytes a second": (8, "I"),
    "frame": (12, "H"),
    "bits": (14, "H"),
}


def with_field(content: bytes, name: str, bit: int) -> bytes:
    """Turn over a bit of a field of a WAV header."""
    offset, kind = WAV_FIELDS[name]
    at = content.index(b"fmt ") + 8 + offset
    (value,) = struct.unpack_from(f"<{kind}", content, at)
    return content[:at] + struct.pack(f"<{kind}", value ^ 1 << bit) + content[at + struct.calcsize(kind) :]


def samples(header: Header, n_frames: int) -> np.ndarray:
    with header.opened() as sound:
        return sound.read(n_frames, dtype="float32", always_2d=True)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("coding", range(16)),
        ("channels", range(6)),
        ("rate", range(23)),
        ("bytes a second", range(31)),
        ("frame", range(6)),
        ("bits", range(3, 6)),
    ],
)
def test_one_wrong_bit_in_a_header_changes_no_sample_and_no_time_and_is_told(
    write: Write, channels: int, subtype: str, name: str, bits: range
) -> None:
    whole = write("whole.wav", noise(0.2, RATE, channels), RATE, subtype=subtype)
    expected = soundfile.read(whole, dtype="float32", always_2d=True)[0]
    for bit in bits:
        header = read_header(write("wrong.wav", with_field(whole.read_bytes(), name, bit)))
        assert (header.sample_rate, header.n_channels, header.n_frames) == (RATE, channels, len(expected)), bit
        np.testing.assert_array_equal(samples(header, len(expected)), expected)
        assert header.faults or name == "frame", bit


@pytest.mark.parametrize(("at", "bit"), [(1, 0), (1, 1), (7, 3), (7, 4), (5, 0), (4, 2)])
def test_one_wrong_bit_in_an_aiff_header_changes_no_sample(write: Write, at: int, bit: int) -> None:
    whole = write("whole.aiff", noise(0.2, RATE, 2), RATE, subtype="PCM_16")
    content = bytearray(whole.read_bytes())
    content[content.index(b"COMM") + 8 + at] ^= 1 << bit
    header = read_header(write("wrong.aiff", bytes(content)))
    expected = soundfile.read(whole, dtype="float32", always_2d=True)[0]
    np.testing.assert_array_equal(samples(header, len(expected)), expected)
    assert header.faults


def test_a_header_that_agrees_with_itself_is_left_alone(write: Write) -> None:
    for name, subtype in (("a.wav", "PCM_16"), ("b.wav", "FLOAT"), ("c.wav", "ULAW"), ("d.aiff", "PCM_24")):
        header = read_header(write(name, noise(0.2, RATE, 2), RATE, subtype=subtype))
        assert (header.faults, header.view, header.raw) == ((), None, False)


def test_a_writer_that_leaves_the_bytes_a_second_open_is_believed(write: Write) -> None:
    content = write("x.wav", noise(0.2, RATE), RATE).read_bytes()
    at = content.index(b"fmt ") + 16
    assert read_header(write("y.wav", content[:at] + bytes(4) + content[at + 4 :])).faults == ()


def test_a_file_that_the_decoder_refuses_is_read_by_its_own_fields(write: Write) -> None:
    whole = write("whole.wav", noise(0.2, RATE), RATE)
    path = write("two.wav", whole.read_bytes() + b"data" + struct.pack("<I", 400) + bytes(400))
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.info(path)
    header = read_header(path)
    expected = soundfile.read(whole, dtype="float32", always_2d=True)[0]
    np.testing.assert_array_equal(samples(header, len(expected)), expected)
    assert "two" in header.faults[-1]
