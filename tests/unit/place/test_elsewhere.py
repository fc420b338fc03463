"""Recordings that are no files of this machine: whatever keeps the protocol is read to the same samples."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import soundfile

from detector.audio.reading import read_header
from detector.audio.stream import AudioStream
from detector.place import Children, Identity, Place
from detector.recipe import Audio


@dataclass(frozen=True)
class Memory:
    """A recording in memory, which has no descriptor that libsndfile could read."""

    name: str
    content: bytes

    def open(self, expected: Identity | None = None) -> BinaryIO:
        return io.BytesIO(self.content)

    def size(self) -> int:
        return len(self.content)

    def identity(self, file: BinaryIO | None = None) -> Identity:
        return Identity(len(self.content), 0)

    def exists(self) -> bool:
        return True

    def is_folder(self) -> bool:
        return False

    def children(self, extensions: frozenset[str]) -> Children:
        return Children([], [])

    def beside(self, name: str) -> Memory:
        return Memory(name, b"")

    def canonical(self, folders: dict[str, str] | None = None) -> str:
        return self.name


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
@pytest.mark.parametrize("damaged", [False, True])
def test_a_recording_elsewhere_gives_the_same_samples_as_a_file(tmp_path: Path, name: str, damaged: bool) -> None:
    path = tmp_path / name
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(96000), 24000)
    content = path.read_bytes()
    if damaged:
        middle = len(content) // 2
        content = content[:middle] + bytes(3000) + content[middle + 3000 :]
        path.write_bytes(content)
    place: Place = Memory(name, content)
    streams = [AudioStream(read_header(where), Audio(sample_rate=24000)) for where in (path, place)]
    samples = [np.concatenate(list(stream.blocks()), axis=1) for stream in streams]
    np.testing.assert_array_equal(*samples)
    assert streams[0].facts == streams[1].facts
    assert streams[0].header.faults == streams[1].header.faults
