"""Detections and missed calls whose truth is known, and a person who tells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.audit.answers import Answer
from detector.audit.background import Scanned
from detector.audit.detections import Detections, fingerprint
from detector.audit.items import Item
from detector.events import Event
from detector.tables.detection import Detection

SECONDS = 300.0


def detections_of(scores: Sequence[float], label: str = "owl", *, apart_s: float = 3.0) -> Detections:
    """Make detections of one second with these scores, as many to a recording of 300 s as fit."""
    per = int(SECONDS / apart_s)
    starts = [n % per * apart_s for n in range(len(scores))]
    rows = tuple(
        Detection(f"{n // per:03}.wav", "mix", Event(start, start + 1.0, label, score=float(score)))
        for n, (start, score) in enumerate(zip(starts, scores, strict=True))
    )
    return Detections(Path("detections.csv"), rows, fingerprint(rows))


@dataclass(frozen=True)
class World:
    """Detections, which of them are right, what was scanned, and the calls that no detection touches."""

    detections: Detections
    right: NDArray[np.bool_]
    scanned: Scanned
    missed: tuple[tuple[str, float], ...]

    @property
    def recall(self) -> float:
        return float(self.right.sum() / (self.right.sum() + len(self.missed)))

    def answers(self, items: Sequence[Item]) -> list[Answer]:
        """Answer as somebody would who makes no mistakes."""
        return [self._answer(item) for item in items]

    def _answer(self, item: Item) -> Answer:
        if item.stratum is None:
            verdict = sum(name == item.recording and item.start_s <= start < item.end_s for name, start in self.missed)
        else:
            verdict = int(self.right[int(item.id[1:]) - 1])
        drawn = (item.stratum_size, item.stratum_drawn, item.probability, item.score or 0.0)
        return Answer(item.label, item.stratum, *drawn, item.end_s - item.start_s, verdict)


def make_world(scores: Sequence[float], precision: Callable[[float], float], n_missed: int = 0, seed: int = 0) -> World:
    """Draw which detections are right, and calls of half a second in the gaps of two seconds and more between them."""
    rng = np.random.default_rng([seed, 1])
    detections = detections_of(scores)
    right = np.array([rng.random() < precision(score) for score in scores])
    names = sorted({row.recording for row in detections.rows})
    scanned = Scanned(Path("effort.csv"), {(name, "mix"): SECONDS for name in names})
    missed = []
    for _ in range(n_missed):
        gap = rng.integers(SECONDS / 3.0)
        missed.append((names[rng.integers(len(names))], float(gap * 3.0 + rng.uniform(1.0, 2.5))))
    return World(detections, right, scanned, tuple(missed))
