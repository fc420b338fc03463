"""A labelled stretch of time with an optional band and score, and the arithmetic of such stretches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Event:
    """One sound: when, what, optionally in which band and how sure.

    Attributes
    ----------
    start_s, end_s : float
        Onset and offset in seconds from the start of the recording.
    label : str
        What it is.
    low_hz, high_hz : float or None
        The band in Hz; None where nobody said.
    score : float or None
        From 0 to 1; None for a person's annotation.
    """

    start_s: float
    end_s: float
    label: str
    low_hz: float | None = None
    high_hz: float | None = None
    score: float | None = None

    @property
    def duration_s(self) -> float:
        """Give the length in seconds."""
        return self.end_s - self.start_s

    @property
    def span(self) -> Span:
        """Give onset and offset as a pair."""
        return self.start_s, self.end_s


def overlap_s(one: Span, other: Span) -> float:
    """Measure the time that two spans share, in seconds (0 where they do not meet)."""
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def iou(one: Span, other: Span) -> float:
    """Divide the intersection of two spans by their union (0..1)."""
    shared = overlap_s(one, other)
    union = (one[1] - one[0]) + (other[1] - other[0]) - shared
    return shared / union if union > 0 else 0.0


def merged(spans: Iterable[Span], gap_s: float = 0.0) -> list[Span]:
    """Join spans that touch or lie at most `gap_s` seconds apart, in order of time."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] <= gap_s:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def complement(spans: Sequence[Span], start_s: float, end_s: float) -> list[Span]:
    """List what `spans` leave free between `start_s` and `end_s`."""
    free: list[Span] = []
    cursor = start_s
    for start, end in merged(span for span in spans if span[1] > span[0]):  # people also draw empty and inverted ones
        if start > cursor:
            free.append((cursor, min(start, end_s)))
        cursor = max(cursor, end)
        if cursor >= end_s:
            break
    if cursor < end_s:
        free.append((cursor, end_s))
    return [span for span in free if span[1] > span[0]]
