"""Nested parts of the training clips: some of the annotated calls, recording by recording, background in proportion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.clips import ClipStore

SAME_S = 1e-4  # onsets nearer than this are those of one call, in clips that overlap

Call = tuple[int, str]  # number and label


class Nesting:
    """Order training clips so that the first of them are a smaller training set, as a person might have annotated it.

    Recordings with calls come one after the other, so that a part has few recordings rather than a little of each. Next
    comes the one that brings the labels so far nearest to their shares of all; equals come in a drawn order. Clips
    without calls lie evenly among those with calls of their recording, and those of recordings without calls evenly
    among all, recording by recording in a drawn order.

    Attributes
    ----------
    n_calls : int
        Annotated calls in clips of calls of the split train.
    """

    def __init__(self, store: ClipStore, seed: int) -> None:
        self._labels = store.recipe.labels.names
        self._calls = calls_of(store)
        self.n_calls = len({call for calls in self._calls.values() for call in calls})
        rng = np.random.default_rng(seed)
        rows = store.index[store.index["split"] == "train"]
        clips: dict[str, list[int]] = defaultdict(list)
        for place in rng.permutation(len(rows)).tolist():
            clips[rows["recording"].iloc[place]].append(int(rows["clip"].iloc[place]))
        drawn = rng.permutation(sorted(clips)).tolist()
        self._place: dict[int, float] = {}
        self._set_places([clips[name] for name in drawn])

    def left_out(self, share: float) -> NDArray[np.int64]:
        """List the training clips that are not in the part with a share of the calls."""
        return np.array([clip for clip, at in self._place.items() if at > share + 1e-9], dtype=np.int64)

    def count(self, share: float) -> int:
        """Count the annotated calls of a part."""
        return len(self._part(share))

    def missing(self, share: float) -> str:
        """Name a label that has no call in a part; empty where each has one."""
        there = {label for _, label in self._part(share)}
        return next((label for label in self._labels if label not in there), "")

    def _part(self, share: float) -> set[Call]:
        return {call for clip, at in self._place.items() if at <= share + 1e-9 for call in self._calls.get(clip, ())}

    def _set_places(self, recordings: Sequence[Sequence[int]]) -> None:
        """Give each clip its place in (0, 1]: the share of the calls from which on it is in a part."""
        seen: set[Call] = set()
        for clips in self._balanced([clips for clips in recordings if self._heard(clips)]):
            before = len(seen)
            others = [clip for clip in clips if clip not in self._calls]
            for clip in (clip for clip in clips if clip in self._calls):
                seen |= self._calls[clip]
                self._place[clip] = len(seen) / self.n_calls
            for n, clip in enumerate(others):
                self._place[clip] = (before + (len(seen) - before) * (n + 1) / len(others)) / self.n_calls
        silent = [clip for clips in recordings if not self._heard(clips) for clip in clips]
        for n, clip in enumerate(silent):
            self._place[clip] = (n + 1) / len(silent)

    def _balanced(self, recordings: Sequence[Sequence[int]]) -> list[Sequence[int]]:
        """Order recordings so that labels come in nearly their shares of all from the first on."""
        counts = np.array([self._count_labels(clips) for clips in recordings], dtype=np.float64).reshape(
            len(recordings), len(self._labels)
        )
        shares = counts.sum(axis=0) / max(1.0, counts.sum())
        total, left, order = np.zeros(len(self._labels)), list(range(len(recordings))), list[Sequence[int]]()
        while left:
            sums = total + counts[left]
            distance = np.abs(sums / sums.sum(axis=1, keepdims=True) - shares).sum(axis=1)
            chosen = left.pop(int(distance.round(9).argmin()))
            total += counts[chosen]
            order.append(recordings[chosen])
        return order

    def _heard(self, clips: Sequence[int]) -> bool:
        return any(clip in self._calls for clip in clips)

    def _count_labels(self, clips: Sequence[int]) -> list[int]:
        calls = {call for clip in clips for call in self._calls.get(clip, ())}
        return [sum(1 for _, label in calls if label == name) for name in self._labels]


def count_calls(store: ClipStore, split: str) -> dict[str, int]:
    """Count the annotated calls of each label in a split; 0 where a label has none."""
    calls = {call for calls in calls_of(store, split).values() for call in calls}
    return {name: sum(label == name for _, label in calls) for name in store.recipe.labels.names}


def calls_of(store: ClipStore, split: str = "train") -> dict[int, set[Call]]:
    """Name the annotated calls in the windows of a split's clips of calls, one call alike in however many clips."""
    clips = store.index[(store.index["split"] == split) & (store.index["kind"] == "call")]
    events = store.events[store.events["label"].isin(store.recipe.labels.names)]
    inside = (events["start_s"] < store.recipe.window.duration) & (events["end_s"] > 0)
    rows = events[inside].merge(clips[["clip", "recording", "channel", "start_s"]], on="clip", suffixes=("", "_clip"))
    rows["onset"] = rows["start_s"] + rows["start_s_clip"]
    rows = rows.sort_values(["recording", "channel", "label", "onset"], kind="stable")
    of_one = ["recording", "channel", "label"]
    new = (rows[of_one] != rows[of_one].shift()).any(axis=1) | (rows["onset"].diff() > SAME_S)
    found: dict[int, set[Call]] = defaultdict(set)
    for clip, number, label in zip(rows["clip"], new.cumsum(), rows["label"]):
        found[int(clip)].add((int(number), str(label)))
    return dict(found)
