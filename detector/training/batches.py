"""Read batches of clips from disk, augmented differently in every epoch."""

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
    """Raise `ConfigurationError` if one batch alone takes more than the memory of this machine.

    The estimate is a lower limit: the power of the clips and, on a CPU, the outputs of all layers and the gradient of
    the largest.
    """
    clip_bytes = store.clip_bytes
    if device.type == "cpu":
        layers = measure(recipe).layers
        clip_bytes += sum(layer.activation_bytes for layer in layers) + max(layer.activation_bytes for layer in layers)
    n_clips = min(recipe.training.batch_size, len(store.in_split("train")))
    if n_clips * clip_bytes > memory_bytes():
        raise ConfigurationError(
            f"training.batch_size: {recipe.training.batch_size}: a batch of {n_clips} clips takes "
            f"{n_clips * clip_bytes / GIB:.1f} GiB, and this machine has {memory_bytes() / GIB:.1f} GiB; "
            "use fewer clips or a smaller network"
        )


class Batches:
    """Read batches of clips: `plain` in order, `augmented` in random order; the same seed gives the same batches."""

    def __init__(self, store: ClipStore, recipe: Recipe) -> None:
        self.store = store
        self.recipe = recipe
        self.targets = TargetMaker(store)
        index = store.index
        first = index["first_frame"].to_numpy(dtype=np.int64)
        self._sound = np.stack([first, first + index["n_frames"].to_numpy(dtype=np.int64)], axis=1)
        self._augmentation = Augmentation(recipe, store.margin, self.targets)

    def plain(self, clips: Clips, size: int) -> Iterator[Batch]:
        """Read clips in order, without augmentation."""
        for start in range(0, len(clips), size):
            batch = clips[start : start + size]
            yield self._read(batch, np.full(len(batch), self.store.margin), self.targets(batch, np.zeros(len(batch))))

    def augmented(self, clips: Clips, size: int, seed: tuple[int, int], share: tuple[int, int]) -> Iterator[Batch]:
        """Read clips in random order, augmented as the training section of the recipe says.

        Parameters
        ----------
        seed : (int, int)
            Seed and epoch.
        share : (int, int)
            Number of this process, and how many there are; each process takes its part of every batch.
        """
        rng = np.random.default_rng(seed)
        order = rng.permutation(clips)
        process, processes = share
        for start in range(0, len(order), size * processes):
            whole = order[start : start + size * processes]
            if len(whole) < processes or (len(whole) < min(2, size) and start > 0):
                return  # batch norm cannot measure the variance of a last batch of one clip
            rngs = rng.spawn(processes)
            yield self._augmented(whole[process::processes], rngs[process])

    def _augmented(self, clips: Clips, rng: np.random.Generator) -> Batch:
        first, tempo = self._augmentation.place(len(clips), rng)
        moved_s = (first - self.store.margin) / self.recipe.frame_rate
        batch = self._read(clips, first, self.targets(clips, moved_s, tempo))
        self._augmentation.change(batch, clips, tempo, rng)
        return batch

    def _read(self, clips: Clips, first: NDArray[np.number], targets: NDArray[np.float32]) -> Batch:
        """Read the clips whose windows begin at the stored frames `first` (clip,)."""
        power = self.store.power(clips)
        state = self.store.state(clips)
        whole = (first % 1 == 0).all()
        return Batch(
            torch.from_numpy(power),
            None if state is None else torch.from_numpy(state),
            torch.from_numpy(self._sound[clips]),
            torch.from_numpy(first.astype(np.int64 if whole else np.float32)),
            torch.from_numpy(targets),
        )
