"""Search the settings of one label that give the best events: smoothing, gap, ends, onsets, least length, threshold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from detector.evaluation.ranking import Ranking
from detector.operating.curve import Curve
from detector.operating.points import OperatingPoint
from detector.operating.target import Target
from detector.tuning.grids import DEPTHS, LEVELS, ONSETS, gaps, most_peaks, shortest, smoothings, spread
from detector.tuning.subject import TuneSubject, long_enough

COARSE = 20
"""Number of thresholds that are tried with each combination of the other settings."""

MARGIN = 0.005
"""Least gain of F1 or recall for which a setting is changed. On a few hundred calls, a smaller gain may be chance."""


@dataclass(frozen=True)
class Candidate:
    """Settings, and the curve of thresholds with them."""

    point: OperatingPoint
    curve: Curve

    def changes(self, own: OperatingPoint) -> tuple[int, float]:
        """Return a sort key, lowest for the settings nearest to a label's own: how many differ, and how much."""
        sizes = [abs(theirs - mine) for theirs, mine in zip(_settings(self.point), _settings(own))]
        return sum(size > 0 for size in sizes), sum(sizes)


def search(subject: TuneSubject, target: Target) -> Candidate:
    """Choose the settings nearest to the label's own that come within `MARGIN` of the best for the target.

    Smoothing, gap and least length are tried in all combinations first, then level, depth and the threshold of onsets.
    """
    own = subject.own
    lengths = shortest(subject)
    smooth_and_gap = product(smoothings(subject), gaps(subject))
    points = [own.model_copy(update={"smooth_s": smooth_s, "gap_s": gap_s}) for smooth_s, gap_s in smooth_and_gap]
    plain = list(_candidates(subject, points, lengths))
    first = best_of(plain, target, own)
    shapes = [first.point.model_copy(update=shape) for shape in _shapes(own, has_onsets=bool(subject.onsets))]
    return best_of([*plain, *_candidates(subject, shapes, [first.point.shortest_s])], target, own)


def search_threshold(subject: TuneSubject, target: Target) -> OperatingPoint:
    """Choose the threshold for a target; the other settings stay."""
    (candidate,) = _candidates(subject, [subject.own], [subject.own.shortest_s])
    n, _ = candidate.curve.choose(target)
    return subject.own.model_copy(update={"threshold": candidate.curve.threshold[n]})


def _shapes(own: OperatingPoint, *, has_onsets: bool) -> Iterator[dict[str, float | None]]:
    """Yield levels, depths and thresholds of onsets to try, except for the own ones.

    Depths that change nothing are left out, and so are thresholds of onsets that the model has no outputs for.
    """
    pairs = {(level, depth) for level in LEVELS for depth in DEPTHS if depth <= 1 - level} | {(own.level, own.depth)}
    for onset in dict.fromkeys((own.onset_threshold, *(ONSETS if has_onsets else ()))):
        for level, depth in sorted(pairs):
            if (level, depth, onset) != (own.level, own.depth, own.onset_threshold):
                yield {"level": level, "depth": depth, "onset_threshold": onset}


def _settings(point: OperatingPoint) -> tuple[float, ...]:
    onset = point.onset_threshold or 0.0
    return point.smooth_s or 0.0, point.gap_s, point.shortest_s, point.level, point.depth, onset


def best_of(candidates: Iterable[Candidate], target: Target, own: OperatingPoint) -> Candidate:
    """Choose the candidate nearest to a label's own settings that comes within `MARGIN` of the best."""
    tried = list(candidates)
    merits = [candidate.curve.merit(target) for candidate in tried]
    reached, best = max(merits)
    margin = MARGIN * max(1.0, abs(best))  # a rate of false alarms that misses the target may be above 1
    near = [
        candidate
        for candidate, (reaches, figure) in zip(tried, merits)
        if reaches == reached and figure >= best - margin
    ]
    return min(near, key=lambda candidate: candidate.changes(own))


def _candidates(
    subject: TuneSubject, points: Iterable[OperatingPoint], lengths: Sequence[float]
) -> Iterator[Candidate]:
    """Yield each point with each least length, and the curve of its thresholds."""
    for point in points:
        thresholds = spread(subject.smoothed(point.smooth_s), COARSE, most_peaks(subject))
        events = subject.events(point.model_copy(update={"threshold": thresholds[0], "shortest_s": 0.0}))
        for shortest_s in lengths:
            ranking = subject.rank(long_enough(events, shortest_s))
            settings = point.model_copy(update={"shortest_s": shortest_s})
            yield Candidate(settings, counted(thresholds, ranking, subject))


def counted(thresholds: Sequence[float], ranking: Ranking, subject: TuneSubject) -> Curve:
    """Count the hits and false alarms down to each threshold, given in rising order.

    The highest thresholds are left out if they find nothing.
    """
    n = np.searchsorted(-ranking.scores, -np.asarray(thresholds), side="right")
    hits = np.append(0, np.cumsum(ranking.gains))[n]
    kept = [row for row in zip(thresholds, hits.tolist(), (n - hits).tolist()) if row[1] + row[2]]
    threshold, hit, false = zip(*(kept or [(1.0, 0, 0)]))
    return Curve(threshold=threshold, hits=hit, false_alarms=false, events=subject.n_events, hours=subject.hours)


def curve_of(subject: TuneSubject, point: OperatingPoint, thresholds: Iterable[float]) -> Curve:
    """Count hits and false alarms at thresholds, on the scale of written scores, with the other settings of a point."""
    tried = sorted(set(thresholds))
    return counted(tried, subject.ranked(point.model_copy(update={"threshold": tried[0]})), subject)
