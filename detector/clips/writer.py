"""Write clips, shard by shard, into a folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.clips.files import RECIPE_FILE, shard_file
from detector.clips.store import ClipStore
from detector.cliptables import (
    EVENT_COLUMNS,
    EVENTS_FILE,
    INDEX_COLUMNS,
    INDEX_FILE,
    LABELS_FILE,
    LabelFacts,
    write_table,
)
from detector.recipe import Recipe

SHARD_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Clip:
    """The rows of one clip in the tables: where it comes from, its labels and events, and its frames of sound.

    Attributes
    ----------
    start_s : float
        Start of the window in the recording, s.
    kind : str
        For example "call", "confusing" or "background".
    labels : str
        Labels of the calls in the window, with `|` between them.
    complete : bool
        Whether every call in the recording is annotated, so that the rest is known to be background.
    first_frame, n_frames : int
        The stored frames that lie within the recording.
    events : tuple of (float, float, str)
        Onset and offset in seconds from the start of the window, and label.
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
    """Write clips into an existing, empty folder, one shard at a time.

    Parameters
    ----------
    folder : Path
        The folder.
    recipe : Recipe
        The recipe of the clips, with its labels.
    onto : ClipStore, optional
        Clips that the folder begins with.
    """

    def __init__(self, folder: Path, recipe: Recipe, onto: ClipStore | None = None) -> None:
        self.folder = folder
        self.recipe = recipe
        self._power: list[NDArray[np.float32]] = []
        self._state: list[NDArray[np.float32]] = []
        self._shard = 0
        self.index: list[dict[str, object]] = []
        self._events: list[tuple[int, float, float, str]] = []
        if onto is not None:
            self._begin_with(onto)

    def _begin_with(self, store: ClipStore) -> None:
        """Begin with the clips of a store; its shards are linked, because they are large and never change."""
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
        np.save(self.folder / shard_file("power", self._shard), np.stack(self._power))
        if self._state:
            np.save(self.folder / shard_file("state", self._shard), np.stack(self._state))
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
