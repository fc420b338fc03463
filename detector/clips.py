"""Clips on disk: shards of band power, an index, the events in each clip, and the recipe that made them.

A folder of clips holds

- `recipe.toml`: the recipe, its labels named;
- `clips.csv`: one row a clip (`INDEX_COLUMNS`), in the order of the shards' rows;
- `events.csv`: the annotated events near each clip, in seconds from the start of its window;
- `labels.json`: what the training annotations say of each label's length and band;
- `recordings.csv`, `annotations.csv`: what is known of the recordings (`detector.extraction.known`);
- `power-0000.npy`, ...: (clip, band, frame) float32, each clip with `margin` frames before and after its window;
- `state-0000.npy`, ...: (clip, band), the front end's slow mean before the clip, where the scaling has one.
"""

from __future__ import annotations

import hashlib
import json
from copy import copy
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.cliptables import (
    CONFUSING,
    EVENT_COLUMNS,
    EVENTS_FILE,
    INDEX_COLUMNS,
    INDEX_FILE,
    LABELS_FILE,
    UNCERTAIN,
    LabelFacts,
    read_events,
    read_facts,
    read_index,
    write_table,
)
from detector.errors import ClipsError, one_line, shown
from detector.outputs import FolderKind
from detector.recipe import Recipe, read_recipe
from detector.recipe.sizes import BYTES, CLIP_BYTES
from detector.shards import map_array, read_header

RECIPE_FILE = "recipe.toml"
RECORDINGS_FILE = "recordings.csv"
ANNOTATIONS_FILE = "annotations.csv"
CLIPS_FOLDER = FolderKind(
    "a folder of clips",
    (
        RECIPE_FILE,
        INDEX_FILE,
        EVENTS_FILE,
        LABELS_FILE,
        RECORDINGS_FILE,
        ANNOTATIONS_FILE,
        "power-*.npy",
        "state-*.npy",
    ),
)
SPLITS = ("train", "validation", "test")
SHARD_BYTES = 64 * 2**20
OPEN_SHARDS = 64  # each open shard takes a file descriptor

__all__ = [
    "ANNOTATIONS_FILE",
    "CLIPS_FOLDER",
    "CONFUSING",
    "EVENTS_FILE",
    "INDEX_COLUMNS",
    "INDEX_FILE",
    "LABELS_FILE",
    "RECORDINGS_FILE",
    "SPLITS",
    "UNCERTAIN",
    "Clip",
    "ClipStore",
    "ClipWriter",
    "LabelFacts",
    "open_clips",
    "window_targets",
]


@dataclass(frozen=True)
class Clip:
    """One clip as it is written: where it comes from, what is in it, and how much of it is sound.

    `first_frame` and `n_frames` say which of the stored frames lie within the recording. `complete` tells whether the
    recording is fully annotated, so that what is not annotated is known to be background.
    """

    recording: str
    channel: str
    start_s: float
    kind: str
    labels: str
    split: str
    group: str
    complete: bool
    first_frame: int
    n_frames: int
    events: tuple[tuple[float, float, str], ...]


class ClipWriter:
    """Write clips into an existing, empty folder, a shard at a time; after the clips of `onto`, where it is given."""

    def __init__(self, folder: Path, recipe: Recipe, onto: ClipStore | None = None) -> None:
        self.folder = folder
        self.recipe = recipe
        self._power: list[NDArray[np.float32]] = []
        self._state: list[NDArray[np.float32]] = []
        self._shard = 0
        self.index: list[dict[str, object]] = []
        self._events: list[tuple[int, float, float, str]] = []
        if onto is not None:
            self._go_on(onto)

    def _go_on(self, store: ClipStore) -> None:
        """Begin with the clips of a store; its shards are linked, for they are large and never change."""
        self._shard = int(store.index["shard"].max()) + 1
        for path in store.shards():
            (self.folder / path.name).symlink_to(path.resolve())
        self.index = [{str(key): value for key, value in row.items()} for row in store.index.to_dict("records")]
        self._events = list(store.events[EVENT_COLUMNS].itertuples(index=False, name=None))

    def add(self, clip: Clip, power: NDArray[np.float32], state: NDArray[np.float32] | None) -> None:
        """Add a clip: power (band, frame), state (band,) or None."""
        number = len(self.index)
        row = {key: value for key, value in asdict(clip).items() if key != "events"}
        self.index.append({"clip": number, "shard": self._shard, "row": len(self._power), **row})
        self._events.extend((number, *event) for event in clip.events)
        self._power.append(power)
        if state is not None:
            self._state.append(state)
        if len(self._power) * power.nbytes >= SHARD_BYTES:
            self._write_shard()

    def _write_shard(self) -> None:
        if not self._power:
            return
        np.save(self.folder / f"power-{self._shard:04d}.npy", np.stack(self._power))
        if self._state:
            np.save(self.folder / f"state-{self._shard:04d}.npy", np.stack(self._state))
        self._power = []
        self._state = []
        self._shard += 1

    def close(self, facts: dict[str, LabelFacts]) -> None:
        """Write the last shard, the tables and the recipe."""
        self._write_shard()
        write_table(self.folder / INDEX_FILE, self.index, INDEX_COLUMNS)
        write_table(self.folder / EVENTS_FILE, self._events, EVENT_COLUMNS)
        content = {name: asdict(fact) for name, fact in facts.items()}
        (self.folder / LABELS_FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        (self.folder / RECIPE_FILE).write_text(self.recipe.to_toml(), encoding="utf-8")


class ClipStore:
    """Clips on disk, memory-mapped.

    Attributes
    ----------
    recipe : Recipe
        What made them.
    index, events : DataFrame
        As in the files.
    margin : int
        Frames stored before and after each window.
    clip_bytes : int
        Bytes of the power of a clip.
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
            frames = self._check_shards()
            self._check_rows(frames)
        except (OSError, ValueError) as error:
            raise ClipsError(f"{folder}: is not a whole folder of clips: {one_line(error)}") from error
        self.margin = (frames - self.recipe.window_frames) // 2
        self.clip_bytes = self.recipe.n_bands * frames * BYTES

    def _check_shards(self) -> int:
        """Give the frames of a clip; raise `ValueError` where shards are not what index and recipe say."""
        counts = np.bincount(self._shards)
        bands = self.recipe.n_bands
        least = self.recipe.window_frames
        most = CLIP_BYTES // (BYTES * bands)
        self._with_state = (self.folder / "state-0000.npy").exists()
        frames = 0
        for n, count in enumerate(counts):
            shape = read_header(self.folder / f"power-{n:04d}.npy").shape
            if len(shape) != 3 or shape[:2] != (count, bands) or not (frames or least) <= shape[2] <= (frames or most):
                wanted = frames or f"{least} to {most}"
                raise ValueError(f"power-{n:04d}.npy has the shape {shown(shape)}, not ({count}, {bands}, {wanted})")
            frames = shape[2]
            if self._with_state and read_header(self.folder / f"state-{n:04d}.npy").shape != shape[:2]:
                raise ValueError(f"state-{n:04d}.npy is not of the shape {shape[:2]}")
        return frames

    def _check_rows(self, frames: int) -> None:
        """Raise `ValueError` where the index names rows or frames that there are not."""
        counts = np.bincount(self._shards)
        if (self._rows < 0).any() or (self._rows >= counts[self._shards]).any():
            raise ValueError(f"{INDEX_FILE} names rows that its shards do not have")
        first = self.index["first_frame"].to_numpy()
        number = self.index["n_frames"].to_numpy()
        if not ((first >= 0) & (number >= 0) & (first <= frames) & (number <= frames - first)).all():
            raise ValueError(f"{INDEX_FILE} names frames that clips of {frames} do not have")

    def __len__(self) -> int:
        return len(self.index)

    def power(self, clips: NDArray[np.integer]) -> NDArray[np.float32]:
        """Read band power (clip, band, frame) of the clips with these numbers."""
        return self._gather("power", clips)

    def state(self, clips: NDArray[np.integer]) -> NDArray[np.float32] | None:
        """Read the slow mean (clip, band) before each clip; None where the scaling has none."""
        return self._gather("state", clips) if self._with_state else None

    def _gather(self, name: str, clips: NDArray[np.integer]) -> NDArray[np.float32]:
        out = np.empty((len(clips), *self._open(f"{name}-0000.npy").shape[1:]), dtype=np.float32)
        for shard in np.unique(self._shards[clips]):
            here = self._shards[clips] == shard
            out[here] = self._open(f"{name}-{shard:04d}.npy")[self._rows[clips[here]]]
        return out

    def shards(self) -> list[Path]:
        """List the files of power and state."""
        names = ("power", "state") if self._with_state else ("power",)
        return [self.folder / f"{name}-{n:04d}.npy" for n in np.unique(self._shards) for name in names]

    def fingerprint(self) -> str:
        """Name the tables, from which the targets are made, and what is left out, in 12 hexadecimal digits."""
        tables = [(self.folder / name).read_bytes() for name in (INDEX_FILE, EVENTS_FILE, LABELS_FILE)]
        return hashlib.sha256(b"".join([*tables, self._left_out])).hexdigest()[:12]

    def without(self, clips: NDArray[np.integer]) -> ClipStore:
        """Give the same clips, but for some that are left out of every split."""
        other = copy(self)
        other.index = self.index.assign(split=self.index["split"].where(~self.index["clip"].isin(clips), ""))
        other._left_out = self._left_out + np.sort(clips).astype("<i8").tobytes()
        return other

    def in_split(self, split: str) -> NDArray[np.int64]:
        """List the numbers of the clips of a split."""
        return np.flatnonzero((self.index["split"] == split).to_numpy())


def open_clips(folder: Path) -> ClipStore:
    """Open a folder of clips; raise `ClipsError` where it is missing or not whole."""
    if not (folder / INDEX_FILE).is_file():
        raise ClipsError(f"{folder}: has no {INDEX_FILE}; it is not a folder of clips")
    return ClipStore(folder)


def window_targets(
    starts: NDArray[np.float64], ends: NDArray[np.float64], window: tuple[float, float], share: float
) -> NDArray[np.int8]:
    """Say what each call makes of a window: 1 call, 0 nothing, -1 ambiguous.

    A window counts as a call when at least `share` of the call, or of the window, lies in the other; as nothing when
    they do not meet; and what lies between is left out of training.

    Parameters
    ----------
    starts, ends : ndarray
        Onsets and offsets of the calls, s.
    window : (float, float)
        Start and end of the window, s.
    share : float
        The recipe's `labels.overlap`.
    """
    overlap = np.minimum(ends, window[1]) - np.maximum(starts, window[0])
    needed = share * np.minimum(ends - starts, window[1] - window[0])
    return np.where(overlap >= needed - 1e-9, 1, np.where(overlap > 0, -1, 0)).astype(np.int8)
