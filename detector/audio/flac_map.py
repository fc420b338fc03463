"""Find the undamaged frames of a damaged FLAC file.

The head of a frame gives the number of its samples and has a checksum. So frames can be found whatever lies between
them, and the samples after a hole keep their true time. Format: RFC 9639.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from detector.audio import flac
from detector.audio.flac_metadata import StreamInfo

_MOST_RUNS = 10_000  # the search for the longest recording takes time by the square of the runs


@dataclass(frozen=True)
class FrameMap:
    """The frames of a file whose heads are undamaged, in order of their samples.

    Attributes
    ----------
    offsets, ends : ndarray of int64 (frame,)
        First byte of each frame, and first byte of the next frame in the file. The next frame may be missing here.
    firsts, sizes : ndarray of int64 (frame,)
        First sample of each frame, and its number of samples.
    """

    offsets: NDArray[np.int64]
    ends: NDArray[np.int64]
    firsts: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def at(self, sample: int) -> int:
        """Return the index of the first frame that holds `sample` or a later sample."""
        return int(np.searchsorted(self.firsts + self.sizes, sample, side="right"))

    def whole_until(self, sample: int) -> int:
        """Return the first sample of the frame that holds `sample`, or `sample` itself if no frame holds it."""
        frame = self.at(sample)
        return min(sample, int(self.firsts[frame])) if frame < len(self.firsts) else sample

    def is_disturbed(self, frame: int) -> bool:
        """Return whether foreign bytes lie between a frame and the frame whose samples come before its own."""
        return 0 < frame < len(self.offsets) and bool(self.offsets[frame] != self.ends[frame - 1])

    def run(self, frame: int) -> tuple[int, int, int]:
        """Return the first byte, the end and the number of samples of a frame and all that follow it without a gap."""
        next_run = self._breaks[np.searchsorted(self._breaks, frame, side="right")]
        return int(self.offsets[frame]), int(self.ends[next_run - 1]), int(self.sizes[frame:next_run].sum())

    @cached_property
    def _breaks(self) -> NDArray[np.intp]:
        """List the frames that do not follow the frame before them, and at the end the number of frames."""
        missing = (self.firsts[1:] != (self.firsts + self.sizes)[:-1]) | (self.offsets[1:] != self.ends[:-1])
        return np.append(np.flatnonzero(missing) + 1, len(self.firsts))


def map_frames(file: BinaryIO, size: int, info: StreamInfo) -> FrameMap:
    """Find all frames of a file of `size` bytes, in one pass over it.

    Frames are left out if their heads differ from the usual one, or if their samples do not fit those of the others.
    """
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
    kept = _plausible(firsts, sizes)
    kept[kept] &= _in_longest_recording(firsts[kept], sizes[kept])
    ends = np.append(offsets[1:], size)
    return FrameMap(offsets[kept], ends[kept], firsts[kept], sizes[kept])


def _plausible(firsts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which frames join a neighbour, or come before all later frames that do."""
    joins_next = firsts[1:] == firsts[:-1] + sizes[:-1]
    joins = np.append(joins_next, False) | np.append(False, joins_next)
    none = np.iinfo(np.int64).max
    earliest_later = np.minimum.accumulate(np.where(joins, firsts, none)[::-1])[::-1]
    return joins | (firsts < earliest_later) & (earliest_later < none)


def _in_longest_recording(firsts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which frames belong to the longest recording whose frames follow one another in time.

    The other frames are repeated, or come from another file whose disk blocks lie in this one.

    Parameters
    ----------
    firsts, sizes : ndarray of int64 (frame,)
        First sample and number of samples of each frame, in order of the file.

    Returns
    -------
    ndarray of bool (frame,)
    """
    if not len(firsts):
        return np.zeros(0, bool)
    starts = np.flatnonzero(np.append(True, firsts[1:] != firsts[:-1] + sizes[:-1]))  # of runs of frames that join
    lasts = np.append(starts[1:], len(firsts)) - 1
    first = firsts[starts]
    end = firsts[lasts] + sizes[lasts]
    if (first[1:] >= end[:-1]).all():
        return np.ones(len(firsts), bool)
    if len(starts) > _MOST_RUNS:
        reached = np.append(0, np.maximum.accumulate(firsts + sizes))[:-1]
        return firsts >= reached
    last_run, run_before = _longest_chain(first, end)
    kept = np.zeros(len(firsts), bool)
    run = last_run
    while run >= 0:
        before = int(run_before[run])
        since = int(end[before]) if before >= 0 else 0
        frames = slice(starts[run], lasts[run] + 1)
        kept[frames] = firsts[frames] >= since
        run = before
    return kept


def _longest_chain(first: NDArray[np.int64], end: NDArray[np.int64]) -> tuple[int, NDArray[np.int64]]:
    """Chain runs of frames, in order of the file, so that they cover most samples.

    Parameters
    ----------
    first, end : ndarray of int64 (run,)
        First sample of each run, and the sample after its last.

    Returns
    -------
    int, ndarray of int64 (run,)
        The last run of the chain; and for each run the one before it in the longest chain that it ends, or -1.
    """
    longest = end - first  # samples of the longest chain that ends with each run
    run_before = np.full(len(first), -1)
    for run in range(1, len(first)):
        n_new = end[run] - np.maximum(first[run], end[:run])  # samples that it adds to each earlier chain
        n_chained = np.where(n_new > 0, longest[:run] + n_new, 0)
        if n_chained.max() > longest[run]:
            run_before[run] = n_chained.argmax()
            longest[run] = n_chained.max()
    return int(longest.argmax()), run_before
