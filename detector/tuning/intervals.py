"""95 % intervals of a share, of a rate of rare things, and of figures over recordings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.bootstrap import draw_weights, limits

Z = 1.959963984540054  # the normal quantile of 0.975
TAIL = 0.025
DRAWS = 1000

Values = NDArray[np.float64]


class Interval(NamedTuple):
    """The ends of an interval."""

    low: float
    high: float

    def __or__(self, other: object) -> Interval:
        """Take in another interval, too."""
        if not isinstance(other, Interval):
            return NotImplemented
        return Interval(min(self.low, other.low), max(self.high, other.high))


def wilson(hits: int, n: int) -> Interval:
    """Give the limits of a share of independent things (Wilson 1927); anything for none."""
    if n == 0:
        return Interval(0.0, 1.0)
    share, spread = hits / n, Z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    return Interval(middle - half if hits else 0.0, middle + half if hits < n else 1.0)


def garwood(count: int) -> Interval:
    """Give the exact limits of the mean of a Poisson count (Garwood 1936)."""
    from scipy.special import gammaincinv

    low = float(gammaincinv(count, TAIL)) if count else 0.0
    return Interval(low, float(gammaincinv(count + 1, 1 - TAIL)))


def over_groups(
    counts: Values, groups: NDArray[np.intp], figure: Callable[[Values], Values], seed: int = 0
) -> Interval | None:
    """Give the limits of a figure by bootstrap over groups of units (Efron 1979); None for a single group.

    Parameters
    ----------
    counts : array (unit, count)
        What is summed up.
    groups : array of int (unit,)
        Number of each unit's group.
    figure : callable
        Makes figures (draw,) out of sums (draw, count); not a number where there is none.
    seed : int
        The same for the same resamples.
    """
    if len(set(groups.tolist())) < 2:
        return None
    sums = np.array([weights @ counts for weights in draw_weights(groups, DRAWS, seed)])
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = limits(figure(sums)[:, None])[:, 0].tolist()
    return None if math.isnan(low) else Interval(low, high)
