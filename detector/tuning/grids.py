"""List the settings to try, which are few and follow from the annotations and the scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.ranking import Ranking
from detector.operating.calibration import SOFT
from detector.tuning.subject import TuneSubject

WIDTHS = (3, 7, 15)
"""Numbers of points of a moving median."""

SHARES = (0.5, 1.0)
"""Shares of the shortest gap, and of the shortest annotation, that are tried as gap and as least length."""

LEVELS = (0.3, 0.5, 0.7)
"""Shares of its height at which an event begins and ends."""

DEPTHS = (0.1, 0.2, 0.3, 0.5)
"""Shares of its height by which scores fall between an event and a higher one."""

ONSETS = (None, 0.5, 0.7, 0.9)
"""Least scores of an onset that parts two events; None: onsets part none."""

NEAR = 0.2
"""Smallest relative difference between two settings that are both tried."""

SHORT = 0.05
"""The quantile that counts as the shortest."""

FINE = 400
"""Number of thresholds whose events are counted, to find those with too many."""

MOST_PER_EVENT = 10
MOST_PER_HOUR = 1000
MOST = 100
"""Most events that a threshold may give. Lower thresholds are useless and slow."""

Scores = NDArray[np.float64]


def smoothings(subject: TuneSubject) -> list[float | None]:
    """List lengths of the moving median, s: none, and lengths up to a window or a typical call."""
    points = subject.event_rules.grid.points
    longest_s = max(2 * points.half_s, float(np.median(subject.lengths_s)))
    widths = [round(width * points.step_s, 6) for width in WIDTHS]
    return [None, *(width for width in widths if width <= longest_s)]


def gaps(subject: TuneSubject) -> list[float]:
    """List gaps to bridge, s: none, the model's own, and shares of the shortest gap between annotations."""
    return _shares(subject.gaps_s, subject.own.gap_s)


def shortest(subject: TuneSubject) -> list[float]:
    """List least lengths of events, s: none, the model's own, and shares of the shortest annotation."""
    return _shares(subject.lengths_s, subject.own.shortest_s)


def _shares(values: Scores, own: float) -> list[float]:
    short = float(np.quantile(values, SHORT)) if len(values) else 0.0
    shares = {0.0, *(round(share * short, 4) for share in SHARES)}
    return sorted({own, *(share for share in shares if abs(own - share) > NEAR * own)})


def spread(tracks: Sequence[Scores], n: int, most: float) -> list[float]:
    """Spread thresholds evenly over the logits of the scores, from the lowest that gives at most `most` runs on.

    A score that follows a lower one begins a run for every threshold between the two. So the runs of a threshold are
    the scores from it on that follow a score below it.
    """
    before = np.concatenate([np.append(-1.0, scores[:-1]) for scores in tracks])
    after = np.concatenate(list(tracks))
    rises = after > before
    low = np.sort(before[rises])
    high = np.sort(after[rises])
    fine = _logit_spaced(float(after.min()), float(high[-1]), FINE)
    runs = np.searchsorted(low, fine) - np.searchsorted(high, fine)
    too_many = np.flatnonzero(runs > most)
    first = min(int(too_many[-1]) + 1, FINE - 1) if len(too_many) else 0
    return sorted(set(_logit_spaced(float(fine[first]), float(high[-1]), n).tolist()))


def most_peaks(subject: TuneSubject) -> float:
    """Return the most events that a threshold may give, about."""
    return MOST_PER_EVENT * subject.n_events + max(MOST, MOST_PER_HOUR * subject.hours)


def _logit_spaced(low: float, high: float, n: int) -> Scores:
    soft = (np.array([low, high]) + SOFT) / (1 + 2 * SOFT)
    first, last = np.log(soft / (1 - soft)).tolist()
    logits = np.linspace(first, last, n)
    return np.clip((1 + 2 * SOFT) / (1 + np.exp(-logits)) - SOFT, low, high)


def between(ranking: Ranking, n: int) -> list[float]:
    """List thresholds that leave out the 1, 2, 3, ... highest false alarms, and the 0, 1, 2, ... lowest hits.

    There are up to `n` of each, with growing distances. Each lies half way between two scores of detections.
    """
    scores = ranking.scores
    hits = np.flatnonzero(ranking.gains)
    false = np.flatnonzero(~ranking.gains)
    rows = [*false[_ever_further(len(false), n)], *(hits[::-1][_ever_further(len(hits), n)] + 1)]
    above = [(scores[row - 1] + scores[row]) / 2 for row in rows if 0 < row < len(scores)]
    return sorted({float(threshold) for threshold in above})


def _ever_further(count: int, n: int) -> NDArray[np.intp]:
    """Return up to `n` integers below `count`, with growing distances."""
    return np.unique(np.geomspace(1, count, n).round().astype(np.intp)) - 1 if count else np.zeros(0, np.intp)
