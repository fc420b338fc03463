"""Detections in order of score, and the figures that follow from which of them are hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detector.evaluation.events import Counts
from detector.evaluation.field import Field, field_of_parts
from detector.evaluation.matching import find_hits
from detector.evaluation.material import Part
from detector.evaluation.statistic import (
    UNKNOWN,
    Descent,
    Draws,
    Integers,
    Numbers,
    Statistic,
    Sums,
    Weights,
    ratio,
    sum_down,
    totals,
)
from detector.evaluation.sweep import Chosen

HOUR_S = 3600.0


@dataclass(frozen=True)
class Ranking(Descent):
    """Detections from the highest score down, hits being the gains; those on uncertain spans that hit nothing are out.

    Attributes
    ----------
    reported : array of bool (detection,)
        Whether its score reaches the threshold of its label.
    reference_units : array of int (reference event,)
        Number of the unit of each reference event.
    """

    reported: Chosen
    reference_units: Integers

    @cached_property
    def reported_and_wanted(self) -> Sums:
        """Hits at the threshold, detections at the threshold, reference events."""
        return totals(self.units[self.reported & self.gains], self.units[self.reported], self.reference_units)

    def cumulated(self, weights: Weights) -> tuple[Numbers, Numbers]:
        """Count hits and detections down to each score that has a hit (gaining, draw)."""
        return self.gained.down(weights), self.counted.down(weights)

    def at_threshold(self, n_units: int) -> Integers:
        """Count hits, detections and reference events of each unit at the threshold (unit, 3)."""
        kinds = (self.units[self.reported & self.gains], self.units[self.reported], self.reference_units)
        return np.column_stack([np.bincount(units, minlength=n_units) for units in kinds])

    def counts(self) -> Counts:
        """Count hits, false alarms and misses at the threshold."""
        hits = int(np.count_nonzero(self.reported & self.gains))
        return Counts(hits, int(np.count_nonzero(self.reported)) - hits, len(self.reference_units) - hits)


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
    field = field_of_parts(parts)
    (hits,) = find_hits(field, [least_iou])
    (ranking,) = rank_field(field, hits, least_iou, np.full(1, threshold))
    return ranking


def rank_field(field: Field, hits: Chosen, least_iou: float, thresholds: Numbers) -> list[Ranking]:
    """Put the detections of each label in order.

    Parameters
    ----------
    field : Field
        The events.
    hits : array of bool (found,)
        Which detections are hits at `least_iou`.
    least_iou : float
        At which detections lie on uncertain spans.
    thresholds : array (label,)
        Least score of a detection that is reported.
    """
    kept = np.flatnonzero(hits | ~field.pardoned(least_iou))
    order = kept[np.lexsort((-field.scores[kept], field.found_labels[kept]))]
    firsts = np.searchsorted(field.found_labels[order], np.arange(field.n_labels + 1))
    rankings = []
    for label, units_of_label in enumerate(field.wanted_units_by_label):
        rows = order[firsts[label] : firsts[label + 1]]
        scores = field.scores[rows]
        reported = scores >= thresholds[label]
        rankings.append(Ranking(field.found_units[rows], scores, hits[rows], reported, units_of_label))
    return rankings


def pooled(rankings: Sequence[Ranking]) -> Ranking:
    """Put the detections of several labels into one order; none is matched across labels."""
    score = np.concatenate([ranking.scores for ranking in rankings])
    order = np.argsort(-score, kind="stable")
    units = np.concatenate([ranking.units for ranking in rankings])[order]
    hits = np.concatenate([ranking.gains for ranking in rankings])[order]
    reported = np.concatenate([ranking.reported for ranking in rankings])[order]
    reference = np.concatenate([ranking.reference_units for ranking in rankings])
    return Ranking(units, score[order], hits, reported, reference)


NOTHING = Ranking(np.zeros(0, np.intp), np.zeros(0), np.zeros(0, bool), np.zeros(0, bool), np.zeros(0, np.intp))
"""That of no label."""


def average_precision(hits: Numbers, found: Numbers, n_reference: Numbers) -> Numbers:
    """Sum precision over the steps of recall (draw,), from counts at descending thresholds (threshold, draw)."""
    precision = np.maximum(found, 1.0)
    gained = np.empty_like(hits)
    gained[:1] = hits[:1]
    np.subtract(hits[1:], hits[:-1], out=gained[1:])
    gained *= hits
    gained /= precision
    return ratio(sum_down(gained), n_reference)


def best_f1(hits: Numbers, found: Numbers, n_reference: Numbers) -> tuple[Integers, Numbers]:
    """Find the highest F1 and its place among thresholds (draw,), the highest where several have it.

    The place is -1 where nothing hits.
    """
    there = n_reference > 0
    if not len(hits):
        return np.full(len(there), -1), np.where(there, 0.0, UNKNOWN)
    f1 = np.divide(2 * hits, found + n_reference, out=np.zeros_like(hits), where=there)
    at = np.argmax(f1 >= f1.max(axis=0) - 1e-12, axis=0)
    hit = there & (hits[-1] > 0)
    highest = np.take_along_axis(f1, at[None], axis=0)[0]
    return np.where(hit, at, -1), np.where(hit, highest, np.where(there, 0.0, UNKNOWN))


@dataclass(frozen=True)
class AtIou(Statistic):
    """Average precision at one IoU."""

    ranking: Ranking
    iou: float

    @property
    def names(self) -> tuple[str, ...]:
        """What the figure is called."""
        return (f"average_precision_iou_{self.iou:g}",)

    @property
    def n_rows(self) -> int:
        """The gaining scores."""
        return len(self.ranking.gaining)

    def drawn(self, draws: Draws) -> list[Numbers]:
        """Tell the figure."""
        ranking = self.ranking
        n_reference = draws.keep(ranking.reference_units, "number", totals(ranking.reference_units).counts)[0]
        return [average_precision(*ranking.cumulated(draws.weights), n_reference)]


@dataclass(frozen=True)
class Detection(Statistic):
    """Precision, recall and F1 at the threshold and at the best one, average precision, recall at false alarm rates.

    Attributes
    ----------
    ranking : Ranking
        The detections.
    durations : array (unit,)
        The seconds of each unit, not numbers where nobody knows.
    rates : tuple of float
        False alarms per hour.
    """

    ranking: Ranking
    durations: Numbers
    rates: tuple[float, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the figures are called."""
        named = ("precision", "recall", "f1", "best_precision", "best_recall", "best_f1", "average_precision")
        return (*named, *(f"recall_at_{rate:g}_per_hour" for rate in self.rates))

    @property
    def n_rows(self) -> int:
        """The gaining scores."""
        return len(self.ranking.gaining)

    def drawn(self, draws: Draws) -> list[Numbers]:
        """Tell the figures."""
        weights, ranking = draws.weights, self.ranking
        hits, found = ranking.cumulated(weights)
        n_hits, n_found, n_reference = ranking.reported_and_wanted.counts(weights)
        at, f1 = best_f1(hits, found, n_reference)
        known = np.maximum(at, 0)[None]
        n_best, n_best_found = (
            np.where(at < 0, 0.0, np.take_along_axis(side, known, axis=0)[0]) if len(side) else np.zeros(len(at))
            for side in (hits, found)
        )
        return [
            ratio(n_hits, n_found),
            ratio(n_hits, n_reference),
            np.where(n_reference > 0, ratio(2 * n_hits, n_found + n_reference), UNKNOWN),
            ratio(n_best, n_best_found),
            np.where(at < 0, UNKNOWN, ratio(n_best, n_reference)),
            f1,
            average_precision(hits, found, n_reference),
            *self._recalls(hits, found, n_reference, draws.seconds(self.durations) / HOUR_S),
        ]

    def _recalls(self, hits: Numbers, found: Numbers, n_reference: Numbers, hours: Numbers) -> list[Numbers]:
        """Tell the highest recall among thresholds with at most so many false alarms per hour."""
        false = found - hits
        recalls = []
        for rate in self.rates:
            n = np.count_nonzero(false <= rate * hours + 1e-9, axis=0)
            above = np.take_along_axis(hits, np.maximum(n - 1, 0)[None], axis=0)[0] if len(hits) else np.zeros(len(n))
            recalls.append(np.where(hours > 0, ratio(np.where(n > 0, above, 0.0), n_reference), UNKNOWN))
        return recalls
