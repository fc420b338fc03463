"""Compute intervals by the bootstrap, which draws groups of units with replacement (Efron 1979)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from detector.estimates.arrays import Integers, Numbers, interpolate
from detector.estimates.draws import Draws, narrowed
from detector.estimates.intervals import TAIL, Interval
from detector.estimates.statistic import Statistic

DRAWS = 1000
"""Default number of resamples for an interval."""

MOST_WEIGHTS = 1 << 25
"""Most weights of units in draws that are held at once. This limits memory."""


def draw_weights(groups: Integers, draws: int, seed: int) -> Iterator[Numbers]:
    """Draw as many groups as there are, with replacement; yield how often each unit is drawn (unit,).

    Parameters
    ----------
    groups : array of int (unit,)
        Number of each unit's group, from 0.
    draws : int
        Number of resamples.
    seed : int
        The same for the same resamples.
    """
    for counts in _counts(groups, draws, seed):
        yield counts[groups].astype(np.float64)


def _counts(groups: Integers, draws: int, seed: int) -> Iterator[Integers]:
    """Count how often each group is drawn (group,)."""
    rng = np.random.default_rng(seed)
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    for _ in range(draws):
        yield np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups)


def draw_together(groups: Integers, draws: int, seed: int) -> Iterator[Draws]:
    """Draw as `draw_weights` does, many draws at a time."""
    at_once = max(1, MOST_WEIGHTS // max(1, len(groups)))
    counts = _counts(groups, draws, seed)
    for first in range(0, draws, at_once):
        portion = np.array([next(counts) for _ in range(min(at_once, draws - first))], dtype=np.int32)
        yield Draws(narrowed(np.ascontiguousarray(portion.T))[groups])


def resample(statistics: Sequence[Statistic], draws: Iterable[Draws]) -> Iterator[Numbers]:
    """Compute the figures of each statistic for each label and resample (figure, label, draw)."""
    drawn: list[list[Numbers]] = [[] for _ in statistics]
    for portion in draws:
        for figures, statistic in zip(drawn, statistics):
            figures.append(statistic.in_portions(portion))
    for figures in drawn:
        yield np.concatenate(figures, axis=-1)
        figures.clear()


def limits(drawn: Numbers) -> Numbers:
    """Return the 2.5 and 97.5 % quantiles of each figure (2, ...), over the resamples in which it exists.

    Parameters
    ----------
    drawn : array (..., draw)
        The figures; not a number where a figure does not exist.
    """
    ordered = np.sort(drawn, axis=-1)  # values that are not numbers come last
    n_known = np.count_nonzero(~np.isnan(drawn), axis=-1)
    return np.stack([_quantile(ordered, n_known, share) for share in (TAIL, 1 - TAIL)])


def _quantile(ordered: Numbers, n_known: Integers, share: float) -> Numbers:
    """Interpolate between the values of each figure as `numpy.quantile` does (...,)."""
    place = share * np.maximum(n_known - 1, 0)
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(n_known - 1, 0))
    low, high = (np.take_along_axis(ordered, number[..., None], axis=-1)[..., 0] for number in (below, above))
    return interpolate(low, high, place - below)


def over_groups(
    counts: Numbers, groups: Integers, figure: Callable[[Numbers], Numbers], seed: int = 0
) -> Interval | None:
    """Return the interval of one figure by bootstrap over groups of units; None for a single group.

    Parameters
    ----------
    counts : array (unit, count)
        The counts of each unit, which are summed over units.
    groups : array of int (unit,)
        Number of each unit's group.
    figure : callable
        Computes figures (draw,) from sums (draw, count); not a number where there is none.
    seed : int
        The same for the same resamples.
    """
    if len(set(groups.tolist())) < 2:
        return None
    sums = np.array([weights @ counts for weights in draw_weights(groups, DRAWS, seed)])
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = limits(figure(sums)[None, :])[:, 0].tolist()
    return None if math.isnan(low) else Interval(low, high)
