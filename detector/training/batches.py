"""Batches of clips, augmented before the network: jitter in time, mixing and gain in power, masks after scaling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.clips import ClipStore
from detector.frontend.scaling import Scale
from detector.recipe import Recipe, Training, Waveform
from detector.training.targets import Clips, TargetMaker, united

MIX_DB = 6.0  # the added clip is up to this much louder or quieter


@dataclass
class Batch:
    """Clips as they are stored, and how they shall be changed.

    Attributes
    ----------
    power : (clip, band, frame)
    state : (clip, band) or None
        The slow mean before each clip.
    sound : (clip, 2)
        First frame that is recording, and the one after the last.
    offset : (clip,)
        First frame of the window.
    targets : (clip, label) or (clip, column, label)
    masks : (clip, 4)
        Masked frames from, to; masked bands from, to.
    """

    power: Tensor
    state: Tensor | None
    sound: Tensor
    offset: Tensor
    targets: Tensor
    masks: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """Move it to a device."""
        state, masks = self.state, self.masks
        return Batch(
            self.power.to(device),
            None if state is None else state.to(device),
            self.sound.to(device),
            self.offset.to(device),
            self.targets.to(device),
            None if masks is None else masks.to(device),
        )


class Batches:
    """Read batches of a split: `plain` in order, `augmented` shuffled and changed, the same for the same seed."""

    def __init__(self, store: ClipStore, recipe: Recipe) -> None:
        self.store, self.recipe = store, recipe
        self.targets = TargetMaker(store)
        index = store.index
        first = index["first_frame"].to_numpy(dtype=np.int64)
        self._sound = np.stack([first, first + index["n_frames"].to_numpy(dtype=np.int64)], axis=1)
        self._decibel = 20 if isinstance(recipe.frontend, Waveform) else 10

    def plain(self, clips: Clips, size: int) -> Iterator[Batch]:
        """Read clips as they are, in order."""
        for start in range(0, len(clips), size):
            part = clips[start : start + size]
            offset = np.full(len(part), self.store.margin)
            yield self._batch(part, offset, self.targets(part, np.zeros(len(part))))

    def augmented(self, clips: Clips, size: int, seed: tuple[int, int], share: tuple[int, int]) -> Iterator[Batch]:
        """Read clips in a drawn order, changed as the recipe's training section says.

        Parameters
        ----------
        seed : (int, int)
            Seed and epoch.
        share : (int, int)
            Number of this process, and how many there are: each takes its part of every batch.
        """
        rng = np.random.default_rng(seed)
        order = rng.permutation(clips)
        process, processes = share
        for start in range(0, len(order), size * processes):
            whole = order[start : start + size * processes]
            if len(whole) < processes or (len(whole) < 2 and start > 0):
                return  # a batch of one has no spread for batch norm
            rngs = rng.spawn(processes)
            yield self._changed(whole[process::processes], rngs[process])

    def _changed(self, clips: Clips, rng: np.random.Generator) -> Batch:
        spec, n = self.recipe.training, len(clips)
        jitter = min(self.store.margin, int(spec.jitter * self.recipe.frame_rate))
        moved = rng.integers(-jitter, jitter + 1, n)
        moved_s = moved / self.recipe.frame_rate
        batch = self._batch(clips, self.store.margin + moved, self.targets(clips, moved_s))
        self._mix(batch, clips, moved_s, rng)
        factor = self._factor(rng.uniform(-spec.gain, spec.gain, n))
        batch.power *= factor[:, None, None]
        if batch.state is not None:
            batch.state *= factor[:, None]
        batch.masks = torch.from_numpy(_draw_masks(spec, self.recipe, n, rng))
        return batch

    def _factor(self, decibel: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy((10 ** (decibel / self._decibel)).astype(np.float32))

    def _mix(self, batch: Batch, clips: Clips, moved_s: NDArray[np.float64], rng: np.random.Generator) -> None:
        """Add another clip's power (and slow mean, which is linear in it) to some clips."""
        n = len(clips)
        partner = rng.permutation(n)
        mixed = (rng.random(n) < self.recipe.training.mix) & (partner != np.arange(n))
        level = rng.uniform(-MIX_DB, MIX_DB, n)
        factor = self._factor(level) * torch.from_numpy(mixed)
        batch.power = batch.power + factor[:, None, None] * batch.power[partner]
        if batch.state is not None:
            batch.state = batch.state + factor[:, None] * batch.state[partner]
        one, other = batch.targets.numpy(), self.targets(clips[partner], moved_s)
        if self.recipe.network.dense.output == "softmax":
            part = 1 / (1 + 10 ** (-level / 20))  # the partner's part of the amplitude
            part = part.reshape(-1, *[1] * (one.ndim - 1))
            known = (one >= 0) & (other >= 0)
            both = np.where(known, (1 - part) * one + part * other, -1).astype(np.float32)
        else:
            both = united(one, other)
        batch.targets = torch.from_numpy(np.where(mixed.reshape(-1, *[1] * (one.ndim - 1)), both, one))

    def _batch(self, clips: Clips, offset: NDArray[np.int64], targets: NDArray[np.float32]) -> Batch:
        state = self.store.state(clips)
        return Batch(
            torch.from_numpy(self.store.power(clips)),
            None if state is None else torch.from_numpy(state),
            torch.from_numpy(self._sound[clips]),
            torch.from_numpy(offset),
            torch.from_numpy(targets),
        )


def _draw_masks(spec: Training, recipe: Recipe, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw one stretch of frames and one of bands for each clip (Park et al. 2019, SpecAugment)."""
    sides = []
    for share, size in ((spec.time_mask, recipe.window_frames), (spec.frequency_mask, recipe.n_bands)):
        length = (rng.random(n) * share * size).astype(np.int64)
        start = (rng.random(n) * (size - length + 1)).astype(np.int64)
        sides += [start, start + length]
    return np.stack(sides, axis=1)


def spectrograms(scale: Scale, batch: Batch, n_frames: int) -> Tensor:
    """Scale clips, take their windows of `n_frames`, and set what is masked or no recording to zero, the training mean.

    Returns
    -------
    Tensor
        (clip, band, frame)
    """
    scaled, _ = scale(batch.power, batch.state)
    frames = batch.offset[:, None] + torch.arange(n_frames, device=scaled.device)  # (clip, frame)
    index = frames[:, None, :].expand(-1, scaled.shape[1], -1)
    window = scaled.gather(2, index)
    keep = (frames >= batch.sound[:, :1]) & (frames < batch.sound[:, 1:])
    if batch.masks is None:
        return window * keep[:, None, :]
    places = torch.arange(n_frames, device=scaled.device)
    keep = keep & ~((places >= batch.masks[:, 0:1]) & (places < batch.masks[:, 1:2]))
    bands = torch.arange(scaled.shape[1], device=scaled.device)
    heard = ~((bands >= batch.masks[:, 2:3]) & (bands < batch.masks[:, 3:4]))
    return window * keep[:, None, :] * heard[:, :, None]
