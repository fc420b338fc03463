"""Draw windows of background, which no detection touches, in proportion to their length."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detector.errors import ParameterError
from detector.estimates.arrays import Integers, Numbers
from detector.events import Span, complement
from detector.tables.detection import Detection
from detector.tables.effort import read_effort

Channel = tuple[str, str]


@dataclass(frozen=True)
class BackgroundWindow:
    """A drawn stretch of background, with the probability of being drawn."""

    recording: str
    channel: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True)
class Scanned:
    """The seconds that were scanned of each recording and channel, from the effort table `source`."""

    source: Path
    seconds: dict[Channel, float]

    def free(self, detections: Iterable[Detection]) -> list[tuple[Channel, Span]]:
        """List the spans that were scanned without a detection, by recording, channel and time.

        A detection whose channel is not in the effort table counts for every channel of its recording.
        """
        channels: dict[str, list[str]] = {}
        for recording, channel in self.seconds:
            channels.setdefault(recording, []).append(channel)
        taken: dict[Channel, list[Span]] = {}
        for row in detections:
            recording = Path(row.recording).as_posix()  # as `read_scanned` writes it
            if recording not in channels:
                raise ParameterError("effort", self.source, f"has no row for {row.recording}, which has detections")
            for touched in [row.channel] if row.channel in channels[recording] else channels[recording]:
                taken.setdefault((recording, touched), []).append(row.event.span)
        return [
            (channel, span)
            for channel, seconds in sorted(self.seconds.items())
            for span in complement(taken.get(channel, []), 0.0, seconds)
        ]


def read_scanned(path: Path) -> Scanned:
    """Read the effort table of a scan. Recordings that failed have no scanned seconds."""
    return Scanned(path, {(row.recording.name, row.channel): row.scanned_s for row in read_effort(path)})


def draw_windows(
    free: Sequence[tuple[Channel, Span]], n: int, longest_s: float, rng: np.random.Generator
) -> tuple[list[BackgroundWindow], int]:
    """Draw windows of background; return them, and the number of all windows.

    Parameters
    ----------
    free : sequence of (channel, span)
        The spans without a detection. Each is cut into equal windows of at most `longest_s`, which cover all of it.
    n : int
        Number of windows to draw. If there are fewer, all are drawn.
    """
    gaps = np.array([_milliseconds(span) for _, span in free], dtype=np.int64).reshape(-1, 2)
    windows, gap = cut_windows(gaps, max(1, round(longest_s * 1000)))
    probability = inclusion(windows[:, 1] - windows[:, 0], n)
    drawn = systematic(probability, rng)
    chosen = []
    for i in drawn.tolist():
        recording, channel = free[gap[i]][0]
        start_ms, end_ms = windows[i].tolist()
        chosen.append(BackgroundWindow(recording, channel, start_ms / 1000, end_ms / 1000, float(probability[i])))
    return chosen, len(windows)


def _milliseconds(span: Span) -> tuple[int, int]:
    """Round a span inwards to whole milliseconds, as tables write times."""
    start = math.ceil(span[0] * 1000 - 1e-6)
    return start, max(start, math.floor(span[1] * 1000 + 1e-6))


def cut_windows(gaps: Integers, longest: int) -> tuple[Integers, Integers]:
    """Cut gaps (gap, start and end) into equal windows up to `longest`.

    Returns
    -------
    windows : array of int (window, start and end)
    gap : array of int (window,)
        The gap of each window.
    """
    lengths = gaps[:, 1] - gaps[:, 0]
    parts = -(-lengths // longest)
    gap = np.repeat(np.arange(len(gaps)), parts)
    part = np.arange(len(gap)) - np.repeat(np.cumsum(parts) - parts, parts)
    ends = (gaps[gap, 0] + lengths[gap] * (part + step) // parts[gap] for step in (0, 1))
    return np.stack(list(ends), axis=1), gap


def inclusion(lengths: Integers, n: int) -> Numbers:
    """Return the probability of each window to be among `n` that are drawn in proportion to length.

    A window that is long enough to be drawn more than once has probability 1. The others share the rest.
    """
    certain = np.full(len(lengths), n >= len(lengths))
    while not certain.all():
        share = (n - certain.sum()) * lengths / lengths[~certain].sum()
        sure = ~certain & (share >= 1)
        if not sure.any():
            return np.where(certain, 1.0, share)
        certain |= sure
    return np.ones(len(lengths))


def systematic(probability: Numbers, rng: np.random.Generator) -> Integers:
    """Draw units with these probabilities; return their indices in order.

    This is randomised systematic sampling with unequal probabilities (Hartley & Rao 1962, Annals of Mathematical
    Statistics 33: 350). The probabilities are added up in random order, and the unit is drawn in which the sum passes
    0, 1, 2, ... plus a random start. The random order breaks any rhythm of recordings or animals.
    """
    open_ = rng.permutation(np.flatnonzero(probability < 1))
    certain = np.flatnonzero(probability >= 1)
    if not len(open_):
        return certain
    ends = np.cumsum(probability[open_])
    points = np.arange(round(ends[-1])) + rng.uniform()
    return np.sort(np.concatenate([certain, open_[np.searchsorted(ends[:-1], points, side="right")]]))
