"""What is said of a scan's windows and columns is what training says of the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.clips import CONFUSING, UNCERTAIN
from detector.events import Event, overlap_s
from detector.mining.judge import point_targets
from detector.recipe import Recipe
from detector.scanning.windows import Points
from tests.made import recipe

LABELS = {"names": ["a", "b"]}
N = 40
lengths = st.integers(1, 12).map(lambda n: n / 8)
events = st.tuples(st.integers(0, 60).map(lambda n: n / 8), lengths, st.sampled_from(["a", "b", UNCERTAIN, CONFUSING]))


def targets(made: Recipe, points: Points, known: list[Event]) -> np.ndarray:
    return point_targets(points, N, known, made)


@given(st.lists(events, max_size=4))
def test_windows_are_calls_from_half_on_doubtful_below_it_and_in_doubt(drawn: list) -> None:
    known = [Event(start, start + length, label) for start, length, label in drawn]
    points = Points(0.25, 0.25, 0.25)
    found = targets(recipe(labels=LABELS), points, known)
    for n in range(N):
        window = points.span(n)
        for column, label in enumerate("ab"):
            share = [overlap_s(e.span, window) / min(0.5, e.duration_s) for e in known if e.label == label]
            in_doubt = any(overlap_s(e.span, window) > 0 for e in known if e.label == UNCERTAIN)
            wanted = 1 if max(share, default=0) >= 0.5 else -1 if in_doubt or max(share, default=0) > 0 else 0
            assert found[n, column] == wanted


@given(st.lists(events, max_size=4))
def test_columns_are_calls_where_their_middle_is_in_one(drawn: list) -> None:
    known = [Event(start, start + length, label) for start, length, label in drawn]
    points = Points(0.05, 0.1, 0.05)
    found = targets(recipe(labels=LABELS, network={"dense": {"per": "frame"}}), points, known)
    for n in range(N):
        inside = {e.label for e in known if e.start_s <= points.at(n) < e.end_s}
        for column, label in enumerate("ab"):
            assert found[n, column] == (1 if label in inside else -1 if UNCERTAIN in inside else 0)


def test_without_annotations_everything_is_background() -> None:
    assert targets(recipe(labels=LABELS), Points(0.25, 0.25, 0.25), []).tolist() == pytest.approx(np.zeros((N, 2)))
