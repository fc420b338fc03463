"""Cut the detections of many recordings into a folder of clips with a table of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from detector.cutouts.best import Best
from detector.cutouts.cut import Cutout, cut_recording
from detector.cutouts.kind import CLIP_COLUMN, KIND, TABLE
from detector.cutouts.names import ClipNames
from detector.errors import RecordingError, fault_of
from detector.outputs import new_folder, refuse_folder
from detector.place import Place, place_of
from detector.progress import SILENT, Progress
from detector.tables.csv_table import CsvWriter
from detector.tables.detection import Detection
from detector.tables.sink import Sink
from detector.tables.writer import DetectionsTable, WriteOptions
from detector.tables.writing import by_recording
from detector.texts import many

MARGIN_S = 1.0
MOST_SHOWN = 20
"""Most recordings that are named because their clips cannot be cut."""


class ClipCutter:
    """Cut detections out of recordings, one recording after another.

    Parameters
    ----------
    folder : Path
        Where the clips go.
    table : DetectionsTable
        Gets the row of each clip, with its name as an extra cell.
    margin_s : float
        Time before and after each detection, s.
    best : int or None
        Most clips of each label, those with the highest scores; None cuts all. They are known only at the end, so that
        `finish` cuts them. Otherwise each recording is cut at once.
    progress : Progress
        Hears which recordings cannot be cut.

    Attributes
    ----------
    n_clips, n_missing : int
        Number of clips that were cut, and of those that could not be.
    bugs : list of exceptions
        Errors of the program itself, one for each recording whose clips are missing through one.
    """

    def __init__(
        self,
        folder: Path,
        table: DetectionsTable,
        margin_s: float = MARGIN_S,
        best: int | None = None,
        progress: Progress = SILENT,
    ) -> None:
        self.n_clips = 0
        self.n_missing = 0
        self.bugs: list[Exception] = []
        self._n_unread = 0
        self._folder = folder
        self._table = table
        self._margin_s = margin_s
        self._best = None if best is None else Best(best)
        self._progress = progress
        self._names = ClipNames()

    def add(self, recording: Place, detections: Iterable[Detection]) -> None:
        """Take in all rows of a recording.

        Raises
        ------
        OSError
            If a clip cannot be written. A recording that cannot be read is counted.
        """
        if self._best is None:
            self._cut(recording, list(detections))
            return
        for detection in detections:
            self._best.add(recording, detection)

    def finish(self) -> None:
        """Cut the best detections, and say how many clips are missing."""
        if self._best is not None:
            kept = list(self._best.by_recording())
            for recording, detections in self._progress.through(kept, len(kept), "recording", "clips"):
                self._cut(recording, detections)
        if self.n_missing:
            of = many(self._n_unread, "recording")
            self._progress.say(f"{many(self.n_missing, 'clip')} of {of} could not be cut")

    def _cut(self, recording: Place, detections: Sequence[Detection]) -> None:
        if not detections:
            return
        cutouts = [Cutout(detection, self._names.next(detection)) for detection in detections]
        try:
            cut = cut_recording(recording, cutouts, self._folder, self._margin_s)
            reason = f"{recording}: ends before {len(cutouts) - len(cut):,} of its detections"
        except OSError:  # the clips cannot be written
            raise
        except Exception as error:  # noqa: BLE001 (one recording must not stop the others)
            cut = []
            fault = fault_of(recording, error)
            reason = fault.reason
            self.bugs += [] if fault.bug is None else [fault.bug]
        self._table.add(replace(cutout.detection, extra=(cutout.name,)) for cutout in cut)
        self._table.flush()
        self.n_clips += len(cut)
        if len(cut) < len(cutouts):
            self.n_missing += len(cutouts) - len(cut)
            self._n_unread += 1
            if self._n_unread <= MOST_SHOWN:
                self._progress.say(reason)


@dataclass(frozen=True)
class Cutting:
    """Which clips to cut, and where they go.

    Attributes
    ----------
    folder : Path
        A new folder.
    margin_s : float
        Time before and after each detection, s.
    best : int or None
        Most clips of each label, those with the highest scores; None for all.
    """

    folder: Path
    margin_s: float = MARGIN_S
    best: int | None = None

    def check(self, *, force: bool) -> None:
        """Raise `OutputError` if the folder cannot be written. `force` replaces a folder of clips only."""
        refuse_folder(self.folder, KIND, force=force)

    @contextmanager
    def opened(self, *, force: bool, alone: bool = False, progress: Progress = SILENT) -> Iterator[ClipCutter]:
        """Open the folder, which appears when the block succeeds; cut what is left to cut at its end.

        Parameters
        ----------
        force : bool
            As for `check`.
        alone : bool
            Whether the clips are all that a command makes of rows that exist already. Then numbers in the table keep
            all decimals, and it is an error if no clip can be cut.
        progress : Progress
            Hears which recordings cannot be cut.

        Raises
        ------
        RecordingError
            If clips alone are to be cut, and none can be; then no folder appears.
        """
        options = WriteOptions(columns=(CLIP_COLUMN,), exact=alone)
        with new_folder(self.folder, KIND, force=force) as folder:
            path = folder / TABLE
            with (
                path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream,
                CsvWriter(Sink(stream, self.folder / TABLE), options) as table,
            ):
                cutter = ClipCutter(folder, table, self.margin_s, self.best, progress)
                yield cutter
                cutter.finish()
            if alone and cutter.n_missing and not cutter.n_clips:
                raise RecordingError(f"{self.folder}: was not written, because no clip could be cut")


def cut_rows(rows: Iterable[Detection], cutting: Cutting, *, force: bool, progress: Progress = SILENT) -> ClipCutter:
    """Cut the rows of tables; the path in each row is that of its recording.

    Returns
    -------
    ClipCutter
        With the numbers of clips.

    Raises
    ------
    RecordingError
        If no clip can be cut, though there are rows; then no folder appears.
    """
    rows_of = by_recording(rows)
    with cutting.opened(force=force, alone=True, progress=progress) as cutter:
        for name, detections in progress.through(rows_of.items(), len(rows_of), "recording"):
            cutter.add(place_of(name), detections)
    return cutter
