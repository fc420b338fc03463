"""The tables that a scan writes: detections, scores and effort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from detector.chronology import absolute_time
from detector.cutouts import ClipCutter, Cutting
from detector.errors import ConfigurationError
from detector.outputs import check_output, new_files
from detector.place import LocalPlace, Place
from detector.progress import SILENT, Progress
from detector.scanning.blocks import ScoreBlock, Take
from detector.scanning.outcome import Scanned
from detector.tables.csv_rows import CsvRows
from detector.tables.csv_table import SCORE_COLUMNS
from detector.tables.destination import Destination
from detector.tables.detection import Detection
from detector.tables.effort import EffortWriter
from detector.tables.origin import Origin
from detector.tables.sink import Sink
from detector.tables.tally import Tally
from detector.tables.writer import DetectionsTable, WriteOptions

Row = tuple[str, ...]


@dataclass(frozen=True)
class Outputs:
    """Where the tables go.

    Attributes
    ----------
    detections : Destination
        Where the detections go, and in which format; CSV to a stream by default.
    scores, effort : Path or None
        The tables of scores and effort; None for none.
    force : bool
        Whether existing files may be replaced.
    clips : Cutting or None
        Which detections are cut out as clips; None for none.
    """

    detections: Destination = field(default_factory=Destination)
    scores: Path | None = None
    effort: Path | None = None
    force: bool = False
    clips: Cutting | None = None

    def check(self) -> None:
        """Raise `OutputError` or `ConfigurationError` if a table cannot be written."""
        paths = self.paths
        for n, path in enumerate(paths):
            if path.resolve() in {other.resolve() for other in paths[:n]}:
                raise ConfigurationError(f"{path}: is named for two outputs; each needs a file of its own")
        self.detections.check(force=self.force)
        for table in (self.scores, self.effort):
            if table is not None:
                check_output(table, self.force)
        if self.clips is not None:
            self.clips.check(force=self.force)

    @property
    def paths(self) -> list[Path]:
        """List the files and the folders to write."""
        clips = None if self.clips is None else self.clips.folder
        return [path for path in (self.detections.path, self.scores, self.effort, clips) if path is not None]

    def check_inputs(self, recordings: Iterable[Place]) -> None:
        """Raise `ConfigurationError` if a table would replace a recording. `force` does not allow that."""
        folders: dict[str, str] = {}
        named = {recording.canonical(folders) for recording in recordings if recording.exists()}
        for path in self.paths:
            if LocalPlace(path).canonical(folders) in named:
                raise ConfigurationError(f"{path}: is a recording of this scan; a table cannot take its place")
        if self.clips is not None:
            folder = Path(LocalPlace(self.clips.folder).canonical(folders))
            if any(folder in Path(recording).parents for recording in named):
                raise ConfigurationError(
                    f"{self.clips.folder}: holds recordings of this scan; clips cannot take its place"
                )

    @contextmanager
    def opened(self, stream: TextIO, origin: Origin, progress: Progress = SILENT) -> Iterator[Results]:
        """Open the tables. Detections go to `stream` where no file is named for them.

        The files appear together when the block ends without an error, even if the reader of `stream` has closed it.

        Parameters
        ----------
        stream : TextIO
            Standard output.
        origin : Origin
            What makes the detections. Its outputs are the columns of the table of scores.
        progress : Progress
            Hears which recordings cannot be cut.
        """
        destination = self.detections
        paths = [path for path in (self.effort, self.scores, destination.file) if path is not None]
        with destination.folder(force=self.force) as folder, new_files(paths, force=self.force) as streams:
            opened = dict(zip(paths, streams))
            where = folder or (stream if destination.file is None else opened[destination.file])
            options = WriteOptions(leave_out=True, origin=origin)
            sinks = {path: Sink(opened[path], path) for path in (self.scores, self.effort) if path is not None}
            dispensable = where is stream and bool(self.paths)
            with destination.table(where, options, dispensable=dispensable) as detections, ExitStack() as stack:
                clips = None
                if self.clips is not None:
                    clips = stack.enter_context(self.clips.opened(force=self.force, progress=progress))
                yield Results(
                    detections,
                    None if self.scores is None else CsvRows(sinks[self.scores], (*SCORE_COLUMNS, *origin.outputs)),
                    None if self.effort is None else EffortWriter(sinks[self.effort]),
                    clips,
                )


class Results:
    """The open tables of a scan."""

    def __init__(
        self,
        detections: DetectionsTable,
        scores: CsvRows | None = None,
        effort: EffortWriter | None = None,
        clips: ClipCutter | None = None,
    ) -> None:
        self.clips = clips
        self._detections = detections
        self._scores = scores
        self._effort = effort

    def add(self, scanned: Scanned) -> None:
        """Write the results of a recording, and flush the tables."""
        self._detections.add(detections_of(scanned))
        if not scanned.failed:
            self._detections.cover(scanned.effort[0].searched())
        self._detections.flush()
        if self._scores is not None:
            self._scores.flush()
        if self._effort is not None:
            self._effort.add(scanned.effort)
            self._effort.flush()
        if self.clips is not None:
            self.clips.add(scanned.recording, detections_of(scanned))

    @property
    def tally(self) -> Tally:
        """Return what the format of the detections could not hold."""
        return self._detections.tally

    def score_writer(self) -> Take | None:
        """Return the function that writes scores; None if there is no table of scores."""
        table = self._scores
        return None if table is None else lambda block: table.add(score_rows(block))


def detections_of(scanned: Scanned) -> Iterator[Detection]:
    """Yield the events of a recording as rows of the table of detections."""
    recording = scanned.recording.name
    for channel, event in scanned.detections:
        start_time = absolute_time(scanned.chronology, event.start_s)
        yield Detection(recording, channel, event, start_time or None)


def score_rows(block: ScoreBlock) -> Iterator[Row]:
    """Write scores as cells, in order of time, then of channels."""
    for n in range(block.n_points):
        start_s, end_s = block.points.span(block.first + n)
        offset_s, recording = block.owner(start_s)
        times = f"{max(0.0, start_s - offset_s):.3f}", f"{min(end_s, block.limit_s) - offset_s:.3f}"
        for channel, scores in block.scores.items():
            yield (recording.name, channel, *times, *(f"{score:.6f}" for score in scores[n]))
