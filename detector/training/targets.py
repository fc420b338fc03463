"""What the network shall say of clips: 1 for a call, 0 for none, -1 where nobody knows or the rule leaves it out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.clips import CONFUSING, UNCERTAIN, ClipStore, window_targets
from detector.network.geometry import measure

Clips = NDArray[np.integer]
Targets = NDArray[np.float32]

DOUBT, NO_CALL = -1, -2  # what stands for a label's number in spans that have none


class TargetMaker:
    """Make targets of clips whose windows are moved in time, from the annotated events near them."""

    def __init__(self, store: ClipStore) -> None:
        recipe = store.recipe
        self.n_labels = len(recipe.labels.names)
        self.share = recipe.labels.overlap
        self.duration = recipe.window.duration
        numbers = {name: n for n, name in enumerate(recipe.labels.names)} | {UNCERTAIN: DOUBT, CONFUSING: NO_CALL}
        events = store.events.sort_values("clip", kind="stable")
        self._clip = events["clip"].to_numpy(dtype=np.int64)
        self._start = events["start_s"].to_numpy(dtype=np.float64)
        self._end = events["end_s"].to_numpy(dtype=np.float64)
        self._label = events["label"].map(numbers).to_numpy(dtype=np.int64)
        self._partial = ~store.index["complete"].to_numpy(dtype=bool)
        self.columns: NDArray[np.float64] | None = None
        if recipe.network.dense.per == "frame":
            geometry = measure(recipe)
            centres = [geometry.frames.centre(column) for column in range(geometry.columns)]
            self.columns = np.array(centres) / recipe.frame_rate

    def __call__(self, clips: Clips, moved_s: NDArray[np.float64], tempo: NDArray[np.float64] | float = 1.0) -> Targets:
        """Give (clip, label), or (clip, column, label) for frame outputs.

        The windows start `moved_s` later, and the sound in them is `tempo` times as fast.
        """
        events, rows = self._events_of(clips)
        faster = np.broadcast_to(tempo, len(clips))[rows]
        starts, ends = (self._start[events] - moved_s[rows]) / faster, (self._end[events] - moved_s[rows]) / faster
        labels = self._label[events]
        if self.columns is None:
            return self._of_windows(len(clips), rows, (starts, ends), labels)
        return self._of_columns(clips, rows, (starts, ends), labels)

    def _events_of(self, clips: Clips) -> tuple[Clips, Clips]:
        """List the events of clips, and for each the row of its clip among `clips`."""
        first, last = np.searchsorted(self._clip, clips, "left"), np.searchsorted(self._clip, clips, "right")
        counts = last - first
        rows = np.repeat(np.arange(len(clips)), counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(first, counts) + within, rows

    def _of_windows(
        self, n: int, rows: Clips, spans: tuple[NDArray[np.float64], NDArray[np.float64]], labels: Clips
    ) -> Targets:
        targets = np.zeros((n, self.n_labels), dtype=np.float32)
        said = window_targets(*spans, (0.0, self.duration), self.share)
        doubt = (said != 0) & (labels == DOUBT)
        targets[rows[doubt]] = -1
        unclear = (said == -1) & (labels >= 0)
        targets[rows[unclear], labels[unclear]] = -1
        call = (said == 1) & (labels >= 0)
        targets[rows[call], labels[call]] = 1
        return targets

    def _of_columns(
        self, clips: Clips, rows: Clips, spans: tuple[NDArray[np.float64], NDArray[np.float64]], labels: Clips
    ) -> Targets:
        assert self.columns is not None
        targets = np.zeros((len(clips), len(self.columns), self.n_labels), dtype=np.float32)
        targets[self._partial[clips]] = -1
        inside = (self.columns >= spans[0][:, None]) & (self.columns < spans[1][:, None])  # (event, column)
        call = labels >= 0
        for meant, value in (
            (call, 0),
            (labels == NO_CALL, 0),
            (labels == DOUBT, -1),
        ):  # a call is none of another label
            event, column = np.nonzero(inside & meant[:, None])
            targets[rows[event], column] = value
        event, column = np.nonzero(inside & call[:, None])
        targets[rows[event], column, labels[event]] = 1
        return targets


def united(one: Targets, other: Targets) -> Targets:
    """Say what two sounds at once hold: a call where either has one, unknown where either is unknown, else none."""
    unknown = np.where(np.minimum(one, other) < 0, -1, 0)
    return np.where(np.maximum(one, other) == 1, 1, unknown).astype(np.float32)
