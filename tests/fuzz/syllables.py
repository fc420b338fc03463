"""Tables of syllables (.not.mat): what scipy would die of is refused before it is read."""

from __future__ import annotations

import io
import random
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import scipy.io

from detector.errors import DetectorError
from detector.tables.formats import read_annotations
from detector.tables.table import ReadOptions
from tests.fuzz.target import Target, spoilt

_ONSETS = np.arange(5.0)[:, None]
_SYLLABLES = {"Fs": 8000.0, "onsets": _ONSETS, "offsets": _ONSETS + 0.5, "labels": "abcab"}


@cache
def seeds() -> tuple[bytes, ...]:
    """Give a file with compressed elements, and one without."""
    written = []
    for compressed in (True, False):
        stream = io.BytesIO()
        scipy.io.savemat(stream, _SYLLABLES | {"fname": "one.wav", "min_int": 5.0}, do_compression=compressed)
        written.append(stream.getvalue())
    return tuple(written)


def run(data: bytes, folder: Path) -> None:
    """Read a spoilt table; an error must be the program's own."""
    path = folder / "one.wav.not.mat"
    path.write_bytes(data)
    with suppress(DetectorError):
        read_annotations(path, [Path("one.wav")], ReadOptions(label="call"))


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Spoil bytes behind the head, mostly those of an element without compression."""
    return data[:128] + spoilt(data[128:], rng)


TARGET = Target("syllables", seeds, run, mutate)
