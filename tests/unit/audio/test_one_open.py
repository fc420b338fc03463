"""Each file is opened once for its header, and once for each stretch that is decoded."""

from __future__ import annotations

import pickle
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest

from detector.audio.reading import read_header
from detector.audio.stream import AudioStream, Stretch
from detector.place import Identity, LocalPlace
from detector.recipe import Audio

from .conftest import Write, noise, with_noise_inside

ASIS = Audio(sample_rate=48000)
HEALTHY = ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.aiff", "a.w64"]


@pytest.fixture
def opens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the name of each file that is opened."""
    names: list[str] = []
    opened = LocalPlace.open

    def counted(self: LocalPlace, expected: Identity | None = None) -> object:
        names.append(self.name)
        return opened(self, expected)

    monkeypatch.setattr(LocalPlace, "open", counted)
    return names


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_file_is_opened_once_for_its_header_and_once_for_each_stretch(
    write: Write, opens: list[str], name: str
) -> None:
    header = read_header(write(name, noise(3)), timezone=UTC)
    assert len(opens) == 1
    for stretch in (Stretch(), Stretch(48000, 96000)):
        list(AudioStream(header, ASIS, stretch=stretch).blocks())
    assert len(opens) == 3


@pytest.mark.parametrize("name", ["a.wav", "a.ogg", "a.mp3"])
def test_a_damaged_file_is_opened_no_oftener(write: Write, opens: list[str], name: str) -> None:
    path = write(name, noise(5))
    path.write_bytes(with_noise_inside(path.read_bytes()))
    list(AudioStream(path, ASIS).blocks())
    assert len(opens) == 2


@pytest.mark.parametrize("name", HEALTHY)
def test_reading_a_header_leaves_no_file_open(write: Write, name: str) -> None:
    path = write(name, noise(1))
    before = len(list(Path("/proc/self/fd").iterdir()))
    read_header(path)
    list(AudioStream(path, ASIS).blocks())
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("name", HEALTHY)
def test_a_header_crosses_processes_and_decodes_there_to_the_same_samples(write: Write, name: str) -> None:
    header = read_header(write(name, noise(2)))
    copy = pickle.loads(pickle.dumps(header))
    assert copy == header
    samples = [np.concatenate(list(AudioStream(known, ASIS).blocks()), axis=1) for known in (header, copy)]
    np.testing.assert_array_equal(*samples)
    with pytest.raises(AttributeError):
        header.sample_rate = 1  # type: ignore[misc]  # must fail
