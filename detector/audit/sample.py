"""Draw the items that a person checks: detections by strata of score, and windows of background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.audit.background import Scanned, draw_windows
from detector.audit.detections import Detections
from detector.audit.items import Item
from detector.audit.strata import LEAST, allocate, anticipated_spread, cut


@dataclass(frozen=True)
class AuditRequest:
    """The sample to draw for each label.

    Attributes
    ----------
    labels : tuple of str
        The labels; () for all.
    n, n_background : int
        Numbers of detections and of windows of background.
    n_strata : int
        Number of ranges of score. There are fewer if `n` is below five for each.
    window_s : float
        Greatest length of a window of background, s.
    seed : int
        Seed of the random draws.
    by_score : bool
        Whether to sort the sample by score, the highest first. By default, the order is random.
    """

    labels: tuple[str, ...] = ()
    n: int = 200
    n_background: int = 0
    n_strata: int = 5
    window_s: float = 10.0
    seed: int = 0
    by_score: bool = False


def draw(detections: Detections, request: AuditRequest, scanned: Scanned | None = None) -> list[Item]:
    """Draw a sample. It is the same for the same detections and request.

    The draw for one label does not depend on the other labels. Background needs `scanned`.
    """
    items: list[Item] = []
    for label in detections.chosen(request.labels):
        rng = np.random.default_rng([request.seed, *label.encode()])
        items += draw_detections(detections, label, request, rng)
        if scanned is not None and request.n_background:
            n_before = sum(item.stratum is None for item in items)
            items += draw_background(detections, scanned, label, request, rng, n_before)
    if request.by_score:
        return sorted(items, key=lambda item: -1.0 if item.score is None else item.score, reverse=True)
    order = np.random.default_rng(request.seed).permutation(len(items))
    return [items[i] for i in order]


def draw_detections(detections: Detections, label: str, request: AuditRequest, rng: np.random.Generator) -> list[Item]:
    """Draw detections of a label: a simple random sample in each stratum, without replacement."""
    numbers = np.array(detections.by_label[label])
    scores = detections.scores(label)
    strata = cut(scores, max(1, min(request.n_strata, request.n // LEAST)))
    members = [np.flatnonzero(strata == h) for h in range(strata.max() + 1)]
    spreads = [anticipated_spread(scores[inside]) for inside in members]
    taken = allocate([len(inside) for inside in members], spreads, request.n)
    items = []
    for stratum, (inside, n) in enumerate(zip(members, taken), start=1):
        for number in numbers[np.sort(rng.choice(inside, n, replace=False))].tolist():
            row = detections.rows[number]
            event = row.event
            place = (row.recording, row.channel, event.start_s, event.end_s, label)
            drawn = (stratum, len(inside), n, n / len(inside))
            items.append(Item(f"D{number + 1}", *place, event.score, *drawn, event.low_hz, event.high_hz))
    return items


def draw_background(
    detections: Detections, scanned: Scanned, label: str, request: AuditRequest, rng: np.random.Generator, n_before: int
) -> list[Item]:
    """Draw windows that no detection of `label` touches. `n_before` windows of other labels have the numbers before."""
    free = scanned.free([detections.rows[number] for number in detections.by_label[label]])
    windows, size = draw_windows(free, request.n_background, request.window_s, rng)
    items = []
    for n, window in enumerate(windows, start=n_before + 1):
        place = (window.recording, window.channel, window.start_s, window.end_s, label)
        items.append(Item(f"B{n}", *place, None, None, size, len(windows), window.probability))
    return items
