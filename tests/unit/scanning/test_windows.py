from __future__ import annotations

import pytest

from detector.errors import ConfigurationError
from detector.scanning.windows import count_windows, lay_out, nearest_hop

from .conftest import random_model


def test_the_hop_is_the_nearest_multiple_of_the_step() -> None:
    assert [nearest_hop(frames, 8, 150) for frames in (37.5, 1, 4.1, 12.1, 149)] == [40, 8, 8, 16, 144]


def test_a_hop_never_leaves_a_gap_even_where_the_step_is_longer_than_a_window() -> None:
    assert nearest_hop(3, 10, 3) == 3
    assert nearest_hop(159, 10, 155) == 150


@pytest.mark.parametrize(("n", "windows"), [(1, 1), (10, 1), (11, 2), (14, 2), (15, 3)])
def test_the_last_window_is_the_first_that_reaches_the_end(n: int, windows: int) -> None:
    assert count_windows(n, length=10, hop=4) == windows


def test_windows_are_a_quarter_apart_unless_asked_otherwise() -> None:
    recipe = random_model("conv2d").recipe  # 100 frames of 10 ms, step 4
    assert (lay_out(recipe).hop, lay_out(recipe, 0.5).hop, lay_out(recipe, 0.001).hop) == (24, 48, 4)
    assert lay_out(recipe, 1.0).hop == 100


def test_frame_windows_overlap_by_half_of_their_columns() -> None:
    recipe = random_model("frame").recipe  # 60 frames: a kernel of 5 frames every 2, then 3 columns: 26 columns
    grid = lay_out(recipe)
    assert grid.columns is not None
    assert (grid.columns.number, grid.columns.step, grid.columns.centre) == (26, 2, 4.0)
    assert (grid.first, grid.hop) == (-4, 26)
    assert (grid.points.at(0), grid.points.at(1)) == (0.0, 0.02)


@pytest.mark.parametrize(("kind", "longest"), [("conv2d", 1.0), ("frame", 0.52)])
def test_a_hop_that_leaves_parts_out_is_refused(kind: str, longest: float) -> None:
    recipe = random_model(kind).recipe
    lay_out(recipe, longest)
    with pytest.raises(ConfigurationError, match=f"--hop: {longest + 0.1:g} s must be at most {longest:g} s"):
        lay_out(recipe, longest + 0.1)


def test_the_score_of_a_window_belongs_to_its_middle() -> None:
    points = lay_out(random_model("conv2d").recipe, 0.24).points
    assert points.at(0) == 0.5
    assert points.at(2) == pytest.approx(0.98)
    assert points.span(1) == pytest.approx((0.24, 1.24))


def test_nothing_has_no_windows() -> None:
    for kind in ("conv2d", "frame"):
        grid = lay_out(random_model(kind).recipe)
        assert grid.count(0) == 0
        assert grid.count(1) == 1
