"""Nested parts of the training clips: more and more calls, recording by recording, with background in proportion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.clips import ClipStore

SAME_S = 1e-4  # onsets in overlapping clips that differ by less belong to one call

Call = tuple[int, str]  # number and label


class Nesting:
    """Order training clips so that the first of them form a smaller training set, as a person might have annotated it.

    A person annotates recording by recording, so a part holds all clips of a few recordings. The next recording is the
    one that brings the mix of labels nearest to that of all calls; a random order decides between equals. Clips without
    calls are spread evenly among the clips with calls of their recording. Recordings without calls are spread evenly
    over the whole, in random order.

    Attributes
    ----------
    n_calls : int
        Number of annotated calls in the split train.
    """

    def __init__(self, store: ClipStore, seed: int) -> None:
        self._labels = store.recipe.labels.names
        self._calls = calls_of(store)
        self.n_calls = len({call for calls in self._calls.values() for call in calls})
        rng = np.random.default_rng(seed)
        rows = store.index[store.index["split"] == "train"]
        clips: dict[str, list[int]] = defaultdict(list)
        for row in rng.permutation(len(rows)).tolist():
            clips[rows["recording"].iloc[row]].append(int(rows["clip"].iloc[row]))
        recordings = rng.permutation(sorted(clips)).tolist()
        self._place: dict[int, float] = {}
        self._set_places([clips[name] for name in recordings])

    def left_out(self, share: float) -> NDArray[np.int64]:
        """List the training clips outside of the part that has this share of the calls."""
        return np.array([clip for clip, place in self._place.items() if place > share + 1e-9], dtype=np.int64)

    def count(self, share: float) -> int:
        """Count the annotated calls of a part."""
        return len(self._calls_in(share))

    def missing(self, share: float) -> str:
        """Name a label that has no call in a part; empty if each has one."""
        present = {label for _, label in self._calls_in(share)}
        return next((label for label in self._labels if label not in present), "")

    def _calls_in(self, share: float) -> set[Call]:
        clips = (clip for clip, place in self._place.items() if place <= share + 1e-9)
        return {call for clip in clips for call in self._calls.get(clip, ())}

    def _set_places(self, recordings: Sequence[Sequence[int]]) -> None:
        """Set the place of each clip in (0, 1]: it belongs to all parts with at least this share of the calls."""
        seen: set[Call] = set()
        for clips in self._balanced([clips for clips in recordings if self._has_calls(clips)]):
            before = len(seen)
            others = [clip for clip in clips if clip not in self._calls]
            for clip in (clip for clip in clips if clip in self._calls):
                seen |= self._calls[clip]
                self._place[clip] = len(seen) / self.n_calls
            for n, clip in enumerate(others):
                self._place[clip] = (before + (len(seen) - before) * (n + 1) / len(others)) / self.n_calls
        silent = [clip for clips in recordings if not self._has_calls(clips) for clip in clips]
        for n, clip in enumerate(silent):
            self._place[clip] = (n + 1) / len(silent)

    def _balanced(self, recordings: Sequence[Sequence[int]]) -> list[Sequence[int]]:
        """Order recordings so that at any point the mix of labels is close to that of all calls."""
        counts = np.array([self._count_labels(clips) for clips in recordings], dtype=np.float64).reshape(
            len(recordings), len(self._labels)
        )
        shares = counts.sum(axis=0) / max(1.0, counts.sum())
        total = np.zeros(len(self._labels))
        remaining = list(range(len(recordings)))
        order: list[Sequence[int]] = []
        while remaining:
            sums = total + counts[remaining]
            distance = np.abs(sums / sums.sum(axis=1, keepdims=True) - shares).sum(axis=1)
            chosen = remaining.pop(int(distance.round(9).argmin()))
            total += counts[chosen]
            order.append(recordings[chosen])
        return order

    def _has_calls(self, clips: Sequence[int]) -> bool:
        return any(clip in self._calls for clip in clips)

    def _count_labels(self, clips: Sequence[int]) -> list[int]:
        calls = {call for clip in clips for call in self._calls.get(clip, ())}
        return [sum(1 for _, label in calls if label == name) for name in self._labels]


def count_calls(store: ClipStore, split: str) -> dict[str, int]:
    """Count the annotated calls of each label in a split; 0 where a label has none."""
    calls = {call for calls in calls_of(store, split).values() for call in calls}
    return {name: sum(label == name for _, label in calls) for name in store.recipe.labels.names}


def calls_of(store: ClipStore, split: str = "train") -> dict[int, set[Call]]:
    """Return the annotated calls in the window of each clip of calls; a call has the same number in all clips."""
    clips = store.index[(store.index["split"] == split) & (store.index["kind"] == "call")]
    events = store.events[store.events["label"].isin(store.recipe.labels.names)]
    inside = (events["start_s"] < store.recipe.window.duration) & (events["end_s"] > 0)
    rows = events[inside].merge(clips[["clip", "recording", "channel", "start_s"]], on="clip", suffixes=("", "_clip"))
    rows["onset"] = rows["start_s"] + rows["start_s_clip"]
    rows = rows.sort_values(["recording", "channel", "label", "onset"], kind="stable")
    keys = ["recording", "channel", "label"]
    is_new = (rows[keys] != rows[keys].shift()).any(axis=1) | (rows["onset"].diff() > SAME_S)
    calls: dict[int, set[Call]] = defaultdict(set)
    for clip, number, label in zip(rows["clip"], is_new.cumsum(), rows["label"]):
        calls[int(clip)].add((int(number), str(label)))
    return dict(calls)
