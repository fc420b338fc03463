"""Count what a scan did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from detector.audio.status import Status
from detector.cutouts import ClipCutter
from detector.errors import Parameter
from detector.scanning.clocks import ClockWatch
from detector.scanning.outcome import Scanned
from detector.scanning.setting import Setting
from detector.texts import many

INCOMPLETE: tuple[Status, ...] = ("damaged", "truncated", "empty")
"""Statuses of recordings that were scanned only in part. Recordings that failed are counted apart."""


@dataclass
class Summary:
    """What a scan did.

    Attributes
    ----------
    recordings, detections, failed : int
        Numbers of recordings, of detections, and of recordings that were not analysed.
    left_out : int
        Number of detections that the format of the table could not hold.
    clips : int or None
        Number of clips that were cut; None if none were asked for.
    uncut : int
        Number of detections that could not be cut.
    seconds : float
        Length of the scanned sound, s.
    joined : int
        Number of recordings that were scanned as the continuation of another one.
    statuses : Counter
        Number of recordings with each of the statuses in `INCOMPLETE`.
    bugs : list of exceptions
        Errors of the program itself, one for each recording that failed through one.
    clocks : ClockWatch
        What is doubtful about the times of the recordings.
    continuous : bool
        Whether recordings that follow one another were to be joined.
    """

    recordings: int = 0
    seconds: float = 0.0
    joined: int = 0
    detections: int = 0
    failed: int = 0
    left_out: int = 0
    clips: int | None = None
    uncut: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    bugs: list[Exception] = field(default_factory=list)
    clocks: ClockWatch = field(default_factory=ClockWatch)
    continuous: bool = False

    def add(self, scanned: Scanned) -> None:
        """Count a recording."""
        self.recordings += 1
        self.seconds += scanned.scanned_s
        self.joined += scanned.member is not None and scanned.member.number > 0
        self.detections += len(scanned.detections)
        self.failed += scanned.failed
        self.clocks.add(scanned)
        self.statuses.update({row.status for row in scanned.effort} & set(INCOMPLETE))
        if scanned.bug is not None:
            self.bugs.append(scanned.bug)

    def count_clips(self, cutter: ClipCutter | None) -> None:
        """Count the clips; None for none."""
        if cutter is not None:
            self.clips = cutter.n_clips
            self.uncut = cutter.n_missing
            self.bugs.extend(cutter.bugs)

    @property
    def incomplete(self) -> bool:
        """Return whether a recording failed, or was scanned only in part."""
        return bool(self.failed or self.statuses)

    def notes(self) -> Iterator[str]:
        """Say how many recordings were joined, if that was asked for, and what is doubtful about their times."""
        if self.continuous:
            n_joined = f"{self.joined:,} of {many(self.recordings, 'recording')}"
            hint = "" if self.joined else "; this needs start times, and WAV, FLAC, AIFF, W64 or RF64"
            yield f"{Parameter('continuous', 'scan')}: {n_joined} began where the one before ended{hint}"
        yield from self.clocks.lines()

    def __str__(self) -> str:
        """Write the counts in one line."""
        counts = (
            many(self.recordings, "recording"),
            f"{self.seconds / 3600:.2f} h scanned",
            many(self.detections, "detection"),
            *([] if self.clips is None else [many(self.clips, "clip")]),
            f"{self.failed} failed",
            *(f"{self.statuses[status]} {status}" for status in INCOMPLETE if self.statuses[status]),
        )
        return ", ".join(counts)


def summary_for(setting: Setting) -> Summary:
    """Return the summary of a scan that begins."""
    watch = ClockWatch(patterned=setting.time_pattern is not None)
    return Summary(clocks=watch, continuous=setting.continuous)
