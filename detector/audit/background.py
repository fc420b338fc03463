"""Windows of the scanned time that no detection touches, drawn in proportion to their length."""

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
    """What was scanned: seconds of each recording and channel, as the effort table `source` says."""

    source: Path
    seconds: dict[Channel, float]

    def free(self, detections: Iterable[Detection]) -> list[tuple[Channel, Span]]:
        """List what was scanned without a detection, in order of recordings, channels and time.

        A detection whose channel was not scanned by this name touches every channel of its recording.
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
    """Read the effort table of a scan; what failed has no scanned seconds."""
    return Scanned(path, {(row.recording.name, row.channel): row.scanned_s for row in read_effort(path)})


def draw_windows(
    free: Sequence[tuple[Channel, Span]], n: int, longest_s: float, rng: np.random.Generator
) -> tuple[list[BackgroundWindow], int]:
    """Draw windows of background; give them with the number of those there are.

    Parameters
    ----------
    free : sequence of (channel, span)
        Where no detection is. Each span is cut into equal windows of at most `longest_s`, so they cover all of it.
    n : int
        How many to draw; all where there are no more.
    """
    gaps = np.array([_milliseconds(span) for _, span in free], dtype=np.int64).reshape(-1, 2)
    windows, gap = cut_windows(gaps, max(1, round(longest_s * 1000)))
    probability = inclusion(windows[:, 1] - windows[:, 0], n)
    drawn = systematic(probability, rng)
    found = []
    for i in drawn.tolist():
        recording, channel = free[gap[i]][0]
        start_ms, end_ms = windows[i].tolist()
        found.append(BackgroundWindow(recording, channel, start_ms / 1000, end_ms / 1000, float(probability[i])))
    return found, len(windows)


def _milliseconds(span: Span) -> tuple[int, int]:
    """Round a span inwards to whole milliseconds, as tables write times."""
    start = math.ceil(span[0] * 1000 - 1e-6)
    return start, max(start, math.floor(span[1] * 1000 + 1e-6))


def cut_windows(gaps: Integers, longest: int) -> tuple[Integers, Integers]:
    """Cut gaps (gap, start and end) into equal windows (window, start and end) up to `longest`; number their gaps."""
    lengths = gaps[:, 1] - gaps[:, 0]
    parts = -(-lengths // longest)
    gap = np.repeat(np.arange(len(gaps)), parts)
    part = np.arange(len(gap)) - np.repeat(np.cumsum(parts) - parts, parts)
    ends = (gaps[gap, 0] + lengths[gap] * (part + step) // parts[gap] for step in (0, 1))
    return np.stack(list(ends), axis=1), gap


def inclusion(lengths: Integers, n: int) -> Numbers:
    """Give each window its probability to be among `n` drawn in proportion to length.

    A window so long that it would be drawn more than once is certain, and the others share the rest.
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
    """Draw units with these probabilities; give their numbers in order.

    Randomised systematic sampling with unequal probabilities (Hartley & Rao 1962, Annals of Mathematical Statistics 33:
    350): the probabilities are laid end to end in random order, so that no rhythm of recordings or animals can coincide
    with that of the draws, and the unit at every whole number from a random start is drawn.
    """
    open_ = rng.permutation(np.flatnonzero(probability < 1))
    certain = np.flatnonzero(probability >= 1)
    if not len(open_):
        return certain
    ends = np.cumsum(probability[open_])
    points = np.arange(round(ends[-1])) + rng.uniform()
    return np.sort(np.concatenate([certain, open_[np.searchsorted(ends[:-1], points, side="right")]]))
