"""Intervals are those that books print."""

from __future__ import annotations

import pytest
from scipy.stats import chi2

from detector.estimates.intervals import Interval, garwood, rule_of_three, wilson


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


@pytest.mark.parametrize(("value", "sizes", "limits"), [(1.0, [30], (0.9, 1.0)), (0.0, [30], (0.0, 0.1))])
def test_three_over_n_is_what_none_of_n_cases_may_hide(
    value: float, sizes: list[int], limits: tuple[float, float]
) -> None:
    assert rule_of_three(value, sizes) == pytest.approx(limits)
    assert 1 - (1 - 3 / 30) ** 30 > 0.95  # the chance to see what happens in 3 of 30 cases


def test_the_rule_of_three_of_a_mean_is_the_mean_over_its_parts_and_stays_within_0_and_1() -> None:
    assert rule_of_three(1.0, [30, 10]) == pytest.approx((0.8, 1.0))
    assert rule_of_three(0.5, [6]) == pytest.approx((0.0, 1.0))
    assert rule_of_three(1.0, [0, 2, 30]) == pytest.approx((0.3, 1.0))
