"""Small recordings for the tests of audio, and their faults."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from detector.audio.status import Status
from detector.audio.stream import AudioStream
from detector.audio.verdict import judge

Write = Callable[..., Path]


class Judged(NamedTuple):
    status: Status
    faults: list[str]


def judged(stream: AudioStream) -> Judged:
    """Judge a recording that was decoded from its beginning to its end."""
    status, faults = judge(stream.header, stream.channels, stream.facts)
    return Judged(status, [*stream.header.faults, *faults])


def noise(seconds: float, sample_rate: int = 48000, channels: int = 1, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((round(seconds * sample_rate), channels)) * 0.1).astype(np.float32)


def with_data_size(content: bytes, size: int) -> bytes:
    """Give a WAV file whose data chunk claims `size` bytes."""
    at = content.index(b"data") + 4
    return content[:at] + struct.pack("<I", size) + content[at + 4 :]


def with_noise_inside(content: bytes, n_bytes: int = 3000) -> bytes:
    """Give a file whose middle is overwritten."""
    middle = len(content) // 2
    junk = np.random.default_rng(0).integers(0, 256, n_bytes, dtype=np.uint8).tobytes()
    return content[:middle] + junk + content[middle + n_bytes :]


def a_list_chunk() -> bytes:
    comment = b"ICMT" + struct.pack("<I", 8) + b"hello!!\0"
    return b"LIST" + struct.pack("<I", 4 + len(comment)) + b"INFO" + comment


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Give a function that writes samples, or bytes, under a name in a temporary folder."""

    def written(name: str, content: NDArray[np.float32] | bytes, sample_rate: int = 48000, **options: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes | bytearray):
            path.write_bytes(content)
        else:
            soundfile.write(path, content, sample_rate, **options)
        return path

    return written
