"""Evaluate each recording as one clip: whether the label occurs in it, by the highest score in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detector.estimates.arrays import UNKNOWN, Flags, Integers, Numbers, ratio
from detector.estimates.draws import Draws
from detector.estimates.statistic import Statistic
from detector.estimates.sums import Sums
from detector.evaluation.chain import Chain, Descent, LabelTotals, chained
from detector.evaluation.field import Field
from detector.evaluation.ranking import Ranking


@dataclass(frozen=True)
class Clips(Descent):
    """Clips of one label, or of several, in order of their highest score above 0. Clips with the label are the gains.

    A clip with uncertain spans and no certain call is left out, because nobody knows whether it has the label.

    Attributes
    ----------
    with_label : array of int (clip,)
        Units of all clips with the label, whatever their score.
    doubtful : array of int (clip,)
        Units of the clips with the label that have uncertain spans, too.
    sure : array of int (unit,)
        Units without uncertain spans: each is a clip for every label.
    n_labels : int
        Number of labels.
    """

    with_label: Integers
    doubtful: Integers
    sure: Integers
    n_labels: int


def rank_clips(field: Field, rankings: Sequence[Ranking]) -> list[Clips]:
    """Sort the units by the highest score of each label. Units without a detection of the label have 0.

    Parameters
    ----------
    field : Field
        The events.
    rankings : sequence of Ranking
        The detections of each label, without those on uncertain spans that hit nothing.
    """
    doubt = np.zeros(field.n_units, bool)
    doubt[field.doubt.cells] = True
    sure = np.flatnonzero(~doubt)
    return [_clips(ranking, doubt, sure) for ranking in rankings]


def _clips(ranking: Ranking, doubt: Flags, sure: Integers) -> Clips:
    with_label = np.unique(ranking.reference_units)
    units, highest = np.unique(ranking.units, return_index=True)  # the first of a unit has its highest score
    has_label = np.zeros(len(doubt), bool)
    has_label[with_label] = True
    scores = ranking.scores[highest]
    kept = (scores > 0) & (has_label[units] | ~doubt[units])
    units = units[kept]
    scores = scores[kept]
    order = np.argsort(-scores, kind="stable")
    units = units[order]
    doubtful = with_label[doubt[with_label]]
    return Clips(units, scores[order], has_label[units], with_label, doubtful, sure, 1)


def pooled(clips: Sequence[Clips]) -> Clips:
    """Sort the clips of several labels together."""
    scores = np.concatenate([of_label.scores for of_label in clips])
    order = np.argsort(-scores, kind="stable")
    units, gains, with_label, doubtful = (
        np.concatenate([getattr(of_label, name) for of_label in clips])
        for name in ("units", "gains", "with_label", "doubtful")
    )
    return Clips(units[order], scores[order], gains[order], with_label, doubtful, clips[0].sure, len(clips))


@dataclass(frozen=True)
class ClipStatistic(Statistic):
    """Average precision and AUROC of clips. Neither exists if all clips have the label, or none has it."""

    chain: Chain[Clips]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the figures."""
        return ("clip_average_precision", "clip_auroc")

    @property
    def n_rows(self) -> int:
        """The points."""
        return self.chain.points.n_rows

    def drawn(self, draws: Draws) -> list[Numbers]:
        """Compute the figures. AUROC counts a pair of equal scores as half (Mann and Whitney 1947)."""
        chain = self.chain
        points = chain.points
        weights = draws.weights
        n_with, n_doubtful, n_lost = self._totals(weights)
        sure = chain.descents[0].sure
        n_labels = np.array([[clips.n_labels] for clips in chain.descents])
        n_without = (
            n_labels * draws.keep(sure, "number", lambda draws: LabelTotals(([sure],))(draws.weights))[0]
            + n_doubtful
            - n_with
        )
        gained = chain.gained.of(weights)
        hits = points.down(gained)
        without = points.down(chain.lost.of(weights))
        before = points.down(self._above.of(weights))
        last = n_with - points.last(hits)  # these have no score
        ranked = points.sum(gained * (points.at_rows(n_without) - (before + without) / 2))
        pairs = ranked + last * (n_without - (n_lost + n_without) / 2)
        precise = points.sum(gained * hits / np.maximum(hits + without, 1.0))
        precise += last * n_with / np.maximum(n_with + n_without, 1.0)
        both = (n_with > 0) & (n_without > 0)
        figures = (ratio(precise, n_with), ratio(pairs, n_with * n_without))
        return [np.where(both, figure, UNKNOWN) for figure in figures]

    @cached_property
    def _totals(self) -> LabelTotals:
        """Clips with the label, those of them with uncertain spans, and clips without the label that have a score."""
        labels = self.chain.descents
        with_label = [clips.with_label for clips in labels]
        doubtful = [clips.doubtful for clips in labels]
        return LabelTotals((with_label, doubtful, [clips.units[~clips.gains] for clips in labels]))

    @cached_property
    def _above(self) -> Sums:
        """Clips without the label whose score is above that of each point."""
        sums = []
        for clips in self.chain.descents:
            firsts = np.searchsorted(-clips.scores, -clips.scores[clips.gaining], side="left")
            sums.append(clips.chosen_down_to(~clips.gains, firsts))
        return chained(sums)


NOTHING = Clips(
    np.zeros(0, np.intp),
    np.zeros(0),
    np.zeros(0, bool),
    np.zeros(0, np.intp),
    np.zeros(0, np.intp),
    np.zeros(0, np.intp),
    1,
)
"""The clips of no label."""
