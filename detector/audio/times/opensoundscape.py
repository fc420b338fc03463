"""OpenSoundscape: the comment of a file that it cut. The recorder's own comment in it may be of a longer file."""

from __future__ import annotations

import json

from detector.audio.times.evidence import Evidence, read_iso
from detector.chronology import Chronology

BEGINNING = "opso_metadata"


def read(evidence: Evidence) -> Chronology | None:
    """Read the start of the cut file."""
    if not evidence.comment.startswith(BEGINNING):
        return None
    try:
        start = json.loads(evidence.comment.removeprefix(BEGINNING)).get("recording_start_time")
    except (ValueError, AttributeError, RecursionError):
        return None
    when = read_iso(start) if isinstance(start, str) else None
    return None if when is None else Chronology.since(when, "opensoundscape", start)
