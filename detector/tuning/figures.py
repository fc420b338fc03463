"""The figures of an operating point with their intervals, and whether they bear out a target."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from detector.estimates.bootstrap import over_groups
from detector.estimates.intervals import Interval, wilson
from detector.operating.points import OperatingPoint
from detector.operating.support import Support, independent
from detector.operating.target import Target
from detector.tuning.subject import Subject

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

    def support(self, target: Target, threshold: float) -> Support:
        """Take the figure that a target is about."""
        figure = {"p": self.precision, "fa": self.rate, "f1": self.f1}[target.kind]
        low, high = figure.interval
        return Support(threshold=threshold, figure=figure.value, low=low, high=high)


def tell(subject: Subject, point: OperatingPoint, groups: NDArray[np.intp]) -> Figures:
    """Tell the figures of a point, groups of units being drawn by the bootstrap."""
    per_unit = subject.ranked(point).at_threshold(len(subject.parts))  # hits, detections, events
    hits, found, events = (round(total) for total in per_unit.sum(axis=0).tolist())
    counts = np.column_stack([per_unit, np.array(subject.seconds) / 3600])
    limits = partial(over_groups, counts, groups)
    alone = partial(independent, hits=hits, false_alarms=found - hits, events=events, hours=subject.hours)
    precision = _both(alone("p"), limits(lambda s: s[:, 0] / s[:, 1]))
    recall = _both(wilson(hits, events), limits(lambda s: s[:, 0] / s[:, 2]))
    f1 = _both(alone("f1"), limits(lambda s: 2 * s[:, 0] / (s[:, 1] + s[:, 2])))
    rate = _both(alone("fa"), limits(lambda s: (s[:, 1] - s[:, 0]) / s[:, 3]))
    return Figures(
        events, hits, found - hits, len(per_unit), subject.hours,
        Figure(hits / found if found else 0.0, precision),
        Figure(hits / events, recall),
        Figure(2 * hits / (found + events), f1),
        Figure((found - hits) / subject.hours, rate),
    )  # fmt: skip


def _both(one: Interval, other: Interval | None) -> Interval:
    return one if other is None else one | other
