"""Sort detections by score, and say which are hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.estimates.arrays import Flags, Integers, Numbers
from detector.evaluation.chain import Descent
from detector.evaluation.events import Counts
from detector.evaluation.field import Field, field_of_parts
from detector.evaluation.matching import find_hits
from detector.evaluation.material import LabelEvents


@dataclass(frozen=True)
class Ranking(Descent):
    """Detections by descending score. Hits are the gains. Detections on uncertain spans that hit nothing are left out.

    Attributes
    ----------
    reported : array of bool (detection,)
        Whether its score reaches the threshold of its label.
    reference_units : array of int (reference event,)
        Number of the unit of each reference event.
    """

    reported: Flags
    reference_units: Integers

    def at_threshold(self, n_units: int) -> Integers:
        """Count hits, detections and reference events of each unit at the threshold (unit, 3)."""
        kinds = (self.units[self.reported & self.gains], self.units[self.reported], self.reference_units)
        return np.column_stack([np.bincount(units, minlength=n_units) for units in kinds])

    def counts(self) -> Counts:
        """Count hits, false alarms and misses at the threshold."""
        hits = int(np.count_nonzero(self.reported & self.gains))
        return Counts(hits, int(np.count_nonzero(self.reported)) - hits, len(self.reference_units) - hits)


def rank(parts: Sequence[LabelEvents], least_iou: float, threshold: float) -> Ranking:
    """Match the detections of one label, and sort them by score.

    Parameters
    ----------
    parts : sequence of LabelEvents
        One for each unit, in order.
    least_iou : float
        Intersection over union that a hit needs, in (0, 1].
    threshold : float
        Least score of a detection that is reported.
    """
    field = field_of_parts(parts)
    (hits,) = find_hits(field, [least_iou])
    (ranking,) = rank_field(field, hits, least_iou, np.full(1, threshold))
    return ranking


def rank_field(field: Field, hits: Flags, least_iou: float, thresholds: Numbers) -> list[Ranking]:
    """Sort the detections of each label by score.

    Parameters
    ----------
    field : Field
        The events.
    hits : array of bool (found,)
        Which detections are hits at `least_iou`.
    least_iou : float
        Intersection over union with an uncertain span at which a detection lies on it.
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
    """Sort the detections of several labels together. None matches an event of another label."""
    score = np.concatenate([ranking.scores for ranking in rankings])
    order = np.argsort(-score, kind="stable")
    units = np.concatenate([ranking.units for ranking in rankings])[order]
    hits = np.concatenate([ranking.gains for ranking in rankings])[order]
    reported = np.concatenate([ranking.reported for ranking in rankings])[order]
    reference = np.concatenate([ranking.reference_units for ranking in rankings])
    return Ranking(units, score[order], hits, reported, reference)


NOTHING = Ranking(np.zeros(0, np.intp), np.zeros(0), np.zeros(0, bool), np.zeros(0, bool), np.zeros(0, np.intp))
"""The ranking of no label."""
