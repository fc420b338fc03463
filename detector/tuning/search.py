"""Search the smoothing, gap, least length and threshold of one label that give the best events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from detector.operating.curve import Curve
from detector.operating.points import OperatingPoint
from detector.operating.target import Target
from detector.tuning.grids import gaps, most_runs, shortest, smoothings, spread
from detector.tuning.subject import TuneSubject

COARSE = 20
"""Number of thresholds that are tried with each combination of the other settings."""

MARGIN = 0.005
"""Least gain of F1 or recall for a less simple setting. On a few hundred calls, a smaller gain may be chance."""


@dataclass(frozen=True)
class Candidate:
    """Settings, and the curve of thresholds with them."""

    point: OperatingPoint
    curve: Curve

    @property
    def complexity(self) -> tuple[int, float]:
        """Return a sort key, lowest for the simplest settings: the number in use, and how much they change."""
        used = [self.point.smooth_s or 0.0, self.point.gap_s, self.point.shortest_s]
        return sum(value > 0 for value in used), sum(used)


def search(subject: TuneSubject, target: Target) -> Candidate:
    """Try all settings, and choose the simplest that comes within `MARGIN` of the best for the target."""
    candidates = list(_candidates(subject))
    merits = [candidate.curve.merit(target) for candidate in candidates]
    reached, best = max(merits)
    margin = MARGIN * max(1.0, abs(best))  # a rate of false alarms that misses the target may be above 1
    near = [
        candidate
        for candidate, (reaches, figure) in zip(candidates, merits)
        if reaches == reached and figure >= best - margin
    ]
    return min(near, key=lambda candidate: candidate.complexity)


def _candidates(subject: TuneSubject) -> Iterable[Candidate]:
    lengths = shortest(subject)
    for smooth_s in smoothings(subject):
        thresholds = spread(subject.smoothed(smooth_s), COARSE, most_runs(subject))
        for gap_s in gaps(subject):
            plain = subject.own.model_copy(update={"smooth_s": smooth_s, "gap_s": gap_s})
            points = (plain.model_copy(update={"threshold": threshold}) for threshold in thresholds)
            counts = np.array([subject.by_length(point, lengths) for point in points])  # (threshold, length, 2)
            for n, shortest_s in enumerate(lengths):
                hits, false = counts[:, n].T.tolist()
                point = plain.model_copy(update={"shortest_s": shortest_s})
                yield Candidate(point, falling(thresholds, hits, false, subject))


def falling(
    thresholds: Sequence[float], hits: Sequence[int], false_alarms: Sequence[int], subject: TuneSubject
) -> Curve:
    """Make a curve of the useful thresholds.

    Very low thresholds are left out, because they join neighbouring calls and so find fewer than higher ones. Very high
    thresholds are left out if they find nothing.
    """
    kept: list[tuple[float, int, int]] = []
    most = 0
    for row in sorted(zip(thresholds, hits, false_alarms), reverse=True):
        if row[1] >= most and row[1] + row[2]:
            kept.append(row)
            most = row[1]
    threshold, hit, false = zip(*reversed(kept or [(1.0, 0, 0)]))
    return Curve(threshold=threshold, hits=hit, false_alarms=false, events=subject.n_events, hours=subject.hours)


def curve_of(subject: TuneSubject, point: OperatingPoint, thresholds: Iterable[float]) -> Curve:
    """Count hits and false alarms at thresholds, on the scale of written scores, with the other settings of a point."""
    tried = sorted(set(thresholds))
    ranked = [subject.ranked(point.model_copy(update={"threshold": threshold})).counts() for threshold in tried]
    return falling(tried, [counts.hits for counts in ranked], [counts.false_alarms for counts in ranked], subject)
