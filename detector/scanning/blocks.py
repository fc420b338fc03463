"""The scores of a recording, block by block, and a collector for them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.place import Place
from detector.scanning.windows import Points

Rows = NDArray[np.float64]
ROUNDING_S = 1e-6
"""A time that is earlier than the begin of a recording by no more than this lies in the recording, s."""


@dataclass(frozen=True)
class ScoreBlock:
    """The next scores of a recording.

    Attributes
    ----------
    recording : Place
        The file.
    points : Points
        The times of all its scores.
    first : int
        Number of the first score of the block. With 0, a recording begins.
    limit_s : float
        End of the sound that scores may describe, s.
    scores : dict of str to ndarray
        By channel, (point, output), the same number of points for each. The outputs are `recipe.labels.outputs`: the
        labels come first.
    heard_s : float or None
        In the last block of a recording, the length of the recording, s; None if more blocks follow.
    members : tuple of (float, Place)
        For a series, the time at which each of its recordings begins, s, and the recording; otherwise empty.
    """

    recording: Place
    points: Points
    first: int
    limit_s: float
    scores: dict[str, Rows]
    heard_s: float | None = None
    members: tuple[tuple[float, Place], ...] = ()

    def owner(self, time_s: float) -> tuple[float, Place]:
        """Return the recording that a time lies in, s, and the time at which that recording begins."""
        if not self.members:
            return 0.0, self.recording
        number = bisect_right(self.members, time_s + ROUNDING_S, key=lambda member: member[0])
        return self.members[max(0, number - 1)]

    @property
    def n_points(self) -> int:
        """Count the points."""
        return len(next(iter(self.scores.values())))


Take = Callable[[ScoreBlock], None]
"""A consumer of scores. It is called with the score blocks of recordings, in order."""


class ScoreCollector:
    """Collect all scores of a recording, one recording at a time.

    Attributes
    ----------
    points : Points or None
        The times of the scores; None before the first block.
    """

    def __init__(self) -> None:
        self._blocks: dict[str, list[Rows]] = defaultdict(list)
        self.points: Points | None = None

    def __call__(self, block: ScoreBlock) -> None:
        """Add the next scores. The first block of a recording discards those of the recording before."""
        if block.first == 0:
            self._blocks.clear()
        self.points = block.points
        for channel, scores in block.scores.items():
            self._blocks[channel].append(scores)

    def scores(self) -> dict[str, Rows]:
        """Return the scores of each channel (point, output), and discard them."""
        collected = {channel: np.concatenate(blocks) for channel, blocks in self._blocks.items()}
        self._blocks.clear()
        return collected
