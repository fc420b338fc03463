"""One label of what is tuned on: annotated events, scores, and the events and counts that settings make of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.material import LabelEvents
from detector.evaluation.ranking import Ranking, rank
from detector.events import Event
from detector.operating.points import OperatingPoint
from detector.scanning.detections import SLACK_S, Reader, events_of
from detector.scanning.runs import RunFinder
from detector.scanning.smoothing import Smoother, half_width
from detector.tuning.listening import Heard

BLOCK = 1 << 16  # points that are smoothed at once

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class TuneSubject:
    """One label.

    Attributes
    ----------
    own : OperatingPoint
        The model's own, plain.
    parts : sequence of LabelEvents
        The annotated events of each unit.
    scores : sequence of array (point,)
        Of each unit.
    seconds : sequence of float
        How long each unit is, s.
    reader : Reader
        How scores become events.
    iou : float
        Intersection over union that a hit needs.
    hours : float
        How long all units are, h.
    """

    own: OperatingPoint
    parts: Sequence[LabelEvents]
    scores: Sequence[Scores]
    seconds: Sequence[float]
    reader: Reader
    iou: float
    hours: float
    _smoothed: dict[int, Sequence[Scores]] = field(default_factory=dict, repr=False)

    @cached_property
    def n_events(self) -> int:
        """Count the annotated events."""
        return sum(len(part.reference) for part in self.parts)

    @cached_property
    def lengths_s(self) -> NDArray[np.float64]:
        """How long the annotated events are, s (event,)."""
        return np.array([event.duration_s for part in self.parts for event in part.reference])

    @cached_property
    def gaps_s(self) -> NDArray[np.float64]:
        """How far one annotated event is from the next of its unit, s (gap,), of those that do not meet."""
        rows = [sorted(event.span for event in part.reference) for part in self.parts]
        gaps = np.array([after[0] - before[1] for row in rows for before, after in pairwise(row)])
        return gaps[gaps > 0]

    def smoothed(self, smooth_s: float | None) -> Sequence[Scores]:
        """Smooth the scores of every unit as a scan does; remembered."""
        half = half_width(smooth_s, self.reader.grid.points)
        if half not in self._smoothed:
            self._smoothed[half] = [_smooth(scores, half) for scores in self.scores]
        return self._smoothed[half]

    def events(self, point: OperatingPoint) -> list[list[Event]]:
        """Find the events of every unit as a scan does."""
        found = []
        for scores, seconds in zip(self.smoothed(point.smooth_s), self.seconds):
            finder = RunFinder([point.raw_threshold], self.reader.grid.points)
            finder.push(scores[:, None])
            found.append(events_of(finder.finish(), self.reader.reading(len(scores), seconds), [point]))
        return found

    def ranked(self, point: OperatingPoint) -> Ranking:
        """Match the events of every unit, those of the highest scores first, as an evaluation does."""
        return self._rank(self.events(point))

    def by_length(self, point: OperatingPoint, shortest_s: Sequence[float]) -> NDArray[np.int_]:
        """Count hits and false alarms for each least length at once (length, 2).

        Detections are matched from the longest to the shortest: the hits among those of a least length are then a
        maximum matching of these, as they are among those of a least score.
        """
        events = [
            [Event(event.start_s, event.end_s, event.label, score=event.duration_s) for event in of_unit]
            for of_unit in self.events(point.model_copy(update={"shortest_s": 0.0}))
        ]
        ranking = self._rank(events)
        n = np.searchsorted(-ranking.scores, SLACK_S - np.asarray(shortest_s), side="right")
        hits = np.append(0, np.cumsum(ranking.gains))[n]
        return np.stack([hits, n - hits], axis=1)

    def _rank(self, events: Sequence[Sequence[Event]]) -> Ranking:
        parts = [replace(part, estimated=tuple(found)) for part, found in zip(self.parts, events)]
        return rank(parts, self.iou, 0.0)


def _smooth(scores: Scores, half: int) -> Scores:
    smoother = Smoother([half])
    blocks = [smoother.push(scores[first : first + BLOCK, None]) for first in range(0, len(scores), BLOCK)]
    return np.concatenate([*blocks, smoother.finish()])[:, 0]


def subject_of(heard: Heard, label: str, iou: float) -> TuneSubject:
    """Take one label out of what was heard."""
    names = [point.name for point in heard.reader.operating]
    n = names.index(label)
    return TuneSubject(
        heard.reader.operating[n],
        heard.material.of_label(label),
        [track.scores[:, n] for track in heard.tracks],
        [track.seconds for track in heard.tracks],
        heard.reader,
        iou,
        heard.hours,
    )
