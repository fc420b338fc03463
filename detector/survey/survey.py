"""Read the headers of recordings, one after another, and describe files, folders and clocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from detector.audio.header import Header
from detector.audio.limits import DEFAULT_LIMITS, Limits
from detector.audio.reading import read_header
from detector.errors import Fault, fault_of
from detector.place import Named, Place
from detector.scanning.clocks import ClockWatch
from detector.scanning.listing import list_recordings
from detector.scanning.outcome import Scanned
from detector.survey.folders import FolderInfo, FolderSums
from detector.survey.recording import RecordingInfo, info_of, unreadable
from detector.tables.effort import Effort

if TYPE_CHECKING:
    from detector.audio.times.pattern import TimePattern


class Survey:
    """Describe recordings by their headers. Nothing is decoded, and each file is opened once.

    Parameters
    ----------
    paths : sequence of Path, str or Place
        Recordings, and folders of recordings.
    limits : Limits
        The largest values that a recording may have.
    timezone : tzinfo, optional
        Zone of times that are written without one.
    time_pattern : TimePattern, optional
        Where the time stands in the names.

    Attributes
    ----------
    names : list of str
        The recordings, in order.
    failed : int
        Number of files and folders, so far, that cannot be read.
    bugs : list of exceptions
        Errors of the program itself, one for each recording that failed through one.

    Raises
    ------
    ConfigurationError
        If no recording exists.
    """

    def __init__(
        self,
        paths: Sequence[Named],
        limits: Limits = DEFAULT_LIMITS,
        timezone: tzinfo | None = None,
        time_pattern: TimePattern | None = None,
    ) -> None:
        self._unsearched: list[tuple[Place, str]] = []
        self._recordings = list_recordings(paths, lambda folder, reason: self._unsearched.append((folder, reason)))
        self._limits = limits
        self._timezone = timezone
        self._time_pattern = time_pattern
        self._folders = FolderSums()
        self._clocks = ClockWatch(patterned=time_pattern is not None)
        self.names = [recording.name for recording in self._recordings]
        self.failed = 0
        self.bugs: list[Exception] = []

    def rows(self) -> Iterator[RecordingInfo]:
        """Yield a row for each folder that cannot be searched, then one for each recording, in order."""
        for folder, reason in self._unsearched:
            self.failed += 1
            yield unreadable(folder, Fault(f"cannot be searched: {reason}"))
        for recording in self._recordings:
            yield self._row(recording)

    def folders(self) -> list[FolderInfo]:
        """Summarise the folders of the recordings so far."""
        return list(self._folders.summaries())

    def notes(self) -> list[str]:
        """Describe the doubtful clocks so far, a line for each kind."""
        return list(self._clocks.lines())

    def _row(self, recording: Place) -> RecordingInfo:
        try:
            header = read_header(recording, self._limits, self._timezone, self._time_pattern)
            info = info_of(header)
        except Exception as error:  # noqa: BLE001 (one recording must not stop the others)
            fault = fault_of(recording, error)
            if fault.bug is not None:
                self.bugs.append(fault.bug)
            self.failed += 1
            info = unreadable(recording, fault)
            self._folders.add(info, None)
            return info
        self._folders.add(info, header)
        self._clocks.add(_as_scanned(header, info))
        return info


def _as_scanned(header: Header, info: RecordingInfo) -> Scanned:
    """Return a recording as `ClockWatch` looks at it, as if all of it had been scanned."""
    effort = Effort(header.place, str(header.n_channels), "ok")
    return Scanned(header.place, header.chronology, (effort,), heard_s=info.seconds or 0.0)
