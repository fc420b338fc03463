"""How far onsets and offsets of hits are from those of the reference events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.matching import find_hits, pair_hits, pardoned
from detector.evaluation.material import Part
from detector.evaluation.statistic import UNKNOWN, Weights

QUANTILES = (0.5, 0.9)


@dataclass(frozen=True)
class Timing:
    """Errors of onset and offset: the median with its sign, and the median and 90th percentile of the absolute error.

    Attributes
    ----------
    units : array of int (pair,)
        Number of the unit of each pair of a hit and its reference event.
    errors : array (pair, 2)
        Onset and offset of the detection less those of the reference event, s.
    """

    units: NDArray[np.intp]
    errors: NDArray[np.float64]

    @property
    def names(self) -> tuple[str, ...]:
        """What the figures are called."""
        return tuple(f"{edge}_{what}_s" for edge in ("onset", "offset") for what in ("bias", "median", "p90"))

    def __call__(self, weights: Weights) -> list[float]:
        """Tell the figures, s."""
        drawn = np.repeat(self.errors, weights[self.units].astype(np.intp), axis=0)
        if not len(drawn):
            return [UNKNOWN] * len(self.names)
        bias, (median, p90) = np.median(drawn, axis=0), np.quantile(np.abs(drawn), QUANTILES, axis=0)
        return [float(figures[edge]) for edge in range(2) for figures in (bias, median, p90)]


@dataclass(frozen=True)
class Matched:
    """What became of one label's events in one unit at the threshold: pairs of numbers, and the numbers of the others.

    Detections on uncertain spans that hit nothing are in none of them.
    """

    pairs: tuple[tuple[int, int], ...]
    misses: tuple[int, ...]
    false_alarms: tuple[int, ...]


def match_part(part: Part, least_iou: float, threshold: float) -> Matched:
    """Pair hits at the threshold with reference events, so that their IoU is the highest in sum."""
    on_doubt = pardoned(part, least_iou)
    reported = part.scores >= threshold
    hits = find_hits(part, least_iou, on_doubt) & reported
    reference, estimated = pair_hits(part.met, hits, least_iou)
    misses = np.setdiff1d(np.arange(len(part.reference)), reference)
    false_alarms = np.flatnonzero(reported & ~hits & ~on_doubt)
    pairs = tuple(zip(reference.tolist(), estimated.tolist()))
    return Matched(pairs, tuple(misses.tolist()), tuple(false_alarms.tolist()))


def measure_times(parts: Sequence[Part], matched: Sequence[Matched]) -> Timing:
    """Compare the onsets and offsets of pairs."""
    rows = [(part, r, e) for part, found in zip(parts, matched) for r, e in found.pairs]
    errors = [part.found[e] - part.wanted[r] for part, r, e in rows]
    return Timing(np.array([part.unit for part, _, _ in rows], dtype=np.intp), np.array(errors).reshape(-1, 2))


def pooled(timings: Sequence[Timing]) -> Timing:
    """Put the pairs of several labels together."""
    return Timing(np.concatenate([t.units for t in timings]), np.concatenate([t.errors for t in timings]))
