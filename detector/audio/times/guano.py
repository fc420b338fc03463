"""GUANO (guano-md.org): lines of text that bat detectors and new AudioMoths write into a chunk."""

from __future__ import annotations

from detector.audio.times.evidence import Evidence, read_iso, text_of
from detector.chronology import Chronology


def read(evidence: Evidence) -> Chronology | None:
    """Read the line `Timestamp`. A blank may stand for its "T", and the offset may have no colon."""
    for line in text_of(evidence.contents.get(b"guan", b"")).splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "Timestamp":
            stamp = value.strip(" \t\0")
            when = read_iso(stamp)
            return None if when is None else Chronology.since(when, "guano", stamp)
    return None
