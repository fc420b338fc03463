"""Strata by score, and how many detections to check in each."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy as np

from detector.estimates.arrays import Integers, Numbers

LEAST = 5
"""How many of a stratum are checked at the least, where it has as many."""

SURE = 0.9
"""No stratum is taken to be surer than this (or than its complement) before anybody has looked."""


def cut(scores: Numbers, n_strata: int) -> Integers:
    """Give each score (detection,) the number of its stratum, from 0, the lowest scores.

    The strata are about equally large: each takes the next scores until it has its part of what is left, and `LEAST`.
    Equal scores stay together, so that each stratum is a range of scores; there are fewer where too many are equal.
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
    """Anticipate the standard deviation of the verdicts in a stratum, from 0.3 to 0.5.

    That of a yes or no whose probability is the mean score. Nobody knows yet whether scores are probabilities, so the
    mean is kept from being sure: a wrong guess costs little, and no stratum is neglected.
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
