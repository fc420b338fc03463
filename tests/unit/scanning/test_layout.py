"""How windows are laid over recordings: hop, engine, step, and what a person is told of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import ConfigurationError
from detector.network.geometry import measure
from detector.scanning.layout import EngineName, lay_out

from .conftest import made, random_model


def test_windows_are_an_eighth_apart_unless_asked_otherwise() -> None:
    recipe = random_model("conv2d").recipe  # 100 frames of 10 ms, step 4
    assert [lay_out(recipe, asked).grid.hop for asked in (None, 0.5, 1.0)] == [12, 48, 100]


def test_no_hop_is_too_short_to_be_laid() -> None:
    recipe = random_model("conv2d").recipe
    assert [lay_out(recipe, asked).grid.hop for asked in (0.011, 0.006, 0.004, 0.001)] == [1, 1, 1, 1]


def test_frame_windows_overlap_by_half_of_their_columns() -> None:
    recipe = random_model("frame").recipe  # 60 frames: a kernel of 5 frames every 2, then 3 columns: 26 columns
    grid = lay_out(recipe).grid
    assert grid.columns is not None
    assert (grid.columns.number, grid.columns.step, grid.columns.centre) == (26, 2, 4.0)
    assert (grid.first, grid.hop) == (-4, 26)
    assert (grid.points.at(0), grid.points.at(1)) == (0.0, 0.02)


@pytest.mark.parametrize(("kind", "longest"), [("conv2d", 1.0), ("frame", 0.52)])
def test_a_hop_that_leaves_parts_out_is_refused(kind: str, longest: float) -> None:
    recipe = random_model(kind).recipe
    lay_out(recipe, longest)
    with pytest.raises(ConfigurationError, match=f"^`hop_s`: {longest + 0.1:g}: .* at most {longest:g} s"):
        lay_out(recipe, longest + 0.1)


@settings(max_examples=60, deadline=None)
@given(asked=st.floats(0.006, 1.0), kind=st.sampled_from(["conv2d", "conv1d", "pcen", "crnn"]))
def test_a_hop_is_a_multiple_of_the_coarsest_step_that_comes_near_it(asked: float, kind: str) -> None:
    recipe = random_model(kind).recipe
    frames, steps, longest = asked * recipe.frame_rate, measure(recipe).steps, recipe.window_frames
    frames = min(frames, float(longest))
    layout = lay_out(recipe, frames / recipe.frame_rate)

    def near(hop: int) -> bool:
        return abs(hop - frames) <= max(0.5 + 1e-9, frames / 8)

    assert layout.step in steps
    assert layout.grid.hop % layout.step == 0
    assert near(layout.grid.hop)
    coarser = [step for step in steps if step > layout.step]
    assert not any(near(hop) for step in coarser for hop in range(step, longest + 1, step))


@pytest.mark.parametrize(
    ("asked", "step", "hop"),
    [(0.08, 4, 8), (0.25, 4, 24), (0.06, 2, 6), (0.05, 1, 5), (0.03, 1, 3), (0.01, 1, 1), (0.99, 4, 100)],
)
def test_hops_of_windows_whose_trunk_takes_four_two_or_one_frames(asked: float, step: int, hop: int) -> None:
    layout = lay_out(random_model("conv2d").recipe, asked)
    assert (layout.step, layout.grid.hop) == (step, hop)


def test_windows_that_share_nothing_lie_on_any_frame() -> None:
    layout = lay_out(random_model("conv2d").recipe, 0.25, "windows")
    assert (layout.engine, layout.step, layout.grid.hop) == ("windows", 4, 25)


@pytest.mark.parametrize("engine", ["shared", "windows"])
def test_the_columns_of_frame_windows_lie_on_one_grid_whatever_the_hop(engine: EngineName) -> None:
    recipe = random_model("frame").recipe
    for asked in (0.001, 0.05, 0.33, 0.52):
        layout = lay_out(recipe, asked, engine)
        assert layout.step == 2
        assert layout.grid.hop % 2 == 0


def test_windows_that_pad_themselves_cannot_share() -> None:
    recipe = random_model("frame-same").recipe
    with pytest.raises(ConfigurationError, match=r'^`engine`: shared: is not possible: network\.padding = "same" pads'):
        lay_out(recipe, engine="shared")
    assert lay_out(recipe).engine == "windows"
    assert 'network.padding = "same"' in lay_out(recipe).note


def test_a_person_is_told_the_engine_the_hop_and_why() -> None:
    recipe = random_model("conv2d").recipe
    assert lay_out(recipe, 0.25).note == "engine: shared, one pass of the trunk for all windows; a window every 0.24 s"
    assert lay_out(recipe, 0.25, "windows").note == (
        "engine: windows, each by itself; a window every 0.25 s; as `engine` windows says"
    )


@pytest.mark.parametrize("asked", [None, 0.002, 0.003])
def test_windows_shorter_than_the_trunk_s_step_do_not_share_its_columns(asked: float | None) -> None:
    network = 'stage = [{kind="conv1d", filters=2, kernel=3, stride=80}]\ndense = {units=[]}'
    layout = lay_out(made('{kind="waveform"}', network, 0.003).recipe, asked)
    assert layout.engine == "windows" or layout.grid.hop % layout.step == 0
