"""Training targets of clips: 1 for a call, 0 for none, -1 for unknown or ambiguous ones, which the loss ignores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.clips import CONFUSING, UNCERTAIN, ClipStore, window_targets
from detector.events import ONSET_SPAN_S
from detector.network.geometry import measure

Clips = NDArray[np.integer]
Targets = NDArray[np.float32]

# stand for the number of a label in spans that have no label
UNCERTAIN_SPAN = -1
CONFUSING_SPAN = -2


class TargetMaker:
    """Make the targets of clips, whose windows may be shifted in time, from the events near them."""

    def __init__(self, store: ClipStore) -> None:
        recipe = store.recipe
        self.n_labels = len(recipe.labels.names)
        self.n_outputs = len(recipe.labels.outputs)
        self.share = recipe.labels.overlap
        self.duration = recipe.window.duration
        numbers = {name: n for n, name in enumerate(recipe.labels.names)} | {
            UNCERTAIN: UNCERTAIN_SPAN,
            CONFUSING: CONFUSING_SPAN,
        }
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
            first_s, end_s = ONSET_SPAN_S
            wider_s = max(0.0, geometry.frames.step / recipe.frame_rate - (end_s - first_s))  # for at least one column
            self.onset_span_s = (first_s - wider_s / 2, end_s + wider_s / 2)

    def __call__(self, clips: Clips, moved_s: NDArray[np.float64], tempo: NDArray[np.float64] | float = 1.0) -> Targets:
        """Make the targets of clips.

        Parameters
        ----------
        moved_s : ndarray
            How much later each window starts, s (clip,).
        tempo : ndarray or float
            How many times as fast the sound in each window is (clip,).

        Returns
        -------
        ndarray
            (clip, label), or (clip, column, output) for frame outputs: the labels, then their onsets if the recipe has
            outputs for them.
        """
        events, rows = self._events_of(clips)
        event_tempo = np.broadcast_to(tempo, len(clips))[rows]
        starts = (self._start[events] - moved_s[rows]) / event_tempo
        ends = (self._end[events] - moved_s[rows]) / event_tempo
        labels = self._label[events]
        if self.columns is None:
            return self._of_windows(len(clips), rows, (starts, ends), labels)
        return self._of_columns(clips, rows, (starts, ends), labels)

    def _events_of(self, clips: Clips) -> tuple[Clips, Clips]:
        """Return the numbers of the events of clips, and for each event the index of its clip in `clips`."""
        first = np.searchsorted(self._clip, clips, "left")
        last = np.searchsorted(self._clip, clips, "right")
        counts = last - first
        rows = np.repeat(np.arange(len(clips)), counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(first, counts) + within, rows

    def _of_windows(
        self, n: int, rows: Clips, spans: tuple[NDArray[np.float64], NDArray[np.float64]], labels: Clips
    ) -> Targets:
        targets = np.zeros((n, self.n_labels), dtype=np.float32)
        of_event = window_targets(*spans, (0.0, self.duration), self.share)  # (event,)
        uncertain = (of_event != 0) & (labels == UNCERTAIN_SPAN)
        targets[rows[uncertain]] = -1
        ambiguous = (of_event == -1) & (labels >= 0)
        targets[rows[ambiguous], labels[ambiguous]] = -1
        call = (of_event == 1) & (labels >= 0)
        targets[rows[call], labels[call]] = 1
        return targets

    def _of_columns(
        self, clips: Clips, rows: Clips, spans: tuple[NDArray[np.float64], NDArray[np.float64]], labels: Clips
    ) -> Targets:
        assert self.columns is not None
        targets = np.zeros((len(clips), len(self.columns), self.n_outputs), dtype=np.float32)
        targets[self._partial[clips]] = -1
        inside = (self.columns >= spans[0][:, None]) & (self.columns < spans[1][:, None])  # (event, column)
        call = labels >= 0
        # within a call, all other labels are known to be absent, even in a recording that is not fully annotated
        for chosen, value in ((call, 0), (labels == CONFUSING_SPAN, 0), (labels == UNCERTAIN_SPAN, -1)):
            event, column = np.nonzero(inside & chosen[:, None])
            targets[rows[event], column] = value
        event, column = np.nonzero(inside & call[:, None])
        targets[rows[event], column, labels[event]] = 1
        if self.n_outputs > self.n_labels:
            self._add_onsets(targets, rows, spans[0], labels)
        return targets

    def _add_onsets(self, targets: Targets, rows: Clips, starts: NDArray[np.float64], labels: Clips) -> None:
        """Mark the columns around each onset: 1 for calls, -1 for uncertain spans."""
        assert self.columns is not None
        onsets = targets[:, :, self.n_labels :]  # (clip, column, label)
        first_s, end_s = self.onset_span_s
        near = (self.columns >= starts[:, None] + first_s) & (self.columns < starts[:, None] + end_s)  # (event, column)
        event, column = np.nonzero(near & (labels == UNCERTAIN_SPAN)[:, None])
        onsets[rows[event], column] = -1
        event, column = np.nonzero(near & (labels >= 0)[:, None])
        onsets[rows[event], column, labels[event]] = 1


def united(first: Targets, second: Targets) -> Targets:
    """Return the targets of two sounds at once: 1 if either is 1, else -1 if either is -1, else 0."""
    unknown = np.where(np.minimum(first, second) < 0, -1, 0)
    return np.where(np.maximum(first, second) == 1, 1, unknown).astype(np.float32)
