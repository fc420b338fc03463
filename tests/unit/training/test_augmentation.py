"""Augmentation: filters and tempo, and targets that move with the sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from detector.clips import open_clips
from detector.frontend.scaling import Scale
from detector.training.augmentation import POINTS
from detector.training.batch import Batch, spectrograms
from detector.training.batches import Batches
from tests.made import write_clips
from tests.unit.training.test_batches import all_at_once, made_with


def test_a_filter_is_one_curve_a_clip_on_power_and_state(tmp_path: Path) -> None:
    store = open_clips(write_clips(tmp_path / "clips", made_with(jitter=0.0, filter=6.0)))
    batch, order = all_at_once(store)
    curves = 10 * np.log10(batch.power.numpy() / store.power(order))  # (clip, band, frame)
    assert np.ptp(curves, axis=2).max() < 1e-3
    assert np.abs(curves).max() <= 6.001
    assert np.ptp(curves[:, :, 0], axis=1).min() > 0.5
    bends = np.abs(np.diff(curves[:, :, 0], n=2, axis=1)) > 1e-3
    assert bends.sum(axis=1).max() <= 2 * (POINTS - 2)
    assert batch.state is not None
    state = store.state(order)
    np.testing.assert_allclose(10 * np.log10(batch.state.numpy() / state), curves[:, :, 0], atol=1e-3)


def test_a_stretched_clip_is_read_at_its_tempo_around_its_middle(tmp_path: Path) -> None:
    made = made_with(jitter=0.1, stretch=0.2)
    store = open_clips(write_clips(tmp_path / "clips", made))
    batch, _ = all_at_once(store)
    assert batch.tempo is not None
    slowest, fastest = float(batch.tempo.min()), float(batch.tempo.max())
    assert slowest == pytest.approx(1 / 1.2, rel=0.1)
    assert fastest == pytest.approx(1.2, rel=0.1)
    assert 1 / 1.2 - 1e-6 <= slowest <= fastest <= 1.2 + 1e-6
    middle = batch.offset + batch.tempo * made.window_frames / 2
    jitter = round(0.1 * made.frame_rate)
    assert ((middle - store.margin - made.window_frames / 2).abs() <= jitter + 1e-3).all()


def ramp(n_bands: int, n_frames: int) -> torch.Tensor:
    """Make power whose level rises by 1 dB a frame and 3 dB a band."""
    decibel = torch.arange(n_frames, dtype=torch.float32)[None, :] + 3 * torch.arange(n_bands)[:, None]
    return 10 ** ((decibel - 90) / 10)


def batch_of(power: torch.Tensor, **changes: torch.Tensor) -> Batch:
    return Batch(power[None], None, torch.tensor([[0, power.shape[1]]]), targets=torch.zeros(1, 1), **changes)


@pytest.mark.parametrize("tempo", [0.75, 1.0, 1.3])
def test_the_frames_of_a_stretched_clip_lie_on_the_line_between_stored_ones(tempo: float) -> None:
    made = made_with("mel")
    scale, n = Scale(made), made.window_frames
    power = ramp(made.n_bands, 2 * n)
    batch = batch_of(power, offset=torch.tensor([2.25]), tempo=torch.tensor([tempo]))
    (window,) = spectrograms(scale, batch, n)
    expected = (2.25 + tempo * torch.arange(n) - 90)[None, :] + 3 * torch.arange(made.n_bands)[:, None]
    np.testing.assert_allclose(window, expected, atol=1e-3)


def test_targets_follow_the_tempo(tmp_path: Path) -> None:
    store = open_clips(write_clips(tmp_path / "clips", made_with()))
    targets = Batches(store, store.recipe).targets
    clips = np.arange(len(store))
    events = store.events.copy()
    slower = targets(clips, np.full(len(store), -0.1), 0.5)
    events[["start_s", "end_s"]] = (events[["start_s", "end_s"]] + 0.1) / 0.5
    store.events = events
    np.testing.assert_array_equal(slower, Batches(store, store.recipe).targets(clips, np.zeros(len(store))))
