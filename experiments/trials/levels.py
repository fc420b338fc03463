"""Recordings as another recorder would have made them: quieter by so many decibels."""

from __future__ import annotations

from pathlib import Path

import soundfile

from detector.errors import ConfigurationError
from trials.files import alone

SUFFIX = ".flac"


def quieter(path: Path, data: Path, work: Path, by_db: float) -> Path:
    """Make a quieter copy of a recording under `work`, of 24 bits, unless it is there; names stay what they are.

    Raises
    ------
    ConfigurationError
        Not a FLAC file of `data`: annotations find recordings by their names.
    """
    if path.suffix != SUFFIX or not path.is_relative_to(data):
        raise ConfigurationError(f"--quieter: {path}: must be a {SUFFIX} file in {data}")
    copy = work / "quieter" / f"{by_db:.12g}-dB" / path.relative_to(data)
    with alone(work, f"quieter-{by_db:.12g}-{path.name}"):
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            sound, rate = soundfile.read(path)
            partial = copy.with_suffix(".partial")
            soundfile.write(partial, sound * 10 ** (-by_db / 20), rate, format="FLAC", subtype="PCM_24")
            partial.replace(copy)
    return copy
