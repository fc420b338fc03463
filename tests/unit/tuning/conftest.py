"""Scores that were never scanned: made tracks with calls where they are annotated, and peaks where nothing is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from detector.evaluation.material import Material, Unit
from detector.events import Event, Span
from detector.operating.points import OperatingPoint
from detector.scanning.events import EventRules
from detector.scanning.windows import Columns, WindowGrid
from detector.tuning.listening import Heard, Track
from tests.made import recipe

STEP_S = 0.02
SECONDS = 60.0

Bump = tuple[float, float, float]  # onset in s, offset in s, score
MakeHeard = Callable[..., Heard]


def track(bumps: Sequence[Bump], seconds: float = SECONDS, seed: int = 0) -> Track:
    """Make scores near 0 with bumps."""
    times = np.arange(round(seconds / STEP_S)) * STEP_S
    scores = 0.01 * np.random.default_rng(seed).random(len(times))
    for start_s, end_s, score in bumps:
        scores[(times >= start_s) & (times < end_s)] = score
    return Track(scores[:, None], seconds)


@pytest.fixture
def heard() -> MakeHeard:
    """Make recordings out of pairs of bumps and annotated spans."""

    def make(*rows: tuple[Sequence[Bump], Sequence[Span]], uncertain: dict[int, list[Span]] | None = None) -> Heard:
        units = [Unit(f"{n:03}.wav", "mix") for n in range(len(rows))]
        material = Material(
            {unit: [Event(*span, "owl") for span in spans] for unit, (_, spans) in zip(units, rows)},
            {},
            {units[n]: spans for n, spans in (uncertain or {}).items()},
            dict.fromkeys(units, SECONDS),
        )
        grid = WindowGrid(0, 100, 100, 1 / STEP_S, Columns(100, 1, 0.0))
        tracks = tuple(track(bumps, seed=n) for n, (bumps, _) in enumerate(rows))
        return Heard(material, tracks, EventRules(recipe("mel"), grid, (OperatingPoint(name="owl"),)))

    return make


def drawn(n: int, seed: int = 0, skill: float = 1.5) -> list[tuple[list[Bump], list[Span]]]:
    """Draw recordings with five calls and five other sounds each, the calls scoring higher as a rule."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        starts = 3 + np.arange(10) * 5 + rng.uniform(0, 2, 10)
        spans = [(float(start), float(start + rng.uniform(0.3, 0.8))) for start in starts]
        logits = rng.normal(0, 1.2, 10) + np.where(np.arange(10) % 2 == 0, skill, -skill)
        bumps = [(*span, float(1 / (1 + np.exp(-logit)))) for span, logit in zip(spans, logits)]
        rows.append((bumps, spans[::2]))
    return rows
