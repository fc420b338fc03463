"""Clips folders: what is no whole folder of clips is refused with the program's own error."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from detector.clips import SPLITS, open_clips
from detector.errors import DetectorError
from tests import made
from tests.fuzz import folders
from tests.fuzz.target import Target

NAMES = ("recipe.toml", "clips.csv", "events.csv", "labels.json", "power-0000.npy")


@cache
def sound() -> Path:
    """Write clips, once."""
    recipe = made.recipe(labels={"names": ("low",)})
    return made.write_clips(Path(tempfile.mkdtemp(prefix="fuzz-clips-")) / "clips", recipe, n=12)


def seeds() -> tuple[bytes, ...]:
    """Give the files of a folder of clips."""
    return folders.seeds_of(sound(), NAMES)


def run(data: bytes, folder: Path) -> None:
    """Open clips with one spoilt file, and read what is taken."""
    with suppress(DetectorError):
        clips = open_clips(folders.with_file(sound(), NAMES, data, folder))
        for split in SPLITS:
            clips.in_split(split)
        clips.power(np.arange(len(clips)))
        clips.fingerprint()


TARGET = Target("clips", seeds, run, folders.mutate)
