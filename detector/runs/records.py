"""Convert the results of recordings into records of a run's journal, and back."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from detector.audio.status import STATUSES, Status
from detector.chronology import Chronology, Piece
from detector.errors import shown
from detector.events import Event
from detector.place import Identity, LocalPlace
from detector.runs.journal import Extent, Record
from detector.runs.store import DamagedError
from detector.scanning.outcome import Member, Scanned
from detector.tables.effort import Effort

Detections = tuple[tuple[str, Event], ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Stored scores: `n_points` of each channel, float32 (channel, point, label), in the bytes of an extent."""

    n_points: int
    extent: Extent


@dataclass(frozen=True, slots=True)
class Finished:
    """The result of a recording, as the journal keeps it.

    Attributes
    ----------
    scanned : Scanned
        The result without its detections.
    n_detections : int
        Number of its detections.
    detections : Extent or None
        Where they are stored; None if there are none.
    chunks : tuple of Chunk
        Its scores, in order; empty if scores are not kept.
    """

    scanned: Scanned
    n_detections: int
    detections: Extent | None
    chunks: tuple[Chunk, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the names of the channels."""
        return tuple(row.channel for row in self.scanned.effort)


def record_of(result: Finished) -> Record:
    """Return the record of a result."""
    scanned = result.scanned
    identity = scanned.identity
    extents = [chunk.extent for chunk in result.chunks] + ([] if result.detections is None else [result.detections])
    series = {} if scanned.member is None else {"series": _json_of(scanned.member)}
    return series | {
        "recording": scanned.recording.name,
        "size": None if identity is None else identity.size,
        "modified_ns": None if identity is None else identity.modified_ns,
        "effort": [[row.channel, row.status, row.seconds, row.scanned_s, row.detail] for row in scanned.effort],
        "time": time_of(scanned.chronology),
        "remarks": list(scanned.remarks),
        "heard_s": scanned.heard_s,
        "detections": result.n_detections,
        "points": [chunk.n_points for chunk in result.chunks],
        "data": extents,
    }


def finished_of(record: Record) -> Finished:
    """Return the result that a record holds.

    Raises
    ------
    DamagedError
        If it is not the record of a result.
    """
    try:
        return _finished(record)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        name = record.get("recording")
        raise DamagedError(f"the journal of the run: the record of {shown(name)} is damaged: {error}") from error


def _finished(record: Record) -> Finished:
    recording = LocalPlace(Path(record["recording"]))
    chronology = chronology_of(record["time"])
    effort = tuple(
        Effort(
            recording,
            str(channel),
            _status(status),
            None if seconds is None else float(seconds),
            float(scanned_s),
            chronology,
            str(detail),
        )
        for channel, status, seconds, scanned_s, detail in record["effort"]
    )
    identity = None if record["size"] is None else Identity(record["size"], record["modified_ns"])
    scanned = Scanned(
        recording,
        chronology,
        effort,
        remarks=tuple(record["remarks"]),
        heard_s=float(record["heard_s"]),
        identity=identity,
        member=member_of(record),
    )
    extents = [Extent(*extent) for extent in record["data"]]
    points = record["points"]
    chunks = tuple(Chunk(n, extent) for n, extent in zip(points, extents))
    return Finished(scanned, int(record["detections"]), extents[-1] if len(extents) > len(points) else None, chunks)


def member_of(record: Record) -> Member | None:
    """Return the part that the recording of a record had in a series."""
    if "series" not in record:
        return None
    series, number, count, offset_s, until_s = record["series"]
    return Member(series, number, count, offset_s, inf if until_s is None else until_s)


def _json_of(member: Member) -> list[Any]:
    until_s = None if member.until_s == inf else member.until_s
    return [member.series, member.number, member.count, member.offset_s, until_s]


def bytes_of(detections: Detections) -> bytes:
    """Write detections as JSON."""
    rows = [
        (channel, event.start_s, event.end_s, event.label, event.low_hz, event.high_hz, event.score)
        for channel, event in detections
    ]
    return json.dumps(rows, separators=(",", ":")).encode("ascii")


def detections_of(data: bytes) -> Detections:
    """Read detections from JSON; raise `DamagedError` if they are none."""
    try:
        return tuple((channel, Event(*values)) for channel, *values in json.loads(data))
    except (ValueError, TypeError) as error:
        raise DamagedError(f"stored detections are damaged: {error}") from error


def time_of(chronology: Chronology | None) -> Any:
    """Write a chronology as JSON; None if it is unknown. A named zone is kept, because its offset may change."""
    if chronology is None:
        return None
    pieces = [
        [
            piece.offset_s,
            piece.start.isoformat(),
            getattr(piece.start.tzinfo, "key", None),
            piece.raw,
            None if piece.end_s == inf else piece.end_s,
        ]
        for piece in chronology.pieces
    ]
    return {"source": chronology.source, "pieces": pieces}


def chronology_of(content: Any) -> Chronology | None:
    """Read a chronology from JSON."""
    if content is None:
        return None
    pieces = tuple(
        Piece(offset_s, _moment(start, zone), raw, inf if end_s is None else end_s)
        for offset_s, start, zone, raw, end_s in content["pieces"]
    )
    return Chronology(pieces, content["source"])


def _moment(start: str, zone: str | None) -> datetime:
    when = datetime.fromisoformat(start)
    with suppress(ZoneInfoNotFoundError):  # another machine may not know the zone; its offset is true for the start
        return when if zone is None else when.astimezone(ZoneInfo(zone))
    return when


def _status(text: str) -> Status:
    return next(status for status in STATUSES if status == text)
