"""Divide detections into strata by score, and decide how many to check in each."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy as np

from detector.estimates.arrays import Integers, Numbers

LEAST = 5
"""Least number of detections to check in a stratum, if it has so many."""

SURE = 0.9
"""Highest precision that is assumed for a stratum before anybody has checked it. The lowest is 1 less this."""


def cut(scores: Numbers, n_strata: int) -> Integers:
    """Return the stratum of each score (detection,), from 0 for the lowest scores.

    The strata are about equally large. Each takes the next scores until it has its part of the rest, and at least
    `LEAST`. Equal scores stay together, so that each stratum is a range of scores. Many equal scores make fewer strata.
    """
    values, numbers, counts = np.unique(scores, return_inverse=True, return_counts=True)
    stratum = np.empty(len(values), dtype=np.int64)
    current = 0
    inside = 0
    left = len(scores)
    for n, count in enumerate(counts.tolist()):
        part = left / (n_strata - current)
        nearer_without = inside + count / 2 > part
        if inside >= LEAST and current < n_strata - 1 and nearer_without:
            current += 1
            left -= inside
            inside = 0
        stratum[n] = current
        inside += count
    return stratum[numbers]


def anticipated_spread(scores: Numbers) -> float:
    """Estimate, before any verdict, the standard deviation of the verdicts in a stratum, from 0.3 to 0.5.

    It is that of a yes or no whose probability is the mean score. But scores need not be probabilities. So the mean is
    kept away from 0 and 1: a wrong guess then costs little, and no stratum is neglected.
    """
    p = min(max(float(scores.mean()), 1 - SURE), SURE)
    return math.sqrt(p * (1 - p))


def allocate(sizes: Sequence[int], spreads: Sequence[float], n: int) -> list[int]:
    """Divide `n` checks among strata of these sizes and standard deviations.

    Neyman's allocation (Cochran 1977, 5.5) in whole numbers: each check goes where it lowers the variance of the
    stratified estimate most (Wright 2012, The American Statistician 66: 217), after each stratum has `LEAST`.
    """
    least = min(LEAST, n // len(sizes))
    taken = [min(size, least) for size in sizes]

    def entry(h: int) -> tuple[float, int]:
        among = taken[h] * (taken[h] + 1)
        return (-sizes[h] * spreads[h] / math.sqrt(among) if among else -math.inf), h

    queue = [entry(h) for h in range(len(sizes)) if taken[h] < sizes[h]]
    heapq.heapify(queue)
    for _ in range(n - sum(taken)):
        if not queue:
            break
        _, h = heapq.heappop(queue)
        taken[h] += 1
        if taken[h] < sizes[h]:
            heapq.heappush(queue, entry(h))
    return taken
