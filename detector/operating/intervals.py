"""95 % intervals of a share, and of a rate of rare things."""

from __future__ import annotations

import math
from typing import NamedTuple

Z = 1.959963984540054  # the normal quantile of 0.975
TAIL = 0.025


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
