"""Make the rows of the table from the scores of recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from detector.chronology import absolute_time
from detector.classifying.request import Units
from detector.classifying.spans import SpanCollector, SpanScores
from detector.events import Span
from detector.scanning.outcome import Scanned
from detector.tables.effort import Effort
from detector.tables.unit_table import UnitRow

Statistic = Literal["max", "mean"]


@dataclass(frozen=True)
class RowMaker:
    """Makes the rows of recordings.

    Attributes
    ----------
    units : Units
        The units of each recording.
    collector : SpanCollector
        Has the scores of the recording that ended last.
    labels : sequence of str
        Of the model.
    statistic : {"max", "mean"}
        The score of a unit.
    """

    units: Units
    collector: SpanCollector
    labels: Sequence[str]
    statistic: Statistic

    def rows(self, scanned: Scanned) -> Iterator[UnitRow]:
        """Yield the rows of a recording: for each unit, one row for each channel."""
        scores = {} if scanned.failed else self.collector.scores(scanned.heard_s)
        for number, span in enumerate(self.units.of(scanned.recording.name)):
            for effort in scanned.effort:
                yield self._row(scanned, effort, self._span(span, effort), scores.get(effort.channel), number)

    def _span(self, span: Span, effort: Effort) -> tuple[float, float | None]:
        """Return the times to write, s: those of a given span, or the length of the recording as far as it is known."""
        if self.units.spans is not None:
            return span
        return 0.0, effort.scanned_s or None if effort.seconds is None else effort.seconds

    def _row(
        self,
        scanned: Scanned,
        effort: Effort,
        span: tuple[float, float | None],
        scores: SpanScores | None,
        number: int,
    ) -> UnitRow:
        start_time = absolute_time(scanned.chronology, span[0])
        row = UnitRow(scanned.recording.name, effort.channel, *span, effort.status, effort.detail, (), start_time)
        if scores is None:
            return row
        values = scores.of(self.statistic)[number, : len(self.labels)]
        if np.isnan(values).any():
            return row.failing("begins after the end of the recording")
        order = np.argsort(-values, kind="stable").tolist()
        return row.with_scores([(self.labels[n], float(values[n])) for n in order])
