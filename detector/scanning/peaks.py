"""Find the peaks of a curve of scores, and where the sound of each begins and ends.

A peak makes an event of its own if the scores fall far enough between it and every higher peak. Its event begins and
ends where the scores cross a share of its height, or at the lowest score between it and the next such peak. So an event
depends neither on lower peaks nor on the threshold: those of a low threshold hold all those of a higher one, with the
same times.

This is the topographic prominence of peaks (as in scipy.signal.find_peaks), with a least prominence and ends that are
shares of the height.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

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


def find_peaks(curve: Curve, rule: PeakRule, number: int) -> Iterator[Peak]:
    """Yield the peaks of a curve (point,) that reach the threshold, in order.

    `curve[0]` and `curve[-1]` are the scores beside the curve: below `rule.floor`, or minus infinity where there are
    none. Positions count from the begin of the recording, in which `curve[0]` has the given number.
    """
    scores: list[float] = curve.tolist()
    filled: list[float] = fill_dips(curve, rule.gap).tolist() if rule.gap and _has_dip(scores) else scores
    tops, dips = _parted(filled, rule.valley)
    borders = [0, *dips, len(scores) - 1]
    for top, first, last in zip(tops, borders, borders[1:]):
        height = scores[top]
        if height >= rule.threshold:
            level = rule.level * height
            start = next((n for n in range(top, first - 1, -1) if filled[n] < level), None)
            end = next((n for n in range(top, last + 1) if filled[n] < level), None)
            yield Peak(
                number + _bottom(scores, filled, first)
                if start is None
                else _crossing(scores, start, 1, level, number),
                number + _bottom(scores, filled, last) if end is None else _crossing(scores, end, -1, level, number),
                height,
            )


def _has_dip(scores: Sequence[float]) -> bool:
    """Return whether scores rise somewhere after they fell."""
    fell = False
    for before, after in pairwise(scores):
        if fell and after > before:
            return True
        fell = fell or after < before
    return False


def fill_dips(curve: Curve, width: int) -> Curve:
    """Fill dips of at most `width` scores: the morphological closing of a curve (Serra 1982)."""
    width = min(width, len(curve))
    wide = np.full(len(curve) + 2 * width, -inf)
    wide[width : width + len(curve)] = curve
    raised = maximum_filter1d(wide, width + 1, mode="nearest")
    closed: Curve = minimum_filter1d(raised, width + 1, mode="nearest", origin=-(width % 2))
    return closed[width : width + len(curve)]


def _parted(scores: Sequence[float], valley: float) -> tuple[list[int], list[int]]:
    """Return the peaks that are parted by dips below the share `valley` of their heights, and the dips between them.

    Of equal heights, the first counts as the highest.
    """
    tops: list[int] = []
    dips: list[int] = []
    top = 0
    dip = 0
    high = -inf
    low = -inf
    is_rising = True
    for point, score in enumerate(scores):
        if is_rising:
            if score > high:
                top = point
                high = score
            elif score < valley * high:
                tops.append(top)
                dip = point
                low = score
                is_rising = False
        elif score < low:
            dip = point
            low = score
        elif low < valley * score:
            dips.append(dip)
            top = point
            high = score
            is_rising = True
    if is_rising:
        tops.append(top)
    return tops, dips


def _bottom(scores: Sequence[float], filled: Sequence[float], dip: int) -> float:
    """Return the middle of the lowest scores of a dip that begins at `dip` in the filled curve."""
    end = next((n for n in range(dip, len(filled)) if filled[n] != filled[dip]), len(filled))
    lowest = min(scores[dip:end])
    first = next(n for n in range(dip, end) if scores[n] == lowest)
    last = next((n for n in range(first, end) if scores[n] != lowest), end) - 1
    return (first + last) / 2


def _crossing(scores: Sequence[float], below: int, step: int, level: float, number: int) -> float | None:
    """Return where a curve crosses a level between a point below it and the next; None if there is no score below.

    The whole numbers are added first: so the result is the same to the last bit, wherever the curve begins.
    """
    low = scores[below]
    if low == -inf:
        return None
    return (number + below) + step * (level - low) / (scores[below + step] - low)
