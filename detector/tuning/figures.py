"""Measure the figures of an operating point with intervals, and whether they support a target."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from detector.estimates.arrays import Integers
from detector.estimates.bootstrap import over_groups
from detector.estimates.estimate import Estimate
from detector.estimates.intervals import Interval, wilson
from detector.evaluation.material import HOUR_S
from detector.operating.points import OperatingPoint
from detector.operating.support import Support, independent
from detector.operating.target import Target
from detector.tuning.subject import TuneSubject


@dataclass(frozen=True)
class TuneFigures:
    """The figures of an operating point on the recordings that it was chosen on.

    Attributes
    ----------
    events, hits, false_alarms : int
        Numbers of annotated events, and of right and wrong detections.
    recordings : int
        Number of recordings, with calls or without.
    hours : float
        Length of the recordings, h.
    precision, recall, f1, rate : Estimate
        `rate` is false alarms per hour. An interval contains that of independent events (Wilson's for a share,
        Garwood's for a rate) and that of a bootstrap over recordings or groups.
    """

    events: int
    hits: int
    false_alarms: int
    recordings: int
    hours: float
    precision: Estimate
    recall: Estimate
    f1: Estimate
    rate: Estimate

    def support(self, target: Target, threshold: float) -> Support:
        """Return the figure that a target is about."""
        figure = {"p": self.precision, "fa": self.rate, "f1": self.f1}[target.kind]
        return Support(threshold=threshold, figure=figure.value, low=figure.low, high=figure.high)


def measure_figures(subject: TuneSubject, point: OperatingPoint, groups: Integers) -> TuneFigures:
    """Measure the figures of a point with intervals. The bootstrap draws the groups (unit,) of units."""
    per_unit = subject.ranked(point).at_threshold(len(subject.parts))  # hits, detections, events
    hits, n_detections, events = (round(total) for total in per_unit.sum(axis=0).tolist())
    false_alarms = n_detections - hits
    hours = subject.hours
    counts = np.column_stack([per_unit, np.array(subject.seconds) / HOUR_S])
    by_groups = partial(over_groups, counts, groups)
    by_counts = partial(independent, hits=hits, false_alarms=false_alarms, events=events, hours=hours)
    precision = _both(by_counts("p"), by_groups(lambda s: s[:, 0] / s[:, 1]))
    recall = _both(wilson(hits, events), by_groups(lambda s: s[:, 0] / s[:, 2]))
    f1 = _both(by_counts("f1"), by_groups(lambda s: 2 * s[:, 0] / (s[:, 1] + s[:, 2])))
    rate = _both(by_counts("fa"), by_groups(lambda s: (s[:, 1] - s[:, 0]) / s[:, 3]))
    return TuneFigures(
        events=events,
        hits=hits,
        false_alarms=false_alarms,
        recordings=len(per_unit),
        hours=hours,
        precision=Estimate(hits / n_detections if n_detections else 0.0, *precision),
        recall=Estimate(hits / events, *recall),
        f1=Estimate(2 * hits / (n_detections + events), *f1),
        rate=Estimate(false_alarms / hours, *rate),
    )


def _both(of_counts: Interval, of_groups: Interval | None) -> Interval:
    """Return the interval that contains both, or the first one if a single group allows no bootstrap."""
    return of_counts if of_groups is None else of_counts | of_groups
