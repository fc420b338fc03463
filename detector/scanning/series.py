"""Join recordings that follow one another without a pause into series, so that windows and calls go on across files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from detector.audio.header import Header
from detector.audio.times.names import without_time
from detector.chronology import JITTER_S, Chronology
from detector.place import Place
from detector.scanning.plan import Plan

MOST_RECORDINGS = 10_000
"""Most recordings of a series. It bounds the memory for their headers, and how late their results come."""
CLOCK_STEP_S = 1.0  # of clocks that show whole seconds
DRIFT = 1e-4  # clocks and sample rates of recorders differ by less

Planned = tuple[Place, Plan | Exception]


def in_series(
    planned: Iterable[Planned], window_s: float, joined: Callable[[Sequence[Plan]], Plan]
) -> Iterator[Planned]:
    """Join the plans of recordings that follow one another.

    Parameters
    ----------
    planned : iterable of (Place, Plan or Exception)
        Each recording with its plan, or with the error of one that cannot be planned.
    window_s : float
        Length of a window, s. A pause that is as long ends a series.
    joined : callable
        Makes the plan of a series from those of its recordings.

    Yields
    ------
    (Place, Plan or Exception)
        Each recording or series, in order, with its first file.
    """
    row: list[Plan] = []
    for recording, plan in planned:
        if isinstance(plan, Exception):
            yield from _ended(row, joined)
            yield recording, plan
            row = []
            continue
        if len(row) >= MOST_RECORDINGS or (row and not follows(row[-1].header, plan.header, window_s)):
            yield from _ended(row, joined)
            row = []
        row.append(plan)
    yield from _ended(row, joined)


def _ended(row: Sequence[Plan], joined: Callable[[Sequence[Plan]], Plan]) -> Iterator[Planned]:
    """Yield the series of a row of plans, unless it is empty."""
    if row:
        yield row[0].recording, joined(row)


def follows(before: Header, after: Header, window_s: float) -> bool:
    """Return whether a recording goes on where another one of the same recorder ended.

    Both must be whole by their headers, without a pause, and in a format whose samples can be counted: encoders of MP3
    and Ogg pad the ends. Their times must come from the same source.
    """
    if not (is_whole(before) and is_whole(after)):
        return False
    assert before.chronology is not None
    assert after.chronology is not None
    alike = recorder_of(before, before.chronology) == recorder_of(after, after.chronology)
    return alike and abs(gap_s(before, before.chronology, after.chronology)) < tolerance_s(before, after, window_s)


def is_whole(header: Header) -> bool:
    """Return whether a recording can be a part of a series."""
    length = header.n_planned
    time = header.chronology
    if not length or length != header.n_frames or not header.divisible or header.status != "ok" or time is None:
        return False
    known_from_begin = time.pieces[0].offset_s == 0.0
    known_to_end = time.pieces[-1].end_s > length / header.sample_rate - JITTER_S
    return known_from_begin and known_to_end and not time.breaks()


def recorder_of(header: Header, chronology: Chronology) -> tuple[object, ...]:
    """Return what is equal for the recordings of one recorder, made with the same settings."""
    return (
        PurePosixPath(header.place.name).parent,
        without_time(header.place.name, chronology.pieces[0].raw),
        header.sample_rate,
        header.n_channels,
        chronology.time_source,
    )


def gap_s(before: Header, earlier: Chronology, later: Chronology) -> float:
    """Return the time from the end of a recording to the start of another one, s; negative if they overlap."""
    assert before.n_frames is not None
    piece = earlier.pieces[-1]
    return piece.seconds_until(later.pieces[0]) - (before.n_frames / before.sample_rate - piece.offset_s)


def tolerance_s(before: Header, after: Header, window_s: float) -> float:
    """Return the gap, s, from which on there is a pause between two recordings."""
    assert before.n_frames is not None
    starts = [header.chronology.pieces[0].start for header in (before, after) if header.chronology is not None]
    whole_seconds = all(start.microsecond == 0 for start in starts)
    drift_s = DRIFT * before.n_frames / before.sample_rate
    return min(window_s, max(JITTER_S, drift_s, CLOCK_STEP_S if whole_seconds else 0.0))
