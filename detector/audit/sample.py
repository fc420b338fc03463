"""Draw what a person is to check: detections by strata of score, and windows of background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.audit.background import Scanned, draw_windows
from detector.audit.detections import Detections
from detector.audit.strata import LEAST, allocate, anticipated_spread, cut
from detector.events import Event
from detector.tables.detection import Detection


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to check.

    Attributes
    ----------
    id : str
        "D" and the number of a detection, from 1 in the order of the table of detections; "B" and a number for
        a window of background.
    recording, channel : str
        Where it is.
    start_s, end_s : float
        When, in s from the start of the recording.
    label : str
        What it is said to be; what was not found in the background.
    score : float or None
        None for background.
    stratum : int or None
        Its stratum, from 1, the lowest scores; None for background.
    stratum_size, stratum_drawn : int
        How many detections (of the label) the stratum has, or how many windows the background, and how many of them
        were drawn.
    probability : float
        With which it was drawn.
    low_hz, high_hz : float or None
        The band in Hz; None where nobody said.
    """

    id: str
    recording: str
    channel: str
    start_s: float
    end_s: float
    label: str
    score: float | None
    stratum: int | None
    stratum_size: int
    stratum_drawn: int
    probability: float
    low_hz: float | None = None
    high_hz: float | None = None

    @property
    def detection(self) -> Detection:
        """Give it as a row of a table of detections."""
        event = Event(self.start_s, self.end_s, self.label, self.low_hz, self.high_hz, self.score)
        return Detection(self.recording, self.channel, event)


@dataclass(frozen=True)
class Request:
    """What to draw, for each label.

    Attributes
    ----------
    labels : tuple of str
        Which; () for all.
    n, n_background : int
        How many detections and how many windows of background.
    n_strata : int
        Ranges of score; fewer where `n` is under five for each.
    window_s : float
        How long a window of background is at most.
    seed : int
        Of everything that is drawn.
    by_score : bool
        Whether the sample is in order of score, the highest first, instead of in no order.
    """

    labels: tuple[str, ...] = ()
    n: int = 200
    n_background: int = 0
    n_strata: int = 5
    window_s: float = 10.0
    seed: int = 0
    by_score: bool = False


def draw(detections: Detections, request: Request, scanned: Scanned | None = None) -> list[Item]:
    """Draw a sample; the same for the same detections and request.

    What is drawn of a label does not depend on the others. `scanned` is needed for background.
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


def draw_detections(detections: Detections, label: str, request: Request, rng: np.random.Generator) -> list[Item]:
    """Draw detections of a label: a simple random sample without replacement in each stratum."""
    numbers = np.array(detections.by_label[label])
    scores = detections.scores(label)
    strata = cut(scores, max(1, min(request.n_strata, request.n // LEAST)))
    members = [np.flatnonzero(strata == h) for h in range(strata.max() + 1)]
    taken = allocate([len(m) for m in members], [anticipated_spread(scores[m]) for m in members], request.n)
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
    detections: Detections, scanned: Scanned, label: str, request: Request, rng: np.random.Generator, n_before: int
) -> list[Item]:
    """Draw windows that no detection of `label` touches, numbered after the `n_before` of other labels."""
    free = scanned.free([detections.rows[number] for number in detections.by_label[label]])
    windows, size = draw_windows(free, request.n_background, request.window_s, rng)
    items = []
    for n, window in enumerate(windows, start=n_before + 1):
        place = (window.recording, window.channel, window.start_s, window.end_s, label)
        items.append(Item(f"B{n}", *place, None, None, size, len(windows), window.probability))
    return items
