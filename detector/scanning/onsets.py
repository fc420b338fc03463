"""Divide events at the onsets that lie within them: calls of one label that touch or overlap make one peak."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import inf

from detector.events import ONSET_SPAN_S, Span
from detector.operating.points import OperatingPoint
from detector.scanning.cuts import Scored
from detector.scanning.peaks import PeakRule

LEVEL = 0.5
DEPTH = 0.5
INSIDE_S = 0.03
"""An onset counts if it lies at least so far within an event, s. Nearer to its begin, it is that of the event."""


def onset_rule(point: OperatingPoint) -> PeakRule:
    """Return the rule for the peaks of the onsets of a label. Without a threshold for onsets, none is a peak."""
    threshold = inf if point.onset_threshold is None else point.onset_threshold
    return PeakRule(threshold, LEVEL, DEPTH)


def onset_s(span: Span) -> float:
    """Return the time of an onset, given the ends of its peak, s. The peak is as wide as its training target."""
    return (sum(span) - sum(ONSET_SPAN_S)) / 2


def divided(scored: Iterable[Scored], onsets_s: Sequence[float]) -> Iterator[Scored]:
    """Divide spans at the onsets within them, given in order of time, s.

    A part begins at its onset. The last one ends with the span. The others are taken to last as long as the last one:
    at least to the next onset, at most to the end of the span. So calls that touch get their own lengths, and calls
    that overlap, in rows of equal calls, get theirs.

    Each part has the score of its span. Neither spans nor onsets depend on the threshold of scores, so neither do
    parts: those of a low threshold hold all those of a higher one. (With scores of their own, parts would obey this,
    too, but the scores of each span would have to be kept until its onsets are known.)
    """
    for start_s, end_s, score in scored:
        first = bisect_left(onsets_s, start_s + INSIDE_S)
        end = bisect_right(onsets_s, end_s - INSIDE_S)
        begins = [start_s, *onsets_s[first:end]]
        last_s = end_s - begins[-1]
        for begin_s, next_s in pairwise([*begins, end_s]):
            yield begin_s, max(next_s, min(end_s, begin_s + last_s)), score
