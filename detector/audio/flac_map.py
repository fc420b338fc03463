"""Find the whole frames of a damaged FLAC file.

Each frame's head says which samples it holds and carries a checksum of its own, so the frames of a file can be found
whatever lies between them, and the samples after a hole are at their true time. Format: RFC 9639.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from detector.audio import flac

_MOST_RUNS = 10_000  # among which the longest recording is looked for


@dataclass(frozen=True)
class FrameMap:
    """The frames of a file whose heads are whole, in order of their samples.

    Attributes
    ----------
    offsets, ends : ndarray of int64 (frame,)
        The first byte of each, and the first one of the next frame, whether that is among these or not.
    firsts, sizes : ndarray of int64 (frame,)
        The first sample of each, and how many samples it has.
    """

    offsets: NDArray[np.int64]
    ends: NDArray[np.int64]
    firsts: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def at(self, sample: int) -> int:
        """Give the number of the first frame that holds `sample` or one after it."""
        return int(np.searchsorted(self.firsts + self.sizes, sample, side="right"))

    def whole_until(self, sample: int) -> int:
        """Give where the frame begins that holds `sample`, or `sample` where that is between two frames."""
        frame = self.at(sample)
        return min(sample, int(self.firsts[frame])) if frame < len(self.firsts) else sample

    def is_disturbed(self, frame: int) -> bool:
        """Say whether bytes lie before a frame that belong neither to it nor to the frame before its samples."""
        return 0 < frame < len(self.offsets) and bool(self.offsets[frame] != self.ends[frame - 1])

    def run(self, frame: int) -> tuple[int, int, int]:
        """Give the bytes of a frame and those that follow it without a gap, as start and end, and their samples."""
        after = self._breaks[np.searchsorted(self._breaks, frame, side="right")]
        return int(self.offsets[frame]), int(self.ends[after - 1]), int(self.sizes[frame:after].sum())

    @cached_property
    def _breaks(self) -> NDArray[np.intp]:
        """List the frames that do not follow the ones before them, and the number of frames."""
        missing = (self.firsts[1:] != (self.firsts + self.sizes)[:-1]) | (self.offsets[1:] != self.ends[:-1])
        return np.append(np.flatnonzero(missing) + 1, len(self.firsts))


def map_frames(file: BinaryIO, size: int, info: flac.StreamInfo) -> FrameMap:
    """Find all frames of a file of `size` bytes, in one pass over it."""
    frames = list(flac.find_heads(file, size))
    if not frames:
        nothing = np.zeros(0, np.int64)
        return FrameMap(nothing, nothing, nothing, nothing)
    usual = Counter(map(flac.likeness, frames)).most_common(1)[0][0]
    frames = [frame for frame in frames if flac.likeness(frame) == usual]
    sizes = np.array([frame.size for frame in frames], np.int64)
    block = int(np.bincount(sizes[:-1]).argmax()) if len(frames) > 1 else info.block
    firsts = np.array([frame.first(block) for frame in frames], np.int64)
    offsets = np.array([frame.offset for frame in frames], np.int64)
    joined = firsts[1:] == firsts[:-1] + sizes[:-1]
    trusted = np.append(joined, False) | np.append(False, joined)
    ceiling = np.minimum.accumulate(np.where(trusted, firsts, np.iinfo(np.int64).max)[::-1])[::-1]
    kept = trusted | (firsts < ceiling) & (ceiling < np.iinfo(np.int64).max)
    kept[kept] &= _forward(firsts[kept], sizes[kept])
    ends = np.append(offsets[1:], size)
    return FrameMap(offsets[kept], ends[kept], firsts[kept], sizes[kept])


def _forward(firsts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which frames make the longest recording in which each begins after those before it end.

    The others come a second time, or are those of another file whose blocks lie among these.
    """
    if not len(firsts):
        return np.zeros(0, bool)
    starts = np.flatnonzero(np.append(True, firsts[1:] != firsts[:-1] + sizes[:-1]))  # of runs of frames that join
    ends = np.append(starts[1:], len(firsts)) - 1
    first = firsts[starts]
    end = firsts[ends] + sizes[ends]
    if (first[1:] >= end[:-1]).all():
        return np.ones(len(firsts), bool)
    if len(starts) > _MOST_RUNS:
        reached = np.append(0, np.maximum.accumulate(firsts + sizes))[:-1]
        return firsts >= reached
    best = end - first  # samples of the longest recording that ends with each run
    before = np.full(len(starts), -1)  # the run before it in that recording
    for n in range(1, len(starts)):
        more = end[n] - np.maximum(first[n], end[:n])  # than what ends with an earlier run
        longest = np.where(more > 0, best[:n] + more, 0)
        if longest.max() > best[n]:
            before[n] = longest.argmax()
            best[n] = longest.max()
    kept = np.zeros(len(firsts), bool)
    run = int(best.argmax())
    while run >= 0:
        since = int(end[before[run]]) if before[run] >= 0 else 0
        frames = slice(starts[run], ends[run] + 1)
        kept[frames] = firsts[frames] >= since
        run = int(before[run])
    return kept
