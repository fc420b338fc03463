"""The figures of an operating point with their intervals, and whether they bear out a target."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from detector.operating.points import OperatingPoint
from detector.operating.target import Target
from detector.tuning.intervals import Interval, garwood, over_groups, wilson
from detector.tuning.subject import Subject

TWICE = 2.0
"""How many times as many false alarms as promised must be ruled out."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """A figure and its 95 % interval."""

    value: float
    interval: Interval

    def __str__(self) -> str:
        """Write it with its interval."""
        return f"{self.value:.3g} ({self.interval.low:.3g} to {self.interval.high:.3g})"


@dataclass(frozen=True)
class Figures:
    """What an operating point gives, on the recordings that it was chosen on.

    Attributes
    ----------
    events, hits, false_alarms : int
        Annotated events; detections that are right and wrong.
    recordings : int
        How many there are, with calls or without.
    hours : float
        How long they are.
    precision, recall, f1, rate : Figure
        `rate` is false alarms per hour. Intervals take in both that of independent events (Wilson's for a share,
        Garwood's for a rate) and that of a bootstrap over recordings or groups.
    """

    events: int
    hits: int
    false_alarms: int
    recordings: int
    hours: float
    precision: Figure
    recall: Figure
    f1: Figure
    rate: Figure

    def bears(self, target: Target) -> bool:
        """Tell whether the recordings are enough to bear out a target.

        They are where the interval rules out twice as many false alarms as are promised: for each right one for a
        precision, per hour for a rate. For the best F1, nothing is promised: its interval must be no wider than 0.2.
        """
        match target.kind:
            case "p":
                low = self.precision.interval.low
                return (1 - low) * target.value <= TWICE * (1 - target.value) * low
            case "fa":
                return self.rate.interval.high <= TWICE * target.value
            case "f1":
                return self.f1.interval.high - self.f1.interval.low <= 0.2


def tell(subject: Subject, point: OperatingPoint, groups: NDArray[np.intp]) -> Figures:
    """Tell the figures of a point, groups of units being drawn by the bootstrap."""
    per_unit = subject.ranked(point).at_threshold  # hits, detections, events
    hits, found, events = (round(total) for total in per_unit.sum(axis=0).tolist())
    counts = np.column_stack([per_unit, np.array(subject.seconds) / 3600])
    limits = partial(over_groups, counts, groups)
    precision, recall, alarms = wilson(hits, found), wilson(hits, events), garwood(found - hits)
    f1 = Interval(_mean(precision.low, recall.low), _mean(precision.high, recall.high))
    return Figures(
        events, hits, found - hits, len(per_unit), subject.hours,
        Figure(hits / found if found else 0.0, _both(precision, limits(lambda s: s[:, 0] / s[:, 1]))),
        Figure(hits / events, _both(recall, limits(lambda s: s[:, 0] / s[:, 2]))),
        Figure(2 * hits / (found + events), _both(f1, limits(lambda s: 2 * s[:, 0] / (s[:, 1] + s[:, 2])))),
        Figure(
            (found - hits) / subject.hours,
            _both(
                Interval(alarms.low / subject.hours, alarms.high / subject.hours),
                limits(lambda s: (s[:, 1] - s[:, 0]) / s[:, 3]),
            ),
        ),
    )  # fmt: skip


def _both(one: Interval, other: Interval | None) -> Interval:
    return one if other is None else one | other


def _mean(one: float, other: float) -> float:
    """Give the harmonic mean."""
    return 2 * one * other / (one + other) if one + other else 0.0
