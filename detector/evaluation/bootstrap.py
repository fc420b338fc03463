"""Confidence intervals: groups of units drawn again, with replacement (Efron 1979)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.statistic import Statistic, Weights

LIMITS = (0.025, 0.975)


def draw_weights(groups: NDArray[np.intp], draws: int, seed: int) -> Iterator[Weights]:
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
    rng = np.random.default_rng(seed)
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    for _ in range(draws):
        drawn = rng.integers(0, n_groups, n_groups)
        yield np.bincount(drawn, minlength=n_groups)[groups].astype(np.float64)


def resample(rows: Mapping[str, Sequence[Statistic]], weights: Iterator[Weights]) -> dict[str, NDArray[np.float64]]:
    """Tell the figures of each row for each resample (draw, figure)."""
    drawn: dict[str, list[list[float]]] = {name: [] for name in rows}
    for once in weights:
        for name, statistics in rows.items():
            drawn[name].append(tell(statistics, once))
    return {name: np.array(figures) for name, figures in drawn.items()}


def tell(statistics: Sequence[Statistic], weights: Weights) -> list[float]:
    """Tell the figures of several statistics, one after the other."""
    return [figure for statistic in statistics for figure in statistic(weights)]


def limits(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the 2.5 and 97.5 % quantiles of each column (2, figure), over the resamples in which it exists."""
    low_high = np.full((2, drawn.shape[1]), np.nan)
    for column, values in enumerate(drawn.T):
        known = values[~np.isnan(values)]
        if len(known):
            low_high[:, column] = np.quantile(known, LIMITS)
    return low_high
