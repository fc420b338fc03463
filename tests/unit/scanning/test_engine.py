from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from detector.model import Model
from detector.scanning.engine import WindowEngine
from detector.scanning.windows import WindowGrid, lay_out

from .conftest import KINDS, random_model


def run(model: Model, grid: WindowGrid, frames: torch.Tensor, cuts: Sequence[int] = ()) -> np.ndarray:
    engine = WindowEngine(model, grid)
    tiles = torch.tensor_split(frames, list(cuts), dim=-1)
    return np.concatenate([*(scores for tile in tiles for scores in engine.push(tile)), *engine.flush()])


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_scores_what_it_scores_by_itself_with_zeros_around_the_recording(kind: str) -> None:
    model = random_model(kind)
    grid = lay_out(model.recipe)
    n_frames = 25 * grid.hop + 3
    frames = torch.randn(model.recipe.n_bands, n_frames, generator=torch.Generator().manual_seed(1))
    padded = torch.nn.functional.pad(frames, (-grid.first, 4 * grid.length))
    with torch.inference_mode():
        windows = [padded[:, k * grid.hop : k * grid.hop + grid.length] for k in range(grid.count(n_frames))]
        expected = np.stack([model.score(window[None])[0].numpy() for window in windows])
    scores = run(model, grid, frames)
    assert scores.shape == expected.shape
    assert np.abs(scores - expected).max() < 1e-5
    assert np.ptp(scores) > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_how_frames_arrive_changes_no_bit(kind: str) -> None:
    model = random_model(kind)
    grid = lay_out(model.recipe)
    frames = torch.randn(model.recipe.n_bands, 21 * grid.hop + 5)
    whole = run(model, grid, frames)
    assert np.array_equal(run(model, grid, frames, [1, 2, 50, 51, grid.hop * 9]), whole)


def test_the_network_always_sees_the_same_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    model, shapes = random_model("conv2d"), set()
    score = model.score
    monkeypatch.setattr(model, "score", lambda batch: (shapes.add(tuple(batch.shape)), score(batch))[1])
    grid = lay_out(model.recipe)
    for n_frames in (1, 99, 100, 101, 800):
        assert len(run(model, grid, torch.randn(model.recipe.n_bands, n_frames))) == grid.count(n_frames)
    assert shapes == {(16, model.recipe.n_bands, 100)}


def test_what_fills_up_the_last_group_are_windows_of_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    model, batches = random_model("conv2d"), []
    score = model.score
    monkeypatch.setattr(model, "score", lambda batch: (batches.append(batch.clone()), score(batch))[1])
    grid = lay_out(model.recipe)
    run(model, grid, torch.ones(model.recipe.n_bands, 100 + grid.hop))
    assert [bool(window.any()) for window in batches[0]] == [True] * 2 + [False] * 14


def test_no_frames_give_no_scores() -> None:
    model = random_model("conv2d")
    assert list(WindowEngine(model, lay_out(model.recipe)).flush()) == []
