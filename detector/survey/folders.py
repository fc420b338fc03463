"""Summarise the recordings of each folder: hours, first and last time, gaps, duty cycle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath

from detector.audio.header import Header
from detector.audio.metadata import FIRST_YEAR
from detector.audio.times.names import without_time
from detector.chronology import Chronology
from detector.events import Span
from detector.survey.recording import RecordingInfo
from detector.survey.schedule import Coverage, Schedule, find_coverage, find_schedule

_END_YEAR = 9000  # later times leave no room for arithmetic


@dataclass(frozen=True)
class FolderInfo:
    """The recordings of a folder, without those of the folders in it.

    Attributes
    ----------
    folder : str
        Its path.
    recordings, failed : int
        Number of recordings, and of those that cannot be read.
    seconds : float
        Length of the sound, s. Recordings of unknown length are left out.
    untimed : int
        Number of recordings whose time is unknown, was never set, or has no zone though that of others has one.
    first, last : datetime or None
        First and last moment, each in the zone of its recording; None if no time is known.
    schedule : Schedule or None
        The duty cycle; None if the recordings follow none.
    coverage : Coverage or None
        Which part of the time from `first` to `last` was recorded; None if no time is known.
    """

    folder: str
    recordings: int
    failed: int
    seconds: float
    untimed: int
    first: datetime | None = None
    last: datetime | None = None
    schedule: Schedule | None = None
    coverage: Coverage | None = None

    def as_object(self) -> dict[str, object]:
        """Return the figures for JSON."""
        return {
            "folder": self.folder,
            "recordings": self.recordings,
            "failed": self.failed,
            "seconds": round(self.seconds, 3),
            "untimed": self.untimed,
            "first": None if self.first is None else self.first.isoformat(timespec="milliseconds"),
            "last": None if self.last is None else self.last.isoformat(timespec="milliseconds"),
            "gaps": None if self.coverage is None else len(self.coverage.gaps),
            "longest_gap_s": None if self.coverage is None else round(self.coverage.longest_gap_s, 3),
            "coverage": None if self.coverage is None else self.coverage.share,
            "on_s": None if self.schedule is None else round(self.schedule.on_s, 3),
            "every_s": None if self.schedule is None else round(self.schedule.every_s, 3),
        }


@dataclass
class _Times:
    """The times of recordings that can be compared with one another.

    Attributes
    ----------
    n_recordings : int
        Their number.
    spans : dict of str to spans
        Start and end of the stretches of sound, by the name of the recorder; s since 1970.
    first, last : (float, datetime) or None
        The first and the last moment.
    """

    n_recordings: int = 0
    spans: defaultdict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))
    first: tuple[float, datetime] | None = None
    last: tuple[float, datetime] | None = None

    def add(self, recorder: str, chronology: Chronology, length_s: float) -> None:
        """Add the stretches of a recording."""
        self.n_recordings += 1
        for piece, end_s in chronology.stretches(length_s):
            start = _seconds(piece.start)
            end = start + end_s - piece.offset_s
            self.spans[recorder].append((start, end))
            if self.first is None or start < self.first[0]:
                self.first = (start, piece.start)
            if self.last is None or end > self.last[0]:
                self.last = (end, piece.at(end_s))


@dataclass
class _Folder:
    """The sums of a folder, while its recordings are read. Times with and without a zone cannot be compared."""

    recordings: int = 0
    failed: int = 0
    seconds: float = 0.0
    zoned: _Times = field(default_factory=_Times)
    zoneless: _Times = field(default_factory=_Times)


class FolderSums:
    """Add up recordings, one after another, and summarise their folders. It keeps two numbers for each recording."""

    def __init__(self) -> None:
        self._folders: defaultdict[str, _Folder] = defaultdict(_Folder)

    def add(self, info: RecordingInfo, header: Header | None) -> None:
        """Add a recording; its header is None if it cannot be read."""
        folder = self._folders[str(PurePosixPath(info.recording).parent)]
        folder.recordings += 1
        folder.failed += info.failed
        folder.seconds += info.seconds or 0.0
        chronology = None if header is None else header.chronology
        if chronology is None or not all(FIRST_YEAR <= piece.start.year < _END_YEAR for piece in chronology.pieces):
            return
        recorder = without_time(info.recording, chronology.pieces[0].raw)
        times = folder.zoned if chronology.zoned else folder.zoneless
        times.add(recorder, chronology, info.seconds or 0.0)

    def summaries(self) -> Iterator[FolderInfo]:
        """Yield the summary of each folder, in the order in which the folders came."""
        for name, folder in self._folders.items():
            times = max(folder.zoned, folder.zoneless, key=lambda times: times.n_recordings)
            counts = (name, folder.recordings, folder.failed, folder.seconds, folder.recordings - times.n_recordings)
            if times.first is None or times.last is None:
                yield FolderInfo(*counts)
                continue
            schedule = find_schedule(times.spans.values())
            everything = [span for spans in times.spans.values() for span in spans]
            coverage = find_coverage(everything, schedule)
            yield FolderInfo(*counts, times.first[1], times.last[1], schedule, coverage)


def _seconds(when: datetime) -> float:
    """Return the seconds since 1970; for a time without a zone, by its own clock."""
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
