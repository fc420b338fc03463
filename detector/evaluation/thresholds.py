"""Counts of hits and false alarms at every threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.estimates.arrays import Numbers
from detector.evaluation.ranking import Ranking


@dataclass(frozen=True)
class CountCurve:
    """Counts at every threshold (threshold,), in descending order, for pictures and to choose thresholds."""

    thresholds: Numbers
    hits: Numbers
    false_alarms: Numbers
    n_reference: float


def curve_of(ranking: Ranking) -> CountCurve:
    """Count hits and false alarms at every distinct score."""
    hits = np.cumsum(ranking.gains)[ranking.ends].astype(np.float64)
    thresholds = ranking.scores[ranking.ends]
    return CountCurve(thresholds, hits, ranking.ends + 1 - hits, float(len(ranking.reference_units)))
