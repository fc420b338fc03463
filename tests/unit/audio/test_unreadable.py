"""A disk or a network that fails while a recording is read: no recording looks finished that was not read."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import soundfile

from detector.audio.reading import read_header
from detector.audio.stream import AudioStream, Stretch
from detector.errors import RecordingError
from detector.place import Identity, LocalPlace
from detector.recipe import Audio
from tests.places import Failing

from .conftest import noise, with_noise_inside

RATE = 24000
SECONDS = 60  # FLAC is decoded a million samples ahead
ASIS = Audio(sample_rate=RATE)
NAMES = ["a.wav", "a.flac", "a.mp3", "a.ogg"]


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Write a recording in each format."""
    folder = tmp_path_factory.mktemp("sounds")
    for name in NAMES:
        with soundfile.SoundFile(folder / name, "w", RATE, 1) as file:
            for second in range(SECONDS):  # Vorbis crashes libsndfile if much is written at once
                file.write(noise(1, RATE, seed=second))
    return {name: (folder / name).read_bytes() for name in NAMES}


def decoded(stream: AudioStream) -> np.ndarray:
    return np.concatenate(list(stream.blocks()), axis=1)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_fails_at_any_byte_is_an_error_and_no_damage(
    contents: dict[str, bytes], name: str, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    place = Failing(name, contents[name])
    header = read_header(place)
    place.outage.first = round(share * len(place.content))
    with pytest.raises(RecordingError, match=rf"{name}.*{os.strerror(errno.EIO)}") as caught:
        decoded(AudioStream(header, ASIS))
    time_s = float(str(caught.value).rpartition("(at ")[2].removesuffix(" s)"))
    assert 0 <= time_s <= share * SECONDS + 0.5
    assert capfd.readouterr().err == ""
    place.outage.first = None
    assert decoded(AudioStream(header, ASIS)).shape[1] == SECONDS * RATE


@pytest.mark.parametrize("name", NAMES)
def test_the_error_is_named_as_the_system_names_it(contents: dict[str, bytes], name: str) -> None:
    place = Failing(name, contents[name])
    header = read_header(place)
    place.outage.first = len(place.content) // 2
    place.outage.number = errno.ESTALE
    with pytest.raises(RecordingError, match=os.strerror(errno.ESTALE)):
        decoded(AudioStream(header, ASIS))


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_that_fails_is_an_error_too(contents: dict[str, bytes], name: str) -> None:
    place = Failing(name, with_noise_inside(contents[name]))
    header = read_header(place)
    place.outage.first = round(0.75 * len(place.content))
    with pytest.raises(RecordingError, match=os.strerror(errno.EIO)):
        decoded(AudioStream(header, ASIS))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_fails_in_its_header_cannot_be_read(
    contents: dict[str, bytes], name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    place = Failing(name, contents[name])
    for first in (0, 3, 20):
        place.outage.first = first
        with pytest.raises(RecordingError, match=os.strerror(errno.EIO)):
            read_header(place)
    assert capfd.readouterr().err == ""


def test_a_stretch_before_the_fault_is_read(contents: dict[str, bytes]) -> None:
    place = Failing("a.wav", contents["a.wav"])
    header = read_header(place)
    place.outage.first = len(place.content) // 2
    assert decoded(AudioStream(header, ASIS, stretch=Stretch(0, 10 * RATE))).shape[1] == 10 * RATE


@dataclass(frozen=True)
class Descriptor:
    """A file of this machine whose descriptor is known, so that a test can spoil it."""

    local: LocalPlace
    opened: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        return str(self.local)

    @property
    def name(self) -> str:
        return self.local.name

    def open(self, expected: Identity | None = None) -> BinaryIO:
        file = self.local.open(expected)
        self.opened.append(file.fileno())
        return file

    def identity(self, file: BinaryIO | None = None) -> Identity:
        return self.local.identity(file)

    def spoil(self) -> None:
        """Make every read of the file that was opened last fail, as the system makes it fail."""
        unreadable = os.open(os.devnull, os.O_WRONLY)
        os.dup2(unreadable, self.opened[-1])
        os.close(unreadable)


def spoiled_after(blocks: Iterator[np.ndarray], place: Descriptor, n_blocks: int) -> Iterator[np.ndarray]:
    for n, block in enumerate(blocks):
        if n == n_blocks:
            place.spoil()
        yield block


@pytest.mark.parametrize("n_blocks", [0, 2])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_libsndfile_reads_by_itself_is_no_exception(
    contents: dict[str, bytes], tmp_path: Path, name: str, n_blocks: int
) -> None:
    path = tmp_path / name
    path.write_bytes(contents[name])
    place = Descriptor(LocalPlace(path))
    stream = AudioStream(read_header(place), ASIS, block_s=1.0)
    with pytest.raises(RecordingError, match=rf"{name}.*{os.strerror(errno.EBADF)}"):
        list(spoiled_after(stream.blocks(), place, n_blocks))
    assert stream.facts.error == ""
    assert stream.end_s < SECONDS
