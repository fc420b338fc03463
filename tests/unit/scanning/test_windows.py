from __future__ import annotations

import pytest

from detector.scanning.layout import lay_out
from detector.scanning.windows import count_windows, nearest_hop

from .conftest import random_model


def test_the_hop_is_the_nearest_multiple_of_the_step() -> None:
    assert [nearest_hop(frames, 8, 150) for frames in (37.5, 1, 4.1, 12.1, 149)] == [40, 8, 8, 16, 144]


def test_a_hop_never_leaves_a_gap_even_where_the_step_is_longer_than_a_window() -> None:
    assert nearest_hop(3, 10, 3) == 3
    assert nearest_hop(159, 10, 155) == 150


@pytest.mark.parametrize(("n", "windows"), [(1, 1), (10, 1), (11, 2), (14, 2), (15, 3)])
def test_the_last_window_is_the_first_that_reaches_the_end(n: int, windows: int) -> None:
    assert count_windows(n, length=10, hop=4) == windows


def test_the_score_of_a_window_belongs_to_its_middle() -> None:
    points = lay_out(random_model("conv2d").recipe, 0.24).grid.points
    assert points.at(0) == 0.5
    assert points.at(2) == pytest.approx(0.98)
    assert points.span(1) == pytest.approx((0.24, 1.24))


def test_nothing_has_no_windows() -> None:
    for kind in ("conv2d", "frame"):
        grid = lay_out(random_model(kind).recipe).grid
        assert grid.count(0) == 0
        assert grid.count(1) == 1
