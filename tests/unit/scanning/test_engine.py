"""The two engines: what they score, and that neither how frames come nor how many come at once shows in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from detector.clock import Clock
from detector.model import Model
from detector.scanning import engine
from detector.scanning.engine import Engine, SharedEngine, WindowEngine
from detector.scanning.layout import Layout, lay_out
from detector.scanning.trunks import TorchTrunk, TrunkRunner

from .conftest import KINDS, random_model

ENGINES = [(kind, name) for kind in KINDS for name in ("shared", "windows") if (kind, name) != ("frame-same", "shared")]


def engine_of(model: Model, layout: Layout, trunk: TrunkRunner | None = None) -> Engine:
    kind = SharedEngine if layout.engine == "shared" else WindowEngine
    return kind(model, layout, trunk or TorchTrunk(model, layout.step, "float32"), Clock())


def run(scorer: Engine, layout: Layout, frames: Tensor, cuts: Sequence[int] = ()) -> np.ndarray:
    """Score all windows over the frames of a recording, those before it as the scan gives them: zeros."""
    padded = torch.nn.functional.pad(frames, (-layout.grid.first, 0))
    tiles = torch.tensor_split(padded, list(cuts), dim=-1)
    pushed = [scores for tile in tiles for scores in scorer.push(tile)]
    return np.concatenate([*pushed, *scorer.finish(layout.grid.count(frames.shape[-1]))])


def noise(model: Model, n_frames: int) -> Tensor:
    return torch.randn(model.recipe.n_bands, n_frames, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("kind", "name"), ENGINES)
def test_a_window_scores_what_it_scores_by_itself_with_zeros_around_the_recording(kind: str, name: str) -> None:
    model = random_model(kind)
    layout = lay_out(model.recipe, engine=name)
    grid = layout.grid
    frames = noise(model, 25 * grid.hop + 3)
    padded = torch.nn.functional.pad(frames, (-grid.first, 4 * grid.length))
    with torch.inference_mode():
        starts = [k * grid.hop for k in range(grid.count(frames.shape[-1]))]
        expected = np.stack([model.score(padded[None, :, n : n + grid.length])[0].numpy() for n in starts])
    scores = run(engine_of(model, layout), layout, frames)
    assert scores.shape == expected.shape
    assert np.abs(scores - expected).max() < 1e-5
    assert np.ptp(scores) > 0.01


@pytest.mark.parametrize(("kind", "name"), ENGINES)
def test_how_frames_arrive_changes_no_bit(kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "STRIP_FIELDS", 3)
    model = random_model(kind)
    layout = lay_out(model.recipe, engine=name)
    frames = noise(model, 21 * layout.grid.hop + 5)
    whole = run(engine_of(model, layout), layout, frames)
    cuts = [1, 2, 50, 51, layout.grid.hop * 9]
    assert np.array_equal(run(engine_of(model, layout), layout, frames, cuts), whole)


def shapes_of(model: Model, layout: Layout, frames: Tensor, cuts: Sequence[int] = ()) -> list[tuple[int, ...]]:
    """List the shapes that the trunk sees."""
    shapes, trunk = [], TorchTrunk(model, layout.step, "float32")

    def watched(batch: Tensor) -> Tensor:
        shapes.append(tuple(batch.shape))
        return trunk(batch)

    assert len(run(engine_of(model, layout, watched), layout, frames, cuts)) == layout.grid.count(frames.shape[-1])
    return shapes


@pytest.mark.parametrize("name", ["shared", "windows"])
def test_the_shapes_that_the_trunk_sees_depend_on_the_number_of_windows_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "STRIP_FIELDS", 3)
    model = random_model("conv2d")
    layout = lay_out(model.recipe, engine=name)
    for n_frames in (1, 99, 100, 101, 800):
        whole = shapes_of(model, layout, noise(model, n_frames))
        assert shapes_of(model, layout, noise(model, n_frames), range(0, n_frames, 7)) == whole
        assert len(set(whole[:-1])) <= 1


def test_windows_come_in_groups_and_the_last_group_holds_what_is_left() -> None:
    model = random_model("conv2d")
    layout = lay_out(model.recipe, engine="windows")
    n_frames = 100 + 18 * layout.grid.hop
    shapes = shapes_of(model, layout, noise(model, n_frames))
    assert shapes == [(n, model.recipe.n_bands, 100) for n in (8, 8, 3)]


@pytest.mark.parametrize("name", ["shared", "windows"])
def test_no_windows_give_no_scores(name: str) -> None:
    model = random_model("conv2d")
    assert list(engine_of(model, lay_out(model.recipe, engine=name)).finish(0)) == []
