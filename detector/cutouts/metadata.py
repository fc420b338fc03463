"""The metadata of a clip as GUANO (guano-md.org): the recorder's own lines, with the clip's own time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from detector.audio.times.evidence import Evidence, text_of
from detector.chronology import Chronology
from detector.tables.detection import Detection
from detector.tables.instants import after, parse_time

CHUNK = b"guan"
_VERSION = "GUANO|Version"
_OWN = {_VERSION, "Timestamp", "Length", "Original Filename", "Species Auto ID", "Note"}
"""Keys that every clip writes anew."""


@dataclass(frozen=True)
class Source:
    """What a recording says of itself.

    Attributes
    ----------
    evidence : Evidence
        Its name, comment and chunks.
    chronology : Chronology or None
        When it was made.
    """

    evidence: Evidence
    chronology: Chronology | None


def guano(source: Source, detection: Detection, first_s: float, length_s: float) -> bytes:
    """Return the content of a clip's GUANO chunk, of an even number of bytes.

    The recorder's comment becomes a line of text: as the clip's own comment, it would give the clip the time of the
    recording's first sample.

    Parameters
    ----------
    source : Source
        The recording.
    detection : Detection
        The detection.
    first_s, length_s : float
        Where the clip begins in the recording, and its length, s.
    """
    fields = list(_fields(source.evidence))
    theirs = dict(fields)
    lines = [(_VERSION, theirs.get(_VERSION, "1.0"))]
    when = first_moment(detection, first_s, source.chronology)
    if when is not None:
        lines.append(("Timestamp", when.isoformat(timespec="milliseconds")))
    lines += [
        ("Length", f"{length_s / _time_expansion(theirs):.6f}"),
        ("Original Filename", PurePosixPath(detection.recording).name),
        ("Species Auto ID", detection.event.label),
    ]
    if "Samplerate" not in theirs:
        lines.append(("Samplerate", str(source.evidence.sample_rate)))
    notes = [note for note in (theirs.get("Note", ""), source.evidence.comment.strip()) if note]
    if notes:
        lines.append(("Note", "\n".join(dict.fromkeys(notes))))
    lines += [(key, value) for key, value in fields if key not in _OWN]
    text = "".join(f"{key}: {_one_line(value)}\n" for key, value in lines)
    content = text.encode("utf-8", "replace")
    return content + b" " * (len(content) % 2)


def first_moment(detection: Detection, first_s: float, chronology: Chronology | None) -> datetime | None:
    """Return the time of a clip's first sample, to the millisecond; None if it is unknown.

    The time in the row goes before that of the recording, which may lack a zone that the scan was told. But a time with
    a zone goes before one without.

    Parameters
    ----------
    detection : Detection
        The row.
    first_s : float
        Where the clip begins in the recording, s. No pause of the recorder may lie between there and the onset.
    chronology : Chronology or None
        Of the recording.
    """
    moment = None if chronology is None else chronology.at(first_s)
    when = parse_time(detection.start_time)
    if when is None or (moment is not None and when.tzinfo is None and moment.when.tzinfo is not None):
        return None if moment is None else moment.when
    rounded = after(when, first_s - round(detection.event.start_s, 3)) + timedelta(microseconds=500)
    return rounded.replace(microsecond=rounded.microsecond // 1000 * 1000)


def _fields(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of a recording's own GUANO chunk."""
    for line in text_of(evidence.contents.get(CHUNK, b"")).split("\n"):
        key, colon, value = line.partition(":")
        if colon and key.strip():
            yield key.strip(), value.strip(" \t\r\0")


def _time_expansion(fields: dict[str, str]) -> float:
    """Return how many times slower than the sound the recording plays, by the line `TE`; usually 1."""
    text = fields.get("TE", "1")
    return float(text) if text.isdecimal() and float(text) > 0 else 1.0


def _one_line(value: str) -> str:
    """Return a value in the form for several lines, which GUANO joins with a backslash and an n."""
    return "\\n".join(value.replace("\0", "").splitlines())
