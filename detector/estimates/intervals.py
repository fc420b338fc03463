"""Compute 95 % intervals of a share, and of a rate of rare things."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

Z = 1.959963984540054  # the normal quantile of 1 - TAIL
TAIL = 0.025
"""The probability that the truth lies below an interval, and that it lies above."""


class Interval(NamedTuple):
    """The limits of an interval."""

    low: float
    high: float

    def __or__(self, other: object) -> Interval:
        """Return the shortest interval that contains both."""
        if not isinstance(other, Interval):
            return NotImplemented
        return Interval(min(self.low, other.low), max(self.high, other.high))


def score_interval(share: float, spread: float) -> Interval:
    """Return the limits of a share by inverting the score test (Wilson 1927).

    Parameters
    ----------
    share : float
        The observed share, from 0 to 1.
    spread : float
        z² / n, where n is the size of the sample, or its effective size.
    """
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    return Interval(middle - half, middle + half)


def wilson(hits: float, n: int) -> Interval:
    """Return the limits of the share of hits among `n` independent trials (Wilson 1927); 0 and 1 if `n` is 0."""
    if n == 0:
        return Interval(0.0, 1.0)
    low, high = score_interval(hits / n, Z**2 / n)
    return Interval(low if hits else 0.0, high if hits < n else 1.0)


def rule_of_three(value: float, sizes: Sequence[int]) -> Interval:
    """Return the limits of a figure from 0 to 1 that is the same in every resample.

    What happens in more than 3 / n of all cases is seen in `n` independent ones with a probability of 95 % (Hanley &
    Lippman-Hand 1983, JAMA 249: 1743). So the figure may be off by this much.

    Parameters
    ----------
    value : float
        The figure.
    sizes : sequence of int
        Number of independent cases; several numbers for a mean of figures, which may be off by the mean of 3 / n.
    """
    margin = sum(min(1.0, 3 / n) if n else 1.0 for n in sizes) / len(sizes)
    return Interval(max(0.0, value - margin), min(1.0, value + margin))


def gamma_quantile(shape: float, probability: float) -> float:
    """Return a quantile of the gamma distribution with scale 1. The limits of a Poisson mean are such quantiles."""
    from scipy.special import gammaincinv

    return float(gammaincinv(shape, probability))


def garwood(count: int) -> Interval:
    """Return the exact limits of the mean of a Poisson count (Garwood 1936)."""
    return Interval(gamma_quantile(count, TAIL) if count else 0.0, gamma_quantile(count + 1, 1 - TAIL))
