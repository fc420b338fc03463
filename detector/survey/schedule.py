"""The duty cycle and the gaps of recordings, from their starts and lengths. Pure arithmetic."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from detector.events import Span, merged

SLACK_S = 2.0
"""Clocks write whole seconds, and recorders need a moment between two files. No shorter pause is a gap."""

LATE = 0.1
"""A pause of a duty cycle may be longer by this share of it."""

DRIFT = 0.01
"""Two starts may deviate from a schedule by this share of its period."""

FEWEST_STARTS = 3
"""Fewer recordings show no schedule."""

MOST_IRREGULAR = 0.25
"""Largest share of recordings that start off the schedule."""


@dataclass(frozen=True)
class Schedule:
    """A duty cycle: a recording of `on_s` seconds begins every `every_s` seconds. Both are equal without pauses."""

    on_s: float
    every_s: float

    @property
    def is_continuous(self) -> bool:
        """Return whether one recording follows the other without a pause."""
        return self.on_s == self.every_s


@dataclass(frozen=True)
class Coverage:
    """How much of the time between the first and the last moment was recorded.

    Attributes
    ----------
    share : float
        Recorded share of the time, from 0 to 1. Time that several recordings cover counts once.
    gaps : tuple of (float, float)
        Beginning and end of each pause that the schedule does not explain, s.
    """

    share: float
    gaps: tuple[Span, ...]

    @property
    def longest_gap_s(self) -> float:
        """Return the length of the longest gap, s; 0 if there is none."""
        return max((end - start for start, end in self.gaps), default=0.0)


def find_schedule(series: Iterable[Sequence[Span]]) -> Schedule | None:
    """Find the duty cycle that recordings follow.

    The period is the median of the times from one start to the next. A start that comes after a whole number of periods
    is regular, so single missing files do not matter.

    Parameters
    ----------
    series : iterable of sequences of (float, float)
        Start and end of the recordings of each recorder, s.

    Returns
    -------
    Schedule or None
        None if there are too few recordings, or too many of them are irregular.
    """
    steps: list[float] = []
    lengths: list[float] = []
    for spans in series:
        starts = sorted({start for start, _ in spans})
        steps += [later - start for start, later in pairwise(starts)]
        lengths += [end - start for start, end in spans]
    if len(steps) < FEWEST_STARTS - 1:
        return None
    every_s = statistics.median_low(steps)
    irregular = [step for step in steps if not _is_regular(step, every_s)]
    if len(irregular) > MOST_IRREGULAR * len(steps):
        return None
    on_s = statistics.median_low(lengths)
    return Schedule(every_s, every_s) if every_s - on_s <= SLACK_S else Schedule(on_s, every_s)


def _is_regular(step_s: float, every_s: float) -> bool:
    """Return whether a step is a whole number of periods, nearly."""
    periods = max(1, round(step_s / every_s))
    return abs(step_s - periods * every_s) <= max(SLACK_S, DRIFT * every_s)


def find_coverage(spans: Iterable[Span], schedule: Schedule | None = None) -> Coverage:
    """Find which time between the first start and the last end was recorded.

    Parameters
    ----------
    spans : iterable of (float, float)
        Start and end of each recording, s; at least one.
    schedule : Schedule, optional
        The duty cycle, whose pauses are no gaps. Without one, each pause longer than `SLACK_S` is a gap.
    """
    covered = merged(spans)
    pause_s = 0.0 if schedule is None else schedule.every_s - schedule.on_s
    longest_s = pause_s + max(SLACK_S, LATE * pause_s)
    pauses = [(end, start) for (_, end), (start, _) in pairwise(covered)]
    total_s = covered[-1][1] - covered[0][0]
    recorded_s = sum(end - start for start, end in covered)
    share = min(1.0, recorded_s / total_s) if total_s else 1.0
    return Coverage(share, tuple(pause for pause in pauses if pause[1] - pause[0] > longest_s))
