"""Turn scores into events, block by block, by the operating points of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor

import numpy as np

from detector.events import Event
from detector.operating.points import OperatingPoint
from detector.recipe import Recipe
from detector.scanning.blocks import Rows, ScoreBlock
from detector.scanning.cuts import SLACK_S, Scored, apart
from detector.scanning.onsets import divided, onset_rule, onset_s
from detector.scanning.peak_finder import PeakFinder, TimedPeak
from detector.scanning.peaks import PeakRule
from detector.scanning.smoothing import Smoother, half_width
from detector.scanning.spans import ColumnReading, Reading, WindowReading
from detector.scanning.windows import WindowGrid

ROUNDING = 1e-6  # of a quotient of times


@dataclass(frozen=True)
class EventRules:
    """The rules that turn scores into events.

    Attributes
    ----------
    recipe : Recipe
        Of the model.
    grid : WindowGrid
        The windows of its scan.
    operating : tuple of OperatingPoint
        One for each label.
    """

    recipe: Recipe
    grid: WindowGrid
    operating: tuple[OperatingPoint, ...]

    def reading(self, n_points: int, seconds: float) -> Reading:
        """Return the rule for onsets and offsets in a recording with `n_points` scores and a length in seconds."""
        if self.grid.columns is None:
            return WindowReading(self.grid.points, n_points, seconds, self.recipe.labels.overlap)
        return ColumnReading(self.grid.points, n_points, seconds)

    def peak_rules(self) -> list[PeakRule]:
        """Return the rule for the peaks of each label."""
        return [PeakRule(point.raw_threshold, point.level, point.depth, self._dip(point)) for point in self.operating]

    @property
    def n_onsets(self) -> int:
        """Return the number of outputs for onsets, which follow those of the labels."""
        return len(self.operating) if self.recipe.labels.onsets else 0

    def _dip(self, point: OperatingPoint) -> int:
        """Return the number of scores in the longest dip that is bridged."""
        if point.gap_s == 0:
            return 0
        points = self.grid.points
        excess_s = 0.0
        if self.grid.columns is None:
            reading = WindowReading(points, 0, 0.0, self.recipe.labels.overlap)
            excess_s = reading.excess_s(point.typical_s)
        return max(0, floor((point.gap_s - excess_s) / points.step_s + ROUNDING))

    def written(self, block: ScoreBlock) -> ScoreBlock:
        """Return scores as tables show them: calibrated for each label that has a calibration."""
        if all(point.calibration is None for point in self.operating):
            return block
        return replace(block, scores={channel: self._written(rows) for channel, rows in block.scores.items()})

    def _written(self, rows: Rows) -> Rows:
        of_labels = [point.written(column) for point, column in zip(self.operating, rows.T)]
        return np.stack([*of_labels, *rows.T[len(of_labels) :]], axis=1)


class Smoothing:
    """Smooth the scores of recordings, block by block, each label by its own width. Onsets stay as they are.

    The first block of a recording discards what is left of the recording before.
    """

    def __init__(self, event_rules: EventRules) -> None:
        points = event_rules.grid.points
        self._halves = [half_width(point.smooth_s, points) for point in event_rules.operating]
        self._halves += [0] * event_rules.n_onsets
        self._smoothers: dict[str, Smoother] = {}
        self._n_points = 0

    def __call__(self, block: ScoreBlock) -> ScoreBlock:
        """Add the next scores; return those that later scores cannot change, smoothed."""
        if block.first == 0:
            self._smoothers = {channel: Smoother(self._halves) for channel in block.scores}
            self._n_points = 0
        scores = {channel: smoother.push(block.scores[channel]) for channel, smoother in self._smoothers.items()}
        if block.heard_s is not None:
            scores = {
                channel: np.concatenate([scores[channel], smoother.finish()])
                for channel, smoother in self._smoothers.items()
            }
        smooth = replace(block, first=self._n_points, scores=scores)
        self._n_points += smooth.n_points
        return smooth


class EventFinder:
    """Find the events of recordings in their smoothed scores, block by block.

    The first block of a recording discards what is left of the recording before.
    """

    def __init__(self, event_rules: EventRules) -> None:
        self._reader = event_rules
        self._peak_rules = event_rules.peak_rules()
        self._finders: dict[str, ChannelFinder] = {}
        self._events: tuple[tuple[str, Event], ...] = ()

    def __call__(self, block: ScoreBlock) -> None:
        """Add the next scores."""
        if block.first == 0:
            self._finders = {channel: ChannelFinder(self._reader, self._peak_rules) for channel in block.scores}
            self._events = ()
        for channel, finder in self._finders.items():
            finder.push(block.scores[channel])
        if block.heard_s is not None:
            self._events = tuple(sorted(self._found(block.heard_s), key=lambda detection: detection[1].span))

    def events(self) -> tuple[tuple[str, Event], ...]:
        """Return channel and event of each detection in the recording that ended last, in order of time."""
        return self._events

    def _found(self, seconds: float) -> Iterator[tuple[str, Event]]:
        for channel, finder in self._finders.items():
            for event in finder.finish(seconds):
                yield channel, event


class ChannelFinder:
    """Find the events in one channel of a recording, block by block.

    Parameters
    ----------
    event_rules : EventRules
        Turns scores into events.
    peak_rules : sequence of PeakRule
        Those of `event_rules`.
    """

    def __init__(self, event_rules: EventRules, peak_rules: Sequence[PeakRule]) -> None:
        self._reader = event_rules
        points = event_rules.grid.points
        self._calls = PeakFinder(peak_rules, points)
        self._onsets: PeakFinder | None = None
        if event_rules.n_onsets:
            self._onsets = PeakFinder([onset_rule(point) for point in event_rules.operating], points)

    def push(self, scores: Rows) -> None:
        """Add the next scores (point, output)."""
        n_labels = len(self._reader.operating)
        self._calls.push(scores[:, :n_labels])
        if self._onsets is not None:
            self._onsets.push(scores[:, n_labels:])

    def finish(self, seconds: float) -> list[Event]:
        """End the recording, which is `seconds` long; return its events in order of onset, then of labels."""
        reading = self._reader.reading(self._calls.n_points, seconds)
        onsets = [] if self._onsets is None else self._onsets.finish()
        return events_of(self._calls.finish(), reading, self._reader.operating, onsets)


def events_of(
    peaks: Iterable[TimedPeak],
    reading: Reading,
    operating: Sequence[OperatingPoint],
    onsets: Iterable[TimedPeak] = (),
) -> list[Event]:
    """Turn peaks into events: find onsets and offsets, divide them at the peaks of onset outputs, drop short ones.

    Parameters
    ----------
    peaks : iterable of TimedPeak
        Peaks of one channel of one recording.
    reading : Reading
        The rule for onsets and offsets.
    operating : sequence of OperatingPoint
        One for each label. Events shorter than `shortest_s` are dropped.
    onsets : iterable of TimedPeak
        Peaks of the onset outputs, in order of time within each label.

    Returns
    -------
    list of Event
        In order of onset, then of labels.
    """
    spans_of_label: list[list[Scored]] = [[] for _ in operating]
    for peak in peaks:
        start_s, end_s = reading.span(peak, operating[peak.label].typical_s)
        spans_of_label[peak.label].append((start_s, end_s, peak.score))
    onsets_of_label: list[list[float]] = [[] for _ in operating]
    for peak in onsets:
        onsets_of_label[peak.label].append(onset_s(reading.span(peak, None)))
    events = [
        Event(start_s, end_s, point.name, point.low_hz, point.high_hz, score)
        for point, spans, begins in zip(operating, spans_of_label, onsets_of_label)
        for start_s, end_s, score in divided(_written(apart(spans), point), begins)
        if score >= point.threshold and end_s > start_s and end_s - start_s >= point.shortest_s - SLACK_S
    ]
    return sorted(events, key=lambda event: event.span)


def _written(spans: list[Scored], point: OperatingPoint) -> list[Scored]:
    """Return spans with their scores as tables show them."""
    if point.calibration is None or not spans:
        return spans
    scores = point.calibration(np.array([score for _, _, score in spans])).tolist()
    return [(start_s, end_s, score) for (start_s, end_s, _), score in zip(spans, scores)]
