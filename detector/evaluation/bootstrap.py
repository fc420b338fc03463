"""Confidence intervals: groups of units drawn again, with replacement (Efron 1979)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.statistic import Draws, Numbers, Statistic, interpolate, narrowed

LIMITS = (0.025, 0.975)

MOST_WEIGHTS = 1 << 25
"""How many weights of units in draws are held at once: this bounds memory."""


def draw_weights(groups: NDArray[np.intp], draws: int, seed: int) -> Iterator[Numbers]:
    """Draw as many groups as there are, with replacement, and tell how often each unit then is there (unit,).

    Parameters
    ----------
    groups : array of int (unit,)
        Number of each unit's group, from 0.
    draws : int
        How many times.
    seed : int
        The same for the same resamples.
    """
    for counts in _counts(groups, draws, seed):
        yield counts[groups].astype(np.float64)


def _counts(groups: NDArray[np.intp], draws: int, seed: int) -> Iterator[NDArray[np.intp]]:
    """Tell how often each group is drawn (group,)."""
    rng = np.random.default_rng(seed)
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    for _ in range(draws):
        yield np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups)


def draw_together(groups: NDArray[np.intp], draws: int, seed: int) -> Iterator[Draws]:
    """Draw as `draw_weights` does, many draws at a time."""
    at_once = max(1, MOST_WEIGHTS // max(1, len(groups)))
    counts = _counts(groups, draws, seed)
    for first in range(0, draws, at_once):
        some = np.array([next(counts) for _ in range(min(at_once, draws - first))], dtype=np.int32)
        yield Draws(narrowed(np.ascontiguousarray(some.T))[groups])


def resample(statistics: Sequence[Statistic], draws: Iterable[Draws]) -> Iterator[Numbers]:
    """Compute the figures of each statistic for each label and resample (figure, label, draw)."""
    drawn: list[list[Numbers]] = [[] for _ in statistics]
    for some in draws:
        for figures, statistic in zip(drawn, statistics):
            figures.append(statistic.in_portions(some))
    for figures in drawn:
        yield np.concatenate(figures, axis=-1)
        figures.clear()


def limits(drawn: Numbers) -> Numbers:
    """Give the 2.5 and 97.5 % quantiles of each figure (2, ...), over the resamples in which it exists.

    Parameters
    ----------
    drawn : array (..., draw)
        Not numbers where a figure does not exist.
    """
    ordered = np.sort(drawn, axis=-1)  # what is no number comes last
    n_known = np.count_nonzero(~np.isnan(drawn), axis=-1)
    return np.stack([_quantile(ordered, n_known, share) for share in LIMITS])


def _quantile(ordered: Numbers, n_known: NDArray[np.intp], share: float) -> Numbers:
    """Interpolate between the numbers of each figure as `numpy.quantile` does (...,)."""
    place = share * np.maximum(n_known - 1, 0)
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(n_known - 1, 0))
    low, high = (np.take_along_axis(ordered, number[..., None], axis=-1)[..., 0] for number in (below, above))
    return interpolate(low, high, place - below)
