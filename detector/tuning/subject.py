"""One label to tune: its annotated events and scores, and the events and counts for given settings."""

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
from detector.scanning.cuts import SLACK_S
from detector.scanning.events import ChannelFinder, EventRules
from detector.scanning.smoothing import Smoother, half_width
from detector.tuning.listening import Heard

BLOCK = 1 << 16  # points that are smoothed at once

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class TuneSubject:
    """One label to tune.

    Attributes
    ----------
    own : OperatingPoint
        The model's own point, without the settings that change scores.
    parts : sequence of LabelEvents
        The annotated events of each unit.
    scores : sequence of array (point,)
        The raw scores of each unit.
    seconds : sequence of float
        Length of each unit, s.
    event_rules : EventRules
        Turns scores into events.
    iou : float
        Intersection over union that a hit needs.
    hours : float
        Length of all units, h.
    onsets : sequence of array (point,)
        The scores of onsets of each unit; empty if the model has none.
    """

    own: OperatingPoint
    parts: Sequence[LabelEvents]
    scores: Sequence[Scores]
    seconds: Sequence[float]
    event_rules: EventRules
    iou: float
    hours: float
    onsets: Sequence[Scores] = ()
    _smoothed: dict[int, Sequence[Scores]] = field(default_factory=dict, repr=False)

    @cached_property
    def n_events(self) -> int:
        """Count the annotated events."""
        return sum(len(part.reference) for part in self.parts)

    @cached_property
    def lengths_s(self) -> NDArray[np.float64]:
        """Lengths of the annotated events, s (event,)."""
        return np.array([event.duration_s for part in self.parts for event in part.reference])

    @cached_property
    def gaps_s(self) -> NDArray[np.float64]:
        """Gaps between annotated events of one unit that follow one another and do not touch, s (gap,)."""
        rows = [sorted(event.span for event in part.reference) for part in self.parts]
        gaps = np.array([after[0] - before[1] for row in rows for before, after in pairwise(row)])
        return gaps[gaps > 0]

    def smoothed(self, smooth_s: float | None) -> Sequence[Scores]:
        """Smooth the scores of every unit as a scan does, and keep the result."""
        half = half_width(smooth_s, self.event_rules.grid.points)
        if half not in self._smoothed:
            self._smoothed[half] = [_smooth(scores, half) for scores in self.scores]
        return self._smoothed[half]

    def events(self, point: OperatingPoint) -> list[list[Event]]:
        """Find the events of every unit as a scan does."""
        event_rules = replace(self.event_rules, operating=(point,))
        peak_rules = event_rules.peak_rules()
        outputs = zip(self.smoothed(point.smooth_s), *([self.onsets] if self.onsets else []))
        events = []
        for scores, seconds in zip(outputs, self.seconds):
            finder = ChannelFinder(event_rules, peak_rules)
            finder.push(np.stack(scores, axis=1))
            events.append(finder.finish(seconds))
        return events

    def ranked(self, point: OperatingPoint) -> Ranking:
        """Match the events of every unit by descending score, as an evaluation does."""
        return self.rank(self.events(point))

    def rank(self, events: Sequence[Sequence[Event]]) -> Ranking:
        """Match given events of every unit."""
        parts = [replace(part, estimated=tuple(detections)) for part, detections in zip(self.parts, events)]
        return rank(parts, self.iou, 0.0)


def long_enough(events: Sequence[Sequence[Event]], shortest_s: float) -> list[list[Event]]:
    """Leave out the events of every unit that are shorter than `shortest_s`."""
    return [[event for event in of_unit if event.duration_s >= shortest_s - SLACK_S] for of_unit in events]


def _smooth(scores: Scores, half: int) -> Scores:
    smoother = Smoother([half])
    blocks = [smoother.push(scores[first : first + BLOCK, None]) for first in range(0, len(scores), BLOCK)]
    return np.concatenate([*blocks, smoother.finish()])[:, 0]


def subject_of(heard: Heard, label: str, iou: float) -> TuneSubject:
    """Return one label of the scanned recordings."""
    names = [point.name for point in heard.event_rules.operating]
    n = names.index(label)
    onsets = [track.scores[:, len(names) + n] for track in heard.tracks] if heard.event_rules.n_onsets else []
    return TuneSubject(
        heard.event_rules.operating[n],
        heard.material.of_label(label),
        [track.scores[:, n] for track in heard.tracks],
        [track.seconds for track in heard.tracks],
        heard.event_rules,
        iou,
        heard.hours,
        onsets,
    )
