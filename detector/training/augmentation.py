"""Augment clips for training: shift, stretch, mix and filter their power; mask them after scaling."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.recipe import Recipe, Waveform
from detector.training.batch import Batch
from detector.training.targets import Clips, TargetMaker, Targets, united

MIX_DB = 6.0  # the added clip is at most this much louder or quieter
POINTS = 6  # of the gain curve of a random filter

Rng = np.random.Generator


class Augmentation:
    """Augment batches as the training section of a recipe says.

    Parameters
    ----------
    recipe : Recipe
        Its training section says how much each augmentation may change.
    margin : int
        Frames stored before and after each window.
    targets : TargetMaker
        Makes the targets of the same clips.
    """

    def __init__(self, recipe: Recipe, margin: int, targets: TargetMaker) -> None:
        self.recipe = recipe
        self.margin = margin
        self.targets = targets
        self._decibel = 20 if isinstance(recipe.frontend, Waveform) else 10

    def place(self, n: int, rng: Rng) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Draw the first frame of `n` windows, counted in stored frames, and their tempo."""
        recipe = self.recipe
        spec = recipe.training
        jitter = min(self.margin, int(spec.jitter * recipe.frame_rate))
        first = self.margin + rng.integers(-jitter, jitter + 1, n).astype(np.float64)
        if not spec.stretch:
            return first, np.ones(n)
        tempo = (1 + spec.stretch) ** rng.uniform(-1, 1, n)
        return first - (tempo - 1) * recipe.window_frames / 2, tempo  # the middle of the window stays

    def change(self, batch: Batch, clips: Clips, tempo: NDArray[np.float64], rng: Rng) -> None:
        """Augment a batch of `clips` in place, after `place` has drawn its windows and their `tempo`."""
        spec = self.recipe.training
        n = len(clips)
        self._mix(batch, clips, tempo, rng)
        _multiply(batch, self._factor(rng.uniform(-spec.gain, spec.gain, n))[:, None])
        if spec.filter:
            _multiply(batch, self._factor(_draw_curves(spec.filter, n, self.recipe.n_bands, rng)))
        if spec.stretch:
            batch.tempo = torch.from_numpy(tempo.astype(np.float32))
        batch.masks = torch.from_numpy(self._draw_masks(n, rng))

    def _factor(self, decibel: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy((10 ** (decibel / self._decibel)).astype(np.float32))

    def _mix(self, batch: Batch, clips: Clips, tempo: NDArray[np.float64], rng: Rng) -> None:
        """Add the power of another clip to some clips, and its slow mean, which is linear in the power.

        With softmax outputs, both clips are first brought to the same loudness, so that the mixed target matches the
        sound (between-class learning: Tokozume, Ushiku and Harada 2018).
        """
        n = len(clips)
        partner = rng.permutation(n)
        mixed = (rng.random(n) < self.recipe.training.mix) & (partner != np.arange(n))
        level = rng.uniform(-MIX_DB, MIX_DB, n)
        softmax = self.recipe.network.dense.output == "softmax"
        loudness = _loudness(batch.power, self._decibel).numpy() if softmax else np.zeros(n)
        factor = self._factor(level + loudness - loudness[partner]) * torch.from_numpy(mixed)
        batch.power = batch.power + factor[:, None, None] * batch.power[partner]
        if batch.state is not None:
            batch.state = batch.state + factor[:, None] * batch.state[partner]
        moved_s = (batch.offset.numpy() - self.margin) / self.recipe.frame_rate
        own = batch.targets.numpy()
        added = self.targets(clips[partner], moved_s, tempo)
        both = _mix_shares(own, added, level) if softmax else united(own, added)
        batch.targets = torch.from_numpy(np.where(_as_column(mixed, own.ndim), both, own))

    def _draw_masks(self, n: int, rng: Rng) -> NDArray[np.int64]:
        """Draw one stretch of frames and one of bands for each clip (SpecAugment: Park et al. 2019)."""
        recipe = self.recipe
        spec = recipe.training
        sides = []
        for share, size in ((spec.time_mask, recipe.window_frames), (spec.frequency_mask, recipe.n_bands)):
            length = (rng.random(n) * share * size).astype(np.int64)
            start = (rng.random(n) * (size - length + 1)).astype(np.int64)
            sides += [start, start + length]
        return np.stack(sides, axis=1)


def _mix_shares(own: Targets, added: Targets, level_db: NDArray[np.float64]) -> Targets:
    """Mix softmax targets in proportion to the amplitudes of two clips; unknown (-1) if either target is unknown.

    Parameters
    ----------
    level_db : ndarray
        Level of the added clip above the other one, dB (clip,).
    """
    share = _as_column(1 / (1 + 10 ** (-level_db / 20)), own.ndim)  # of the added clip in the amplitude
    known = (own >= 0) & (added >= 0)
    return np.where(known, (1 - share) * own + share * added, -1).astype(np.float32)


def _as_column(values: NDArray[Any], n_dims: int) -> NDArray[Any]:
    """Add axes of length 1 to values (clip,), so that they broadcast against an array of `n_dims` axes."""
    return values.reshape(-1, *[1] * (n_dims - 1))


def _multiply(batch: Batch, factor: Tensor) -> None:
    """Multiply power, and the slow mean with it, by factors (clip, band) or (clip, 1)."""
    batch.power *= factor[:, :, None]
    if batch.state is not None:
        batch.state *= factor


def _loudness(power: Tensor, decibel: int) -> Tensor:
    """Return the loudness of each clip, dB: the mean level of its bands, each averaged over time."""
    return decibel * power.abs().mean(dim=2).clamp(min=1e-12).log10().mean(dim=1)


def _draw_curves(most_db: float, n: int, n_bands: int, rng: Rng) -> NDArray[np.float64]:
    """Draw the gains of a filter for each clip, dB (clip, band); linear between points (Nam et al. 2022)."""
    places = np.linspace(0, 1, n_bands) * (POINTS - 1)
    knots = rng.uniform(-most_db, most_db, (n, POINTS))
    low = np.minimum(places.astype(np.int64), POINTS - 2)
    return knots[:, low] + (knots[:, low + 1] - knots[:, low]) * (places - low)
