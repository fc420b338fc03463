"""Change clips for training: moved and stretched, mixed and filtered in power, masked after scaling."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.recipe import Recipe, Waveform
from detector.training.batch import Batch
from detector.training.targets import Clips, TargetMaker, united

MIX_DB = 6.0  # the added clip is up to this much louder or quieter
POINTS = 6  # of the curve of a drawn filter

Rng = np.random.Generator


class Augmentation:
    """Change batches as a recipe's training section says.

    Parameters
    ----------
    recipe : Recipe
        What is drawn, and how far.
    margin : int
        Frames stored before and after each window.
    targets : TargetMaker
        Of the same clips.
    """

    def __init__(self, recipe: Recipe, margin: int, targets: TargetMaker) -> None:
        self.recipe, self.margin, self.targets = recipe, margin, targets
        self._decibel = 20 if isinstance(recipe.frontend, Waveform) else 10

    def place(self, n: int, rng: Rng) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Draw where `n` windows begin, in stored frames, and their tempo."""
        spec, recipe = self.recipe.training, self.recipe
        jitter = min(self.margin, int(spec.jitter * recipe.frame_rate))
        first = self.margin + rng.integers(-jitter, jitter + 1, n).astype(np.float64)
        if not spec.stretch:
            return first, np.ones(n)
        tempo = (1 + spec.stretch) ** rng.uniform(-1, 1, n)
        return first - (tempo - 1) * recipe.window_frames / 2, tempo  # the middle stays

    def change(self, batch: Batch, clips: Clips, tempo: NDArray[np.float64], rng: Rng) -> None:
        """Change a batch of `clips`, whose windows are placed."""
        spec, n = self.recipe.training, len(clips)
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
        """Add another clip's power (and slow mean, which is linear in it) to some clips.

        Where a window has one label, levels are evened out first, so that what is heard goes with the shares of the
        target (Tokozume et al. 2018, between-class learning).
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
        one, other = batch.targets.numpy(), self.targets(clips[partner], moved_s, tempo)
        if softmax:
            part = 1 / (1 + 10 ** (-level / 20))  # the partner's part of the amplitude
            part = part.reshape(-1, *[1] * (one.ndim - 1))
            known = (one >= 0) & (other >= 0)
            both = np.where(known, (1 - part) * one + part * other, -1).astype(np.float32)
        else:
            both = united(one, other)
        batch.targets = torch.from_numpy(np.where(mixed.reshape(-1, *[1] * (one.ndim - 1)), both, one))

    def _draw_masks(self, n: int, rng: Rng) -> NDArray[np.int64]:
        """Draw one stretch of frames and one of bands for each clip (Park et al. 2019, SpecAugment)."""
        spec, recipe = self.recipe.training, self.recipe
        sides = []
        for share, size in ((spec.time_mask, recipe.window_frames), (spec.frequency_mask, recipe.n_bands)):
            length = (rng.random(n) * share * size).astype(np.int64)
            start = (rng.random(n) * (size - length + 1)).astype(np.int64)
            sides += [start, start + length]
        return np.stack(sides, axis=1)


def _multiply(batch: Batch, factor: Tensor) -> None:
    """Multiply power, and the slow mean with it, by factors (clip, band) or (clip, 1)."""
    batch.power *= factor[:, :, None]
    if batch.state is not None:
        batch.state *= factor


def _loudness(power: Tensor, decibel: int) -> Tensor:
    """Measure the loudness of each clip, dB: the mean over bands of the level of their mean power over time."""
    return decibel * power.abs().mean(dim=2).clamp(min=1e-12).log10().mean(dim=1)


def _draw_curves(most_db: float, n: int, n_bands: int, rng: Rng) -> NDArray[np.float64]:
    """Draw a filter for each clip, dB (clip, band): lines between drawn points (Nam et al. 2022, FilterAugment)."""
    places = np.linspace(0, 1, n_bands) * (POINTS - 1)
    knots = rng.uniform(-most_db, most_db, (n, POINTS))
    low = np.minimum(places.astype(np.int64), POINTS - 2)
    return knots[:, low] + (knots[:, low + 1] - knots[:, low]) * (places - low)
