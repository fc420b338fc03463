"""The tables that a scan writes: detections, scores and effort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from detector.chronology import absolute_time
from detector.errors import ConfigurationError
from detector.outputs import check_output, new_files
from detector.place import LocalPlace, Place
from detector.scanning.blocks import ScoreBlock, Take
from detector.scanning.outcome import Scanned
from detector.tables.csv_rows import CsvRows
from detector.tables.csv_table import SCORE_COLUMNS, CsvWriter
from detector.tables.detection import Detection
from detector.tables.effort import EffortWriter
from detector.tables.sink import Sink
from detector.tables.writer import Writer

Row = tuple[str, ...]


@dataclass(frozen=True)
class Outputs:
    """Where the tables go.

    Attributes
    ----------
    detections : Path or None
        The table of detections; None for a stream.
    scores, effort : Path or None
        The tables of scores and effort; None for none.
    force : bool
        Whether existing files may be replaced.
    """

    detections: Path | None = None
    scores: Path | None = None
    effort: Path | None = None
    force: bool = False

    def check(self) -> None:
        """Raise `OutputError` or `ConfigurationError` if a table cannot be written."""
        paths = [path for path in (self.detections, self.scores, self.effort) if path is not None]
        for n, path in enumerate(paths):
            if path.resolve() in {other.resolve() for other in paths[:n]}:
                raise ConfigurationError(f"{path}: is named for two outputs; each needs a file of its own")
            check_output(path, self.force)

    def check_inputs(self, recordings: Iterable[Place]) -> None:
        """Raise `ConfigurationError` if a table would replace a recording. `force` does not allow that."""
        folders: dict[str, str] = {}
        named = {recording.canonical(folders) for recording in recordings if recording.exists()}
        for path in (self.detections, self.scores, self.effort):
            if path is not None and LocalPlace(path).canonical(folders) in named:
                raise ConfigurationError(f"{path}: is a recording of this scan; a table cannot take its place")

    @contextmanager
    def opened(self, stream: TextIO, labels: tuple[str, ...]) -> Iterator[Results]:
        """Open the tables. Detections go to `stream` where no file is named for them.

        The files appear together when the block ends without an error, even if the reader of `stream` has closed it.
        """
        paths = [path for path in (self.effort, self.scores, self.detections) if path is not None]
        with new_files(paths, force=self.force) as streams:
            sinks = {path: Sink(opened, path) for path, opened in zip(paths, streams)}
            if self.detections is None:
                detections = CsvWriter(Sink(stream, "standard output", dispensable=bool(paths)))
            else:
                detections = CsvWriter(sinks[self.detections])
            yield Results(
                detections,
                None if self.scores is None else CsvRows(sinks[self.scores], (*SCORE_COLUMNS, *labels)),
                None if self.effort is None else EffortWriter(sinks[self.effort]),
            )
            detections.finish()


class Results:
    """The open tables of a scan."""

    def __init__(self, detections: Writer, scores: CsvRows | None = None, effort: EffortWriter | None = None) -> None:
        self._detections = detections
        self._scores = scores
        self._effort = effort

    def add(self, scanned: Scanned) -> None:
        """Write the results of a recording, and flush the tables."""
        self._detections.add(detections_of(scanned))
        self._detections.flush()
        if self._scores is not None:
            self._scores.flush()
        if self._effort is not None:
            self._effort.add(scanned.effort)
            self._effort.flush()

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
