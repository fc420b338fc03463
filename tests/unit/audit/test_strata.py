"""Strata are ranges of score, and checks go where they tell most."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from detector.audit.strata import LEAST, allocate, anticipated_spread, cut


def test_different_scores_are_cut_into_equal_parts() -> None:
    strata = cut(np.random.default_rng(0).permutation(100) / 100, 5)
    assert np.bincount(strata).tolist() == [20] * 5


def test_many_equal_scores_are_a_stratum_and_leave_the_others_theirs() -> None:
    scores = np.concatenate([np.linspace(0.5, 0.9, 40), np.ones(160)])
    assert np.bincount(cut(scores, 5)).tolist() == [40, 160]
    scores = np.concatenate([np.linspace(0.5, 0.9, 90), np.ones(60)])
    assert np.bincount(cut(scores, 5)).tolist() == [30, 30, 30, 60]


def test_a_few_scores_below_many_equal_ones_are_no_stratum_of_their_own() -> None:
    scores = np.concatenate([np.linspace(0.5, 0.9, 14), np.ones(41)])
    assert np.bincount(cut(scores, 5)).tolist() == [11, 44]


def test_equal_scores_alone_are_one_stratum() -> None:
    assert cut(np.ones(7), 5).tolist() == [0] * 7


def variance(sizes: list[int], spreads: list[float], taken: tuple[int, ...]) -> float:
    return sum((N * S) ** 2 / n for N, S, n in zip(sizes, spreads, taken, strict=True))


def test_no_other_division_of_the_checks_has_a_smaller_variance() -> None:
    sizes, spreads, n = [60, 30, 200], [0.5, 0.3, 0.35], 40
    taken = allocate(sizes, spreads, n)
    others = ((a, b, n - a - b) for a, b in product(range(LEAST, n), repeat=2) if n - a - b >= LEAST)
    best = min(variance(sizes, spreads, other) for other in others)
    assert sum(taken) == n
    assert variance(sizes, spreads, tuple(taken)) == pytest.approx(best)


def test_doubtful_scores_are_checked_more_than_sure_ones() -> None:
    doubtful, sure = allocate([100, 100], [anticipated_spread(np.full(9, p)) for p in (0.5, 0.99)], 40)
    assert doubtful / sure == pytest.approx(0.5 / 0.3, rel=0.05)


def test_nobody_is_taken_to_be_sure_before_it_was_checked() -> None:
    assert anticipated_spread(np.ones(5)) == pytest.approx(math.sqrt(0.09))
    assert anticipated_spread(np.zeros(5)) == pytest.approx(math.sqrt(0.09))


def test_a_small_stratum_is_checked_whole_and_a_large_sample_takes_all() -> None:
    assert allocate([3, 1000], [0.5, 0.3], 50) == [3, 47]
    assert allocate([3, 10], [0.5, 0.3], 50) == [3, 10]


def test_fewer_checks_than_strata_want_are_not_exceeded() -> None:
    assert allocate([100, 100], [0.5, 0.5], 4) == [2, 2]
    assert allocate([100], [0.5], 3) == [3]
