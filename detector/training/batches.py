"""Batches of clips, read from the memory map and changed anew in every epoch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from detector.clips import ClipStore
from detector.errors import ConfigurationError
from detector.network.geometry import measure
from detector.network.memory import GIB, memory_bytes
from detector.recipe import Recipe
from detector.training.augmentation import Augmentation
from detector.training.batch import Batch
from detector.training.targets import Clips, TargetMaker


def check_batch(store: ClipStore, recipe: Recipe, device: torch.device) -> None:
    """Raise `ConfigurationError` where one batch alone takes more than the memory of this machine.

    What no way of training does without is counted: the clips' power and, on a processor, the outputs of all layers and
    the gradient of the largest.
    """
    of_clip = store.clip_bytes
    if device.type == "cpu":
        layers = measure(recipe).layers
        of_clip += sum(layer.activation_bytes for layer in layers) + max(layer.activation_bytes for layer in layers)
    n_clips = min(recipe.training.batch_size, len(store.in_split("train")))
    if n_clips * of_clip > memory_bytes():
        raise ConfigurationError(
            f"training.batch_size: {recipe.training.batch_size}: a batch of {n_clips} clips takes "
            f"{n_clips * of_clip / GIB:.1f} GiB, and this machine has {memory_bytes() / GIB:.1f} GiB; use fewer clips, "
            "or a smaller network"
        )


class Batches:
    """Read batches of a split: `plain` in order, `augmented` shuffled and changed, the same for the same seed."""

    def __init__(self, store: ClipStore, recipe: Recipe) -> None:
        self.store, self.recipe = store, recipe
        self.targets = TargetMaker(store)
        index = store.index
        first = index["first_frame"].to_numpy(dtype=np.int64)
        self._sound = np.stack([first, first + index["n_frames"].to_numpy(dtype=np.int64)], axis=1)
        self._augmentation = Augmentation(recipe, store.margin, self.targets)

    def plain(self, clips: Clips, size: int) -> Iterator[Batch]:
        """Read clips as they are, in order."""
        for start in range(0, len(clips), size):
            part = clips[start : start + size]
            yield self._batch(part, np.full(len(part), self.store.margin), self.targets(part, np.zeros(len(part))))

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
            if len(whole) < processes or (len(whole) < min(2, size) and start > 0):
                return  # a last batch of one has no spread for batch norm
            rngs = rng.spawn(processes)
            yield self._changed(whole[process::processes], rngs[process])

    def _changed(self, clips: Clips, rng: np.random.Generator) -> Batch:
        first, tempo = self._augmentation.place(len(clips), rng)
        moved_s = (first - self.store.margin) / self.recipe.frame_rate
        batch = self._batch(clips, first, self.targets(clips, moved_s, tempo))
        self._augmentation.change(batch, clips, tempo, rng)
        return batch

    def _batch(self, clips: Clips, first: NDArray[np.number], targets: NDArray[np.float32]) -> Batch:
        power, state = self.store.power(clips), self.store.state(clips)
        whole = (first % 1 == 0).all()
        return Batch(
            torch.from_numpy(power),
            None if state is None else torch.from_numpy(state),
            torch.from_numpy(self._sound[clips]),
            torch.from_numpy(first.astype(np.int64 if whole else np.float32)),
            torch.from_numpy(targets),
        )
