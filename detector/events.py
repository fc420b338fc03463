"""A labelled stretch of time with an optional band and score, and the arithmetic of such stretches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

Span = tuple[float, float]
ONSET_SPAN_S: Span = (-0.01, 0.02)
"""The sound that an onset output marks, s after the onset: wide enough for frames, and for the hand that annotates."""


@dataclass(frozen=True, slots=True)
class Event:
    """One sound: its time and label, and optionally its band and score.

    Attributes
    ----------
    start_s, end_s : float
        Onset and offset in seconds from the start of the recording.
    label : str
        The kind of sound, for example the species.
    low_hz, high_hz : float or None
        The band in Hz; None if it is unknown.
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
        """Return the length in seconds."""
        return self.end_s - self.start_s

    def later(self, seconds: float) -> Event:
        """Return the same event, moved by a time in s."""
        return replace(self, start_s=self.start_s + seconds, end_s=self.end_s + seconds)

    @property
    def span(self) -> Span:
        """Return onset and offset as a pair."""
        return self.start_s, self.end_s


def overlap_s(first: Span, second: Span) -> float:
    """Return how long two spans overlap, s; 0 if they do not."""
    return max(0.0, min(first[1], second[1]) - max(first[0], second[0]))


def iou(first: Span, second: Span) -> float:
    """Return the intersection of two spans divided by their union (0 to 1)."""
    shared = overlap_s(first, second)
    union = (first[1] - first[0]) + (second[1] - second[0]) - shared
    return shared / union if union > 0 else 0.0


def merged(spans: Iterable[Span], gap_s: float = 0.0) -> list[Span]:
    """Join spans that overlap, touch or lie at most `gap_s` seconds apart; return them in order of time."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] <= gap_s:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def complement(spans: Sequence[Span], start_s: float, end_s: float) -> list[Span]:
    """List the stretches between `start_s` and `end_s` that none of `spans` covers."""
    free: list[Span] = []
    cursor = start_s
    for start, end in merged(span for span in spans if span[1] > span[0]):  # people also draw empty and inverted spans
        if start > cursor:
            free.append((cursor, min(start, end_s)))
        cursor = max(cursor, end)
        if cursor >= end_s:
            break
    if cursor < end_s:
        free.append((cursor, end_s))
    return [span for span in free if span[1] > span[0]]
