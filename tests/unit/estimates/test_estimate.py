"""The intervals are those of their sources."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2

from detector.estimates.estimate import Estimate, rare_total, share_of_sum, stratified
from detector.estimates.intervals import Z

MANY = 10**9


@pytest.mark.parametrize(
    ("yes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_limits_of_a_share_are_those_that_newcombe_1998_prints_for_wilson(
    yes: int, n: int, low: float, high: float
) -> None:
    found = stratified([yes], [n], [MANY])
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_strata_that_are_alike_are_as_sure_as_one() -> None:
    one, four = stratified([40], [80], [MANY]), stratified([10] * 4, [20] * 4, [MANY // 4] * 4)
    assert four.value == one.value
    assert (four.low, four.high) == (pytest.approx(one.low, abs=1e-6), pytest.approx(one.high, abs=1e-6))


def test_a_share_of_which_half_was_checked_is_as_sure_as_the_finite_population_correction_says() -> None:
    half, none = stratified([500], [1000], [2000]), stratified([500], [1000], [MANY])
    assert (half.high - half.low) / (none.high - none.low) == pytest.approx(math.sqrt(0.5), rel=0.02)


@pytest.mark.parametrize("yes", [0, 3, 7])
def test_a_census_has_no_interval(yes: int) -> None:
    assert stratified([yes], [7], [7]) == Estimate(yes / 7, yes / 7, yes / 7)
    both = stratified([yes, 5], [7, 5], [7, 5])
    assert (both.value, both.low, both.high) == pytest.approx(((yes + 5) / 12,) * 3)


def test_limits_are_whole_numbers_of_detections() -> None:
    found = stratified([5], [5], [6])
    assert (found.low, found.high) == (pytest.approx(5 / 6), 1.0)


def test_limits_leave_no_room_for_what_was_seen_to_be_otherwise() -> None:
    found = stratified([17], [22], [24])
    assert (found.low, found.high) == (pytest.approx(17 / 24), pytest.approx(19 / 24))
    found = stratified([5], [22], [24])
    assert (found.low, found.high) == (pytest.approx(5 / 24), pytest.approx(7 / 24))


def test_a_stratified_estimate_of_large_samples_has_cochrans_variance() -> None:
    yes, n, sizes = [2000, 4500], [4000, 5000], [20_000, 80_000]
    found = stratified(yes, n, sizes)
    variance = sum(
        (size / 100_000) ** 2 * (1 - m / size) * (y / m) * (1 - y / m) / (m - 1)
        for y, m, size in zip(yes, n, sizes, strict=True)
    )
    assert found.value == pytest.approx(0.2 * 0.5 + 0.8 * 0.9)
    assert found.high - found.low == pytest.approx(2 * Z * math.sqrt(variance), rel=0.01)


def test_a_sum_of_estimates_is_less_wide_than_the_sum_of_their_widths() -> None:
    found = Estimate(6.0, 3.0, 10.0) + Estimate(5.0, 1.0, 8.0)
    assert (found.value, found.low, found.high) == (11.0, 6.0, 16.0)


@pytest.mark.parametrize("count", [0, 1, 5, 40])
def test_limits_of_a_rare_total_are_garwoods_where_little_was_seen(count: int) -> None:
    seen = 1e-4
    found = rare_total(np.array([1.0] * count + [0.0]), np.full(count + 1, seen), seen)
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    assert found.value * seen == pytest.approx(count)
    assert found.low * seen == pytest.approx(low, rel=1e-3)
    assert found.high * seen == pytest.approx(chi2.ppf(0.975, 2 * count + 2) / 2, rel=1e-3)


def test_where_nothing_was_heard_in_half_of_the_time_the_upper_limit_is_what_would_pass_unheard() -> None:
    found = rare_total(np.zeros(10), np.full(10, 0.5), 0.5)
    assert (found.value, found.low) == (0.0, 0.0)
    assert 0.5**found.high == pytest.approx(0.025)


def test_a_total_that_was_all_seen_has_no_interval() -> None:
    assert rare_total(np.array([0.0, 2.0, 1.0]), np.ones(3), 1.0) == Estimate(3.0, 3.0, 3.0)


def test_calls_in_groups_are_less_sure_than_as_many_alone() -> None:
    alone = rare_total(np.array([1.0] * 12), np.full(12, 0.01), 0.01)
    grouped = rare_total(np.array([4.0] * 3), np.full(3, 0.01), 0.01)
    assert alone.value == grouped.value
    assert grouped.low < alone.low
    assert grouped.high > alone.high


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (Estimate(90.0, 70.0, 120.0), Estimate(10.0, 4.0, 25.0)),
        (Estimate(5.0, 1.0, 12.0), Estimate(50.0, 20.0, 90.0)),
        (Estimate(9.0, 9.0, 9.0), Estimate(1.0, 0.5, 3.0)),
    ],
)
def test_limits_of_a_share_are_where_the_difference_is_just_not_to_be_told_from_zero(
    part: Estimate, other: Estimate
) -> None:
    found = share_of_sum(part, other)
    assert found is not None
    assert 0 <= found.low < found.value < found.high <= 1
    for s, above, below in (
        (found.low, part.value - part.low, other.high - other.value),
        (found.high, part.high - part.value, other.value - other.low),
    ):
        difference = (1 - s) * part.value - s * other.value
        assert abs(difference) == pytest.approx(math.hypot((1 - s) * above, s * below), rel=1e-6)


def test_a_share_of_what_may_be_nothing_reaches_its_end() -> None:
    found = share_of_sum(Estimate(30.0, 20.0, 40.0), Estimate(0.0, 0.0, 10.0))
    assert found is not None
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(math.sqrt(800) / (math.sqrt(800) + 10))
    none = share_of_sum(Estimate(0.0, 0.0, 10.0), Estimate(30.0, 20.0, 40.0))
    assert none is not None
    assert (none.value, none.low) == (0.0, 0.0)
    assert 0 < none.high < 0.5
    assert share_of_sum(Estimate(0.0, 0.0, 4.0), Estimate(0.0, 0.0, 4.0)) is None


def test_both_unknown_reaches_from_end_to_end() -> None:
    found = share_of_sum(Estimate(3.0, 0.0, 9.0), Estimate(2.0, 0.0, 9.0))
    assert found is not None
    assert (found.low, found.high) == (0.0, 1.0)
