"""Intervals are those that books print."""

from __future__ import annotations

import pytest
from scipy.stats import chi2

from detector.estimates.intervals import Interval, garwood, wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_limits_are_those_that_newcombe_1998_prints(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)
    assert wilson(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=5e-5)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0, 3.69), (1, 0.0253, 5.57), (5, 1.62, 11.67), (10, 4.80, 18.39)]
)
def test_limits_of_a_poisson_count_are_those_of_garwoods_table(count: int, low: float, high: float) -> None:
    assert garwood(count) == pytest.approx((low, high), abs=6e-3)
    assert garwood(count).high == pytest.approx(chi2.ppf(0.975, 2 * count + 2) / 2)


def test_nothing_seen_says_nothing_of_a_share() -> None:
    assert wilson(0, 0) == (0, 1)


def test_two_intervals_are_one_that_takes_in_both() -> None:
    assert Interval(0.2, 0.5) | Interval(0.3, 0.6) == (0.2, 0.6)
