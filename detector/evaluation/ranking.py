"""Detections in order of score, and the figures that follow from which of them are hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.events import Counts
from detector.evaluation.matching import find_hits, pardoned
from detector.evaluation.material import Part
from detector.evaluation.statistic import UNKNOWN, Descent, Weights, ratio

HOUR_S = 3600.0

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking(Descent):
    """Detections from the highest score down, hits being the gains; those on uncertain spans that hit nothing are out.

    Attributes
    ----------
    reported : array of bool (detection,)
        Whether its score reaches the threshold of its label.
    n_reference : array (unit,)
        How many reference events each unit has.
    """

    reported: NDArray[np.bool_]
    n_reference: Numbers

    def cumulated(self, weights: Weights) -> tuple[Numbers, Numbers, float]:
        """Count hits and detections down to each score that has a hit (gaining,), and reference events."""
        return self.gained(weights), self.summed(weights[self.useful_units]), float(weights @ self.n_reference)

    @cached_property
    def at_threshold(self) -> Numbers:
        """Count hits, detections and reference events of each unit at the threshold (unit, 3)."""
        n_units = len(self.n_reference)
        hits, found = (
            np.bincount(self.units[rows], minlength=n_units) for rows in (self.reported & self.gains, self.reported)
        )
        return np.column_stack([hits, found, self.n_reference])

    def counts(self) -> Counts:
        """Count hits, false alarms and misses at the threshold."""
        hits, found, wanted = (round(total) for total in self.at_threshold.sum(axis=0).tolist())
        return Counts(hits, found - hits, wanted - hits)


def rank(parts: Sequence[Part], least_iou: float, threshold: float) -> Ranking:
    """Match the detections of one label and put them in order.

    Parameters
    ----------
    parts : sequence of Part
        One a unit, in order.
    least_iou : float
        Intersection over union that a hit needs, in (0, 1].
    threshold : float
        Least score of a detection that is reported.
    """
    units, scores, hits = [np.zeros(0, np.intp)], [np.zeros(0)], [np.zeros(0, bool)]
    for part in parts:
        if not part.estimated:
            continue
        on_doubt = pardoned(part, least_iou)
        hit = find_hits(part, least_iou, on_doubt)
        kept = hit | ~on_doubt
        units.append(np.full(int(kept.sum()), part.unit))
        scores.append(part.scores[kept])
        hits.append(hit[kept])
    unit, score, is_hit = np.concatenate(units), np.concatenate(scores), np.concatenate(hits)
    order = np.argsort(-score, kind="stable")
    n_reference = np.array([len(part.reference) for part in parts], dtype=np.float64)
    return Ranking(unit[order], score[order], is_hit[order], score[order] >= threshold, n_reference)


def pooled(rankings: Sequence[Ranking]) -> Ranking:
    """Put the detections of several labels into one order; none is matched across labels."""
    score = np.concatenate([ranking.scores for ranking in rankings])
    order = np.argsort(-score, kind="stable")
    units = np.concatenate([ranking.units for ranking in rankings])[order]
    hits = np.concatenate([ranking.gains for ranking in rankings])[order]
    reported = np.concatenate([ranking.reported for ranking in rankings])[order]
    return Ranking(units, score[order], hits, reported, np.sum([ranking.n_reference for ranking in rankings], axis=0))


def average_precision(hits: Numbers, found: Numbers, n_reference: float) -> float:
    """Sum precision over the steps of recall, from counts at descending thresholds (threshold,)."""
    gained = hits - np.append(0.0, hits[:-1])
    return ratio(float((gained * hits / np.maximum(found, 1.0)).sum()), n_reference)


def best_f1(hits: Numbers, found: Numbers, n_reference: float) -> tuple[int, float]:
    """Find the highest F1 and its place among thresholds, the highest where several have it; -1 where nothing hits."""
    if n_reference == 0:
        return -1, UNKNOWN
    if not len(hits) or hits[-1] == 0:
        return -1, 0.0
    f1 = 2 * hits / (found + n_reference)
    at = int(np.argmax(f1 >= f1.max() - 1e-12))
    return at, float(f1[at])


@dataclass(frozen=True)
class AtIou:
    """Average precision at one IoU."""

    ranking: Ranking
    iou: float

    @property
    def names(self) -> tuple[str, ...]:
        """What the figure is called."""
        return (f"average_precision_iou_{self.iou:g}",)

    def __call__(self, weights: Weights) -> list[float]:
        """Tell the figure."""
        return [average_precision(*self.ranking.cumulated(weights))]


@dataclass(frozen=True)
class Detection:
    """Precision, recall and F1 at the threshold and at the best one, average precision, recall at false alarm rates.

    `durations` holds the seconds of each unit (unit,), not numbers where nobody knows; `rates` are per hour.
    """

    ranking: Ranking
    durations: Numbers
    rates: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What the figures are called."""
        named = ("precision", "recall", "f1", "best_precision", "best_recall", "best_f1", "average_precision")
        return (*named, *(f"recall_at_{rate:g}_per_hour" for rate in self.rates))

    def __call__(self, weights: Weights) -> list[float]:
        """Tell the figures."""
        hits, found, n_reference = self.ranking.cumulated(weights)
        n_hits, n_found, _ = weights @ self.ranking.at_threshold
        at, f1 = best_f1(hits, found, n_reference)
        best = [ratio(hits[at], found[at]), ratio(hits[at], n_reference)] if at >= 0 else [UNKNOWN, UNKNOWN]
        return [
            ratio(n_hits, n_found),
            ratio(n_hits, n_reference),
            ratio(2 * n_hits, n_found + n_reference) if n_reference else UNKNOWN,
            *best,
            f1,
            average_precision(hits, found, n_reference),
            *self._recalls(hits, found, n_reference, float(weights @ self.durations) / HOUR_S),
        ]

    def _recalls(self, hits: Numbers, found: Numbers, n_reference: float, hours: float) -> list[float]:
        """Tell the highest recall among thresholds with at most so many false alarms per hour."""
        if not hours > 0:
            return [UNKNOWN] * len(self.rates)
        allowed = np.array(self.rates) * hours + 1e-9
        n = np.searchsorted(found - hits, allowed, side="right")
        return [ratio(count, n_reference) for count in np.append(0.0, hits)[n]]


@dataclass(frozen=True)
class Curve:
    """Counts at every threshold (threshold,), in descending order: for pictures and for choosing thresholds."""

    thresholds: Numbers
    hits: Numbers
    false_alarms: Numbers
    n_reference: float


def curve_of(ranking: Ranking) -> Curve:
    """Count hits and false alarms at every distinct score."""
    hits = np.cumsum(ranking.gains)[ranking.ends].astype(np.float64)
    thresholds = ranking.scores[ranking.ends]
    return Curve(thresholds, hits, ranking.ends + 1 - hits, float(ranking.n_reference.sum()))
