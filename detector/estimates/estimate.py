"""Estimates with 95 % intervals in closed form: of a share, a rare total, and a share of a sum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.estimates.arrays import Numbers
from detector.estimates.intervals import TAIL, Z, gamma_quantile, score_interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the limits of its 95 % interval."""

    value: float
    low: float
    high: float

    def __rmul__(self, factor: float) -> Estimate:
        return Estimate(factor * self.value, factor * self.low, factor * self.high)

    def __add__(self, other: Estimate) -> Estimate:
        """Add an independent estimate.

        The distance of each limit is the root of the summed squares of the two distances: the method "MOVER" (Zou &
        Donner 2008, Statistics in Medicine 27: 1693).
        """
        value = self.value + other.value
        below = math.hypot(self.value - self.low, other.value - other.low)
        above = math.hypot(self.high - self.value, other.high - other.value)
        return Estimate(value, value - below, value + above)


def stratified(yes: Sequence[int], n: Sequence[int], sizes: Sequence[int]) -> Estimate:
    """Estimate the share of yes from a simple random sample in each stratum, drawn without replacement.

    This is the stratified estimator with finite population correction (Cochran 1977, 5.3 and 5.4). The interval is
    Wilson's (1927) for the effective size of the sample: that of a simple random sample with the same variance (Korn &
    Graubard 1998, Survey Methodology 24: 193; Franco et al. 2019, Journal of Survey Statistics and Methodology 7: 334).
    The variance adds half a yes and half a no to each stratum, so that no stratum counts as certain. With one stratum
    this is Wilson's own interval. The true number of yes is an integer, and at least the number in the sample. So the
    limits are rounded outwards to such numbers.

    Parameters
    ----------
    yes, n : sequence of int
        Number of yes in each sample, and size of the sample (at least 1).
    sizes : sequence of int
        Size of each stratum.
    """
    y, m, N = (np.asarray(counts, dtype=np.float64) for counts in (yes, n, sizes))
    W = N / N.sum()
    smooth = (y + 0.5) / (m + 1)
    p = float((W * y / m).sum())
    likely = float((W * smooth).sum())
    variance = float((W**2 * (N - m) / np.maximum(N - 1, 1) * smooth * (1 - smooth) / m).sum())
    spread = Z**2 * variance / (likely * (1 - likely))  # z² over the effective sample size
    share = score_interval(p, spread)
    low = max(sum(yes), math.floor(sum(sizes) * share.low + 1e-6))
    high = min(sum(sizes) - sum(n) + sum(yes), math.ceil(sum(sizes) * share.high - 1e-6))
    return Estimate(p, low / sum(sizes), high / sum(sizes))


def rare_total(counts: Numbers, probabilities: Numbers, seen: float) -> Estimate:
    """Estimate a total of rare things from units drawn with unequal probabilities.

    The estimate is that of Horvitz & Thompson (1952): the sum of counts over probabilities. Its variance is computed as
    if units were drawn independently. The limits are those of a gamma distribution (Fay & Feuer 1997, Statistics in
    Medicine 16: 791). The upper limit adds one thing that was not seen. For a small share `seen` and equal
    probabilities they are Garwood's (1936) exact limits of a Poisson count.

    Parameters
    ----------
    counts : array (unit,)
        Number of things in each drawn unit.
    probabilities : array (unit,)
        Probability with which each unit was drawn.
    seen : float
        Share of the whole that was drawn, above 0 and at most 1.
    """
    shares = counts / probabilities
    total = float(shares.sum())
    variance = float(((1 - probabilities) * shares**2).sum())
    low = high = total
    if variance > 0:
        low = variance / total * gamma_quantile(total**2 / variance, TAIL)
    if seen < 1:
        cluster = float((counts**2).sum() / counts.sum()) if total else 1.0  # things come in groups of about this many
        unseen = -cluster / math.log1p(-seen)  # what passes unseen with the probability that one thing does
        scale = (variance + unseen**2) / (total + unseen)
        high = scale * gamma_quantile((total + unseen) / scale, 1 - TAIL)
    return Estimate(total, low, high)


def share_of_sum(part: Estimate, other: Estimate) -> Estimate | None:
    """Estimate part / (part + other) of two independent estimates from 0; None if both are 0.

    The limits are the shares s for which 0 is a limit of (1 - s) part - s other (Fieller 1954). The limits of this
    difference follow from those of the two estimates (Donner & Zou 2012, Statistical Methods in Medical Research 21:
    347). Unlike the normal limits of a ratio, they are not symmetric, and stay within 0 and 1.
    """
    if part.value + other.value == 0:
        return None
    low = _odds(part.value, part.value - part.low, other.value, other.high - other.value, upper=False)
    high = _odds(part.value, part.high - part.value, other.value, other.value - other.low, upper=True)
    return Estimate(part.value / (part.value + other.value), _share(low), _share(high))


def _odds(x: float, a: float, y: float, b: float, *, upper: bool) -> float:
    """Solve (x - r y)² = a² + r² b² for the odds r, where a <= x below and b <= y above."""
    of_part = x * x - a * a
    of_other = y * y - b * b
    root = x * y + math.sqrt(max(0.0, (x * y) ** 2 - of_part * of_other))
    if upper:
        return root / of_other if of_other > 0 else math.inf
    if root:
        return max(0.0, of_part) / root
    return math.inf if x else 0.0


def _share(odds: float) -> float:
    return 1.0 if math.isinf(odds) else odds / (1 + odds)
