"""Find the peaks of a curve of scores, and where the sound of each begins and ends.

A peak makes an event of its own if the scores fall far enough between it and every higher peak. Its event begins and
ends where the scores cross a share of its height, or at the lowest score between it and the next such peak. So an event
depends only on scores that are higher than its ends, and never on the threshold: those of a low threshold hold all
those of a higher one, with the same times.

This is the topographic prominence of peaks (as in scipy.signal.find_peaks), with a least prominence and ends that are
shares of the height.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import grey_closing

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PeakRule:
    """Which peaks of a curve count, and where they end.

    Attributes
    ----------
    threshold : float
        Least height of a peak.
    level : float
        The share of its height at which a peak begins and ends, from 0 to 1.
    depth : float
        The share of its height by which scores must fall between a peak and a higher one. A fall below `level` always
        parts two peaks.
    gap : int
        A dip of at most so many scores is filled: it neither parts peaks nor ends them.
    """

    threshold: float
    level: float
    depth: float
    gap: int = 0

    @property
    def floor(self) -> float:
        """Return the score below which nothing matters to peaks that count."""
        return self.level * self.threshold

    @property
    def valley(self) -> float:
        """Return the share of its height below which a dip parts a peak from a higher one."""
        return max(self.level, 1.0 - self.depth)


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak of a curve.

    Attributes
    ----------
    start, end : float or None
        Where the straight line between two scores crosses the level of the peak, or the lowest score between two peaks;
        fractions of the number of a score. None if the curve begins, or ends, above the level.
    height : float
        The highest score.
    """

    start: float | None
    end: float | None
    height: float


def find_peaks(curve: Curve, rule: PeakRule) -> Iterator[Peak]:
    """Yield the peaks of a curve (point,) that reach the threshold, in order.

    `curve[0]` and `curve[-1]` are the scores beside the curve: below `rule.floor`, or minus infinity where there are
    none. Positions count from `curve[0]`.
    """
    turns = _turns(curve)
    has_dips = len(turns) > 3
    filled = fill_dips(curve, rule.gap) if has_dips and rule.gap else curve
    maxima, valleys = _parted(filled, turns if filled is curve else _turns(filled), rule.valley)
    borders = [0, *valleys, len(curve) - 1]
    for number, top in enumerate(maxima):
        height = float(curve[top])
        if height < rule.threshold:
            continue
        level = rule.level * height
        first = borders[number]
        last = borders[number + 1]
        before = np.flatnonzero(filled[first:top] < level)
        after = np.flatnonzero(filled[top + 1 : last + 1] < level)
        start = _crossing(curve, first + int(before[-1]), 1, level) if len(before) else float(first)
        end = _crossing(curve, top + 1 + int(after[0]), -1, level) if len(after) else float(last)
        yield Peak(start, end, height)


def fill_dips(curve: Curve, width: int) -> Curve:
    """Fill dips of at most `width` scores: the morphological closing of a curve (Serra 1982)."""
    if width < 1:
        return curve
    wide = np.pad(curve, width, constant_values=-inf)
    closed: Curve = grey_closing(wide, (width + 1,))
    return closed[width:-width]


def _parted(curve: Curve, turns: Sequence[int], valley: float) -> tuple[list[int], list[int]]:
    """Return the peaks of a curve that dips below the share `valley` of their heights part, and the dips between them.

    Of equal heights, the first counts as the highest.
    """
    maxima: list[int] = []
    valleys: list[int] = []
    top = low = 0
    height = depth = -inf
    rising = True
    for point, score in zip(turns, curve[turns].tolist()):
        if rising and score > height:
            top, height = point, score
        elif rising and score < valley * height:
            maxima.append(top)
            low, depth, rising = point, score, False
        elif not rising and score < depth:
            low, depth = point, score
        elif not rising and depth < valley * score:
            valleys.append(low)
            top, height, rising = point, score, True
    if rising:
        maxima.append(top)
    return maxima, valleys


def _turns(curve: Curve) -> Sequence[int]:
    """Return the points at which a curve turns, and both its ends. Of equal scores, the first counts."""
    changes = np.flatnonzero(curve[1:] != curve[:-1])
    rises = curve[changes + 1] > curve[changes]
    turns = changes[:-1][rises[1:] != rises[:-1]] + 1
    return [0, *turns.tolist(), len(curve) - 1]


def _crossing(curve: Curve, below: int, step: int, level: float) -> float | None:
    """Return where a curve crosses a level between a point below it and the next; None if there is no score below."""
    low = float(curve[below])
    if low == -inf:
        return None
    return below + step * (level - low) / (float(curve[below + step]) - low)
