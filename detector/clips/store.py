"""Read clips from a folder, after its tables and shards are checked against each other."""

from __future__ import annotations

import hashlib
from copy import copy
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.clips.files import RECIPE_FILE, shard_file
from detector.cliptables import EVENTS_FILE, INDEX_FILE, LABELS_FILE, read_events, read_facts, read_index
from detector.errors import ClipsError, one_line, shown
from detector.recipe import Recipe, read_recipe
from detector.recipe.sizes import BYTES, CLIP_BYTES
from detector.shards import map_array, read_header

OPEN_SHARDS = 64  # each open shard takes a file descriptor


class ClipStore:
    """Clips on disk, memory-mapped.

    Attributes
    ----------
    recipe : Recipe
        The recipe that made the clips.
    index, events : DataFrame
        The tables `clips.csv` and `events.csv`.
    facts : dict of str to LabelFacts
        The content of `labels.json`.
    margin : int
        Frames stored before and after each window.
    clip_bytes : int
        Bytes of the power of one clip.

    Raises
    ------
    ClipsError
        If a file cannot be read, or the files contradict each other.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._left_out = b""
        self.recipe = read_recipe(folder / RECIPE_FILE, stored=True)
        self._open = lru_cache(OPEN_SHARDS)(lambda name: map_array(folder / name))
        try:
            self.index = read_index(folder / INDEX_FILE)
            self.events = read_events(folder / EVENTS_FILE, self.recipe.labels.names, len(self.index))
            self.facts = read_facts(folder / LABELS_FILE)
            self._shards = self.index["shard"].to_numpy()
            self._rows = self.index["row"].to_numpy()
            self._with_state = (folder / shard_file("state", 0)).exists()
            n_frames = _check_shards(folder, self.recipe, np.bincount(self._shards), with_state=self._with_state)
            self._check_rows(n_frames)
        except (OSError, ValueError) as error:
            raise ClipsError(f"{folder}: is not a whole folder of clips: {one_line(error)}") from error
        self.margin = (n_frames - self.recipe.window_frames) // 2
        self.clip_bytes = self.recipe.n_bands * n_frames * BYTES

    def _check_rows(self, n_frames: int) -> None:
        """Raise `ValueError` if the index names a row or a frame that the shards do not have."""
        counts = np.bincount(self._shards)
        if (self._rows < 0).any() or (self._rows >= counts[self._shards]).any():
            raise ValueError(f"{INDEX_FILE} names rows that its shards do not have")
        first = self.index["first_frame"].to_numpy()
        number = self.index["n_frames"].to_numpy()
        if not ((first >= 0) & (number >= 0) & (first <= n_frames) & (number <= n_frames - first)).all():
            raise ValueError(f"{INDEX_FILE} names frames that clips of {n_frames} frames do not have")

    def __len__(self) -> int:
        return len(self.index)

    def power(self, clips: NDArray[np.integer]) -> NDArray[np.float32]:
        """Read band power (clip, band, frame) of the clips with these numbers."""
        return self._gather("power", clips)

    def state(self, clips: NDArray[np.integer]) -> NDArray[np.float32] | None:
        """Read the slow mean (clip, band) before each clip; None if the scaling has none."""
        return self._gather("state", clips) if self._with_state else None

    def _gather(self, name: str, clips: NDArray[np.integer]) -> NDArray[np.float32]:
        gathered = np.empty((len(clips), *self._open(shard_file(name, 0)).shape[1:]), dtype=np.float32)
        for shard in np.unique(self._shards[clips]):
            in_shard = self._shards[clips] == shard
            gathered[in_shard] = self._open(shard_file(name, shard))[self._rows[clips[in_shard]]]
        return gathered

    def shards(self) -> list[Path]:
        """List the files of power and state."""
        names = ("power", "state") if self._with_state else ("power",)
        return [self.folder / shard_file(name, shard) for shard in np.unique(self._shards) for name in names]

    def fingerprint(self) -> str:
        """Return 12 hexadecimal digits that stand for the tables and for the clips that are left out.

        The targets of training follow from these alone.
        """
        tables = [(self.folder / name).read_bytes() for name in (INDEX_FILE, EVENTS_FILE, LABELS_FILE)]
        return hashlib.sha256(b"".join([*tables, self._left_out])).hexdigest()[:12]

    def without(self, clips: NDArray[np.integer]) -> ClipStore:
        """Return a store in which the clips with these numbers belong to no split."""
        other = copy(self)
        other.index = self.index.assign(split=self.index["split"].where(~self.index["clip"].isin(clips), ""))
        other._left_out = self._left_out + np.sort(clips).astype("<i8").tobytes()
        return other

    def in_split(self, split: str) -> NDArray[np.int64]:
        """List the numbers of the clips of a split."""
        return np.flatnonzero((self.index["split"] == split).to_numpy())


def open_clips(folder: Path) -> ClipStore:
    """Open a folder of clips; raise `ClipsError` if it is missing or incomplete."""
    if not (folder / INDEX_FILE).is_file():
        raise ClipsError(f"{folder}: has no {INDEX_FILE}, so it is not a folder of clips")
    return ClipStore(folder)


def _check_shards(folder: Path, recipe: Recipe, counts: NDArray[np.integer], *, with_state: bool) -> int:
    """Return the number of frames of a clip; raise `ValueError` if a shard contradicts the index or the recipe.

    Parameters
    ----------
    counts : ndarray
        How many clips of the index lie in each shard (shard,).
    with_state : bool
        Whether each shard of power has a shard of states beside it.
    """
    bands = recipe.n_bands
    least = recipe.window_frames
    most = CLIP_BYTES // (BYTES * bands)
    n_frames = 0
    for shard, count in enumerate(counts):
        name = shard_file("power", shard)
        shape = read_header(folder / name).shape
        if len(shape) != 3 or shape[:2] != (count, bands) or not (n_frames or least) <= shape[2] <= (n_frames or most):
            expected = n_frames or f"{least} to {most}"
            raise ValueError(f"{name} has the shape {shown(shape)}, not ({count}, {bands}, {expected})")
        n_frames = shape[2]
        name = shard_file("state", shard)
        if with_state and read_header(folder / name).shape != shape[:2]:
            raise ValueError(f"{name} does not have the shape {shape[:2]}")
    return n_frames
