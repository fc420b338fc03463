"""The threshold of onsets is searched with the other settings, if the model has outputs for onsets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detector.events import ONSET_SPAN_S, Span
from detector.operating.points import Operating, OperatingPoint
from detector.operating.target import parse_target
from detector.tuning.listening import Heard, Track
from detector.tuning.report import as_text
from detector.tuning.tune import Goal, tune
from tests.made import recipe
from tests.unit.tuning.conftest import STEP_S, Bump, MakeHeard

MADE = recipe("mel", labels={"names": ["owl"], "onsets": True}, network={"dense": {"units": [8], "per": "frame"}})
GOAL = Goal(parse_target("f1"), 0.5, "none")


def with_onsets(heard: Heard, onsets: list[float], score: float) -> Heard:
    """Add onset outputs, with peaks at these times, s."""
    bumps = [(onset + ONSET_SPAN_S[0], onset + ONSET_SPAN_S[1] + STEP_S, score) for onset in onsets]
    tracks = [
        Track(np.concatenate([track.scores, scores_of(bumps, len(track.scores))], axis=1), track.seconds)
        for track in heard.tracks
    ]
    return replace(heard, tracks=tuple(tracks), event_rules=replace(heard.event_rules, recipe=MADE))


def scores_of(bumps: list[Bump], n: int) -> np.ndarray:
    times = np.arange(n) * STEP_S
    scores = np.zeros((n, 1))
    for start_s, end_s, score in bumps:
        scores[(times >= start_s) & (times < end_s)] = score
    return scores


def touching() -> tuple[list[Bump], list[Span]]:
    """Make bumps that hold two calls each."""
    starts = [2.0 + 4 * n for n in range(12)]
    spans = [(start + shift, start + shift + 0.5) for start in starts for shift in (0.0, 0.5)]
    return [(start, start + 1.0, 0.9) for start in starts], spans


@pytest.mark.parametrize(("score", "expected"), [(0.95, (0.5, 0.7, 0.9)), (0.6, (0.5,))])
def test_calls_that_touch_are_parted_at_the_threshold_of_their_onsets(
    heard: MakeHeard, score: float, expected: tuple[float, ...]
) -> None:
    bumps, spans = touching()
    plain = heard((bumps, spans))
    made = with_onsets(plain, [start for start, _ in spans], score)
    operating = Operating(label=(OperatingPoint(name="owl"),))
    (label,) = tune(made, operating, GOAL).labels
    assert label.point.onset_threshold in expected
    assert label.figures.f1.value > 0.95
    assert any(
        "owl" in line and f"{label.point.onset_threshold:g}" in line for line in as_text(tune(made, operating, GOAL))
    )
    (without,) = tune(plain, operating, GOAL).labels
    assert without.point.onset_threshold is None
    assert without.figures.f1.value < 0.7


def test_onsets_that_part_calls_are_not_used(heard: MakeHeard) -> None:
    bumps = [(2.0 + 4 * n, 3.0 + 4 * n, 0.9) for n in range(12)]
    spans = [(start, end) for start, end, _ in bumps]
    made = with_onsets(heard((bumps, spans)), [start + 0.5 for start, _ in spans], 0.99)
    own = OperatingPoint(name="owl", onset_threshold=0.7)
    (label,) = tune(
        replace(made, event_rules=replace(made.event_rules, operating=(own,))), Operating(label=(own,)), GOAL
    ).labels
    assert label.point.onset_threshold is None
    assert label.figures.f1.value == 1.0
