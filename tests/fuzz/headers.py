"""Headers of recordings: what is no recording is refused, and the time of a beginning is found or not."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from detector.audio.metadata import name_chronology
from detector.audio.reading import read_header
from detector.errors import RecordingError
from detector.place import LocalPlace
from tests.fuzz import sounds
from tests.fuzz.target import Target


def run(data: bytes, folder: Path) -> None:
    """Read the header of a spoilt recording, and when it began."""
    path = sounds.written(data, folder)
    with suppress(RecordingError):
        header = read_header(path)
        assert header.sample_rate > 0
        assert header.n_channels > 0
        assert header.n_frames is None or header.n_frames >= 0
        assert header.chronology is None or header.chronology.pieces
    name_chronology(LocalPlace(path))


TARGET = Target("headers", sounds.seeds, run, sounds.mutate)
