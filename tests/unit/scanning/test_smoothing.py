"""A moving median is exact, however the scores come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.scanning import smoothing
from detector.scanning.smoothing import Smoother, half_width, moving_median
from detector.scanning.windows import Points


def plain(scores: np.ndarray, half: int) -> np.ndarray:
    return np.array([np.median(scores[max(0, i - half) : i + half + 1]) for i in range(len(scores))])


@given(st.integers(0, 60), st.integers(0, 9), st.integers(0, 99), st.integers(1, 99))
def test_each_score_becomes_the_median_around_it(n: int, half: int, seed: int, values: int) -> None:
    scores = np.random.default_rng(seed).random(n)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smoothing, "VALUES", values)
        assert np.array_equal(moving_median(scores, half), plain(scores, half))


@given(
    st.lists(st.integers(0, 12), max_size=12), st.lists(st.integers(0, 5), min_size=1, max_size=3), st.integers(0, 9)
)
def test_blocks_change_no_bit(sizes: list[int], halves: list[int], seed: int) -> None:
    scores = np.random.default_rng(seed).random((sum(sizes), len(halves)))
    smoother = Smoother(halves)
    blocks = np.split(scores, np.cumsum(sizes)[:-1]) if sizes else []
    given_so_far = [smoother.push(block) for block in blocks]
    found = np.concatenate([*given_so_far, smoother.finish()])
    assert np.array_equal(found, np.stack([plain(c, h) for c, h in zip(scores.T, halves)], axis=1))
    assert len(found) == len(scores)


def test_scores_come_as_soon_as_all_that_they_depend_on_is_known() -> None:
    smoother = Smoother([2, 0])
    assert [len(smoother.push(np.zeros((1, 2)))) for _ in range(4)] == [0, 0, 1, 1]
    assert len(smoother.finish()) == 2


def test_a_length_is_the_nearest_odd_number_of_points() -> None:
    points = Points(0.0, 0.02, 0.01)
    assert [half_width(s, points) for s in (None, 0.001, 0.02, 0.06, 0.1, 0.3)] == [0, 0, 0, 1, 2, 7]


def test_a_peak_goes_and_an_edge_stays() -> None:
    scores = np.array([0, 0, 1, 0, 0, 0, 1, 1, 1, 1.0])
    assert moving_median(scores, 1).tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
