"""CSV that is written as results come: detections, scores, effort, samples to check."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from detector.line_ends import LineEnds
from detector.tables.sink import Sink

Rows = Iterable[Iterable[object]]


class CsvRows:
    """The rows of a CSV table, below a header that is written at once.

    Parameters
    ----------
    sink : Sink of str
        Takes the text.
    columns : iterable of str
        The header.
    """

    def __init__(self, sink: Sink[str], columns: Iterable[str]) -> None:
        self._sink = sink
        self._writer = csv.writer(LineEnds(sink), lineterminator=LineEnds.QUOTED)
        self.add([columns])

    def add(self, rows: Rows) -> None:
        """Write rows, each as soon as it is there."""
        if not self._sink.is_closed:
            self._writer.writerows(map(self._sink.shown, rows) if self._sink.on_terminal else rows)

    def flush(self) -> None:
        """Hand on what was written so far."""
        self._sink.flush()
