"""Each recording as one clip: does the label occur in it, and how high is its highest score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.evaluation.material import Part
from detector.evaluation.ranking import Ranking, average_precision
from detector.evaluation.statistic import UNKNOWN, Weights


def rank_clips(parts: Sequence[Part], detections: Ranking) -> Ranking:
    """Order units by the highest score of a label, 0 without detections; its hits are the units in which it occurs.

    A unit that has only uncertain spans is neither with nor without the label, and is left out.

    Parameters
    ----------
    parts : sequence of Part
        One a unit, in order.
    detections : Ranking
        Those of the label; what lies on uncertain spans and hits nothing is not among them, and raises no unit.
    """
    surest = np.zeros(len(parts))
    np.maximum.at(surest, detections.units, detections.scores)
    known = [part for part in parts if part.reference or not part.uncertain]
    units = np.array([part.unit for part in known], dtype=np.intp)
    score = surest[units]
    there = np.array([bool(part.reference) for part in known], dtype=bool)
    order = np.argsort(-score, kind="stable")
    n_reference = np.zeros(len(parts))
    n_reference[units] = there
    return Ranking(units[order], score[order], there[order], np.ones(len(known), bool), n_reference)


@dataclass(frozen=True)
class ClipLevel:
    """Average precision and AUROC of clips; neither exists where all clips are of one kind."""

    ranking: Ranking
    names: tuple[str, ...] = ("clip_average_precision", "clip_auroc")

    def __call__(self, weights: Weights) -> list[float]:
        """Tell the figures; AUROC counts a pair of equal scores as half (Mann and Whitney 1947)."""
        ends, each = self.ranking.ends, weights[self.ranking.units]
        hits, found = np.cumsum(each * self.ranking.gains)[ends], np.cumsum(each)[ends]
        n_with = float(hits[-1]) if len(hits) else 0.0
        n_without = float(found[-1]) - n_with if len(found) else 0.0
        if not n_with or not n_without:
            return [UNKNOWN, UNKNOWN]
        without, before = np.append(0.0, found - hits), np.append(0.0, hits)
        area = float((np.diff(without) * (before[:-1] + before[1:]) / 2).sum())
        return [average_precision(hits, found, n_with), area / (n_with * n_without)]
