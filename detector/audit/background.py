"""Windows of the scanned time that no detection touches, drawn in proportion to their length."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.audit.tables import read_csv
from detector.errors import AnnotationError, ParameterError
from detector.evaluation.effort import LONGEST_S
from detector.events import Span, complement
from detector.tables.rows import number
from detector.tables.table import Located

Numbers = NDArray[np.int64]
Channel = tuple[str, str]


@dataclass(frozen=True)
class Window:
    """A drawn stretch of background, with the probability of being drawn."""

    recording: str
    channel: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True)
class Scanned:
    """What was scanned: seconds of each recording and channel, as the effort table `source` tells."""

    source: Path
    seconds: dict[Channel, float]

    def free(self, detections: Iterable[Located]) -> list[tuple[Channel, Span]]:
        """List what was scanned without a detection, in order of recordings, channels and time.

        A detection whose channel was not scanned by this name touches every channel of its recording.
        """
        channels: dict[str, list[str]] = {}
        for recording, channel in self.seconds:
            channels.setdefault(recording, []).append(channel)
        taken: dict[Channel, list[Span]] = {}
        for recording, channel, event in detections:
            if recording not in channels:
                raise ParameterError("effort", self.source, f"has no row for {recording}, which has detections")
            for touched in [channel] if channel in channels[recording] else channels[recording]:
                taken.setdefault((recording, touched), []).append(event.span)
        return [
            (channel, span)
            for channel, seconds in sorted(self.seconds.items())
            for span in complement(taken.get(channel, []), 0.0, seconds)
        ]


def read_scanned(path: Path) -> Scanned:
    """Read the effort table of a scan; what failed has no scanned seconds."""
    sheet = read_csv(path)
    recording, channel, scanned = (sheet.required(name) for name in ("recording", "channel", "scanned_s"))
    seconds: dict[Channel, float] = {}
    for row, cells in sheet.rows:
        key = cells[recording], cells[channel]
        if key in seconds:
            raise AnnotationError(f"{path}, row {row}: {key[0]}, channel {key[1]!r}, is there twice")
        try:
            seconds[key] = number("scanned_s", cells[scanned])
        except ValueError as fault:
            raise AnnotationError(f"{path}, row {row}: {fault}") from fault
        if not 0 <= seconds[key] <= LONGEST_S:
            told = f"{path}, row {row}: scanned_s {cells[scanned]!r}"
            raise AnnotationError(f"{told}: must be a number from 0 to {LONGEST_S:.0f}")
    return Scanned(path, seconds)


def draw_windows(
    free: Sequence[tuple[Channel, Span]], n: int, longest_s: float, rng: np.random.Generator
) -> tuple[list[Window], int]:
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
        (recording, channel), (start_ms, end_ms) = free[gap[i]][0], windows[i].tolist()
        found.append(Window(recording, channel, start_ms / 1000, end_ms / 1000, float(probability[i])))
    return found, len(windows)


def _milliseconds(span: Span) -> tuple[int, int]:
    """Round a span inwards to whole milliseconds, as tables write times."""
    start = math.ceil(span[0] * 1000 - 1e-6)
    return start, max(start, math.floor(span[1] * 1000 + 1e-6))


def cut_windows(gaps: Numbers, longest: int) -> tuple[Numbers, Numbers]:
    """Cut gaps (gap, start and end) into equal windows (window, start and end) up to `longest`; number their gaps."""
    lengths = gaps[:, 1] - gaps[:, 0]
    parts = -(-lengths // longest)
    gap = np.repeat(np.arange(len(gaps)), parts)
    part = np.arange(len(gap)) - np.repeat(np.cumsum(parts) - parts, parts)
    ends = (gaps[gap, 0] + lengths[gap] * (part + step) // parts[gap] for step in (0, 1))
    return np.stack(list(ends), axis=1), gap


def inclusion(lengths: Numbers, n: int) -> NDArray[np.float64]:
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


def systematic(probability: NDArray[np.float64], rng: np.random.Generator) -> Numbers:
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
