"""Write the rows of a CSV table as results arrive."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from detector.line_ends import LineEnds
from detector.tables.sink import Sink

Rows = Iterable[Iterable[object]]


class CsvRows:
    """Write a CSV table: its header at once, its rows later.

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
        """Write rows, each one as soon as the iterable yields it."""
        if not self._sink.is_closed:
            self._writer.writerows(map(self._sink.shown, rows) if self._sink.on_terminal else rows)

    def flush(self) -> None:
        """Flush the stream."""
        self._sink.flush()
