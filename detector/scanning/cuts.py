"""Cut events where they meet others, where the recorder paused, and where the next file of a series begins."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf

from detector.events import Event
from detector.scanning.blocks import ROUNDING_S

Scored = tuple[float, float, float]  # onset in s, offset in s, score
LEAST_LEFT = 0.5  # share of a span that is cut
SLACK_S = 1e-9  # an event may be shorter than `shortest_s` by this much, s
SHORTEST_PART_S = 0.001  # of an event that is cut; tables write milliseconds


def apart(scored: Sequence[Scored]) -> list[Scored]:
    """Cut spans (start, end, score) where one with a higher score begins or ends.

    Spans of which less than half is left are left out. Of equal scores, the first counts as the highest. So a span
    depends only on spans with higher scores.
    """
    kept: list[Scored] = []
    touching: list[Scored] = []
    until_s = -inf
    for span in sorted(scored):
        if span[0] >= until_s:
            kept += _cut(touching)
            touching = []
        touching.append(span)
        until_s = max(until_s, span[1])
    return kept + _cut(touching)


def _cut(scored: list[Scored]) -> list[Scored]:
    """Cut spans that overlap one another, as `apart` does."""
    if len(scored) < 2:
        return scored
    kept: list[Scored] = []
    for start_s, end_s, score in sorted(scored, key=lambda span: (-span[2], span[0])):
        place = bisect_left(kept, (start_s, end_s, score))
        first_s = max(start_s, kept[place - 1][1]) if place else start_s
        last_s = min(end_s, kept[place][0]) if place < len(kept) else end_s
        if last_s - first_s >= LEAST_LEFT * (end_s - start_s) and last_s > first_s:
            kept.insert(place, (first_s, last_s, score))
    return kept


def events_within(
    detections: tuple[tuple[str, Event], ...], offset_s: float, until_s: float
) -> tuple[tuple[str, Event], ...]:
    """Return the events of a series that begin in one of its recordings, with times from the start of that recording.

    Parameters
    ----------
    detections : tuple of (str, Event)
        Channel and event, in order of time.
    offset_s, until_s : float
        The times at which that recording and the next one begin, s.
    """
    first, end = (
        bisect_left(detections, time_s - ROUNDING_S, key=lambda detection: detection[1].start_s)
        for time_s in (offset_s, until_s)
    )
    return tuple(
        (channel, replace(event, start_s=max(0.0, event.start_s - offset_s), end_s=event.end_s - offset_s))
        for channel, event in detections[first:end]
    )


def cut_at(breaks: Sequence[float], event: Event, shortest_s: float) -> Iterator[Event]:
    """Cut an event where the recorder paused, and yield its parts.

    Parameters
    ----------
    breaks : sequence of float
        Offsets of the pauses in the recording, s, in order.
    event : Event
        Each part keeps its label, band and score.
    shortest_s : float
        Parts that are shorter are dropped, s.
    """
    borders = breaks[bisect_right(breaks, event.start_s) : bisect_left(breaks, event.end_s)]
    if not borders:
        yield event
        return
    for start_s, end_s in pairwise((event.start_s, *borders, event.end_s)):
        if end_s - start_s >= max(SHORTEST_PART_S, shortest_s - SLACK_S):
            yield replace(event, start_s=start_s, end_s=end_s)
