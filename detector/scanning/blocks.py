"""The scores of a recording as they come, block by block, and what keeps them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.place import Place
from detector.scanning.windows import Points

Rows = NDArray[np.float64]


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
        Number of the first score here; with 0, a recording begins.
    limit_s : float
        What scores describe ends here at the latest, s.
    scores : dict of str to ndarray
        By channel, (point, label), the same number of points for each.
    heard_s : float or None
        In the last block of a recording, its length as the model heard it, s; None where more follow.
    """

    recording: Place
    points: Points
    first: int
    limit_s: float
    scores: dict[str, Rows]
    heard_s: float | None = None

    @property
    def n_points(self) -> int:
        """Count the points."""
        return len(next(iter(self.scores.values())))


Take = Callable[[ScoreBlock], None]
"""Takes the score blocks of recordings, in their order."""


class ScoreCollector:
    """Collect the scores of one recording after another.

    Attributes
    ----------
    points : Points or None
        The times of the scores; None before the first block.
    """

    def __init__(self) -> None:
        self._blocks: dict[str, list[Rows]] = defaultdict(list)
        self.points: Points | None = None

    def __call__(self, block: ScoreBlock) -> None:
        """Take the next scores; a recording that begins takes the place of the one before."""
        if block.first == 0:
            self._blocks.clear()
        self.points = block.points
        for channel, scores in block.scores.items():
            self._blocks[channel].append(scores)

    def scores(self) -> dict[str, Rows]:
        """Give the scores of each channel (point, label), and forget them."""
        collected = {channel: np.concatenate(blocks) for channel, blocks in self._blocks.items()}
        self._blocks.clear()
        return collected
