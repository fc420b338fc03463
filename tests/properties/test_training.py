"""Laws of training, on drawn events and scores, against the plainest code that does the same."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from detector.clips import UNCERTAIN
from detector.cliptables import EVENT_COLUMNS
from detector.network.geometry import measure
from detector.recipe import Recipe
from detector.training.figures import best_threshold, compute_figures, f1_at
from detector.training.fit import learning_rate
from detector.training.targets import TargetMaker
from tests.made import recipe

NAMES = ("a", "b")
LABELS = {"names": NAMES}
WINDOWS = recipe(labels=LABELS)
FRAMES = recipe(labels=LABELS, network={"dense": {"units": [8], "per": "frame"}})
N = 4
SECONDS = st.integers(-80, 80).map(lambda n: n / 64)
EVENTS = st.lists(
    st.tuples(
        st.integers(0, N - 1), SECONDS, st.integers(1, 60).map(lambda n: n / 64), st.sampled_from([*NAMES, UNCERTAIN])
    ),
    max_size=12,
)
Drawn = list[tuple[int, float, float, str]]  # clip, start, length, label


def of(made: Recipe, drawn: Drawn, moved: list[float], *, complete: bool = True) -> np.ndarray:
    events = pd.DataFrame([(clip, s, s + length, label) for clip, s, length, label in drawn], columns=EVENT_COLUMNS)
    index = pd.DataFrame({"kind": ["call"] * N, "complete": [complete] * N})
    store: Any = SimpleNamespace(recipe=made, index=index, events=events)
    return TargetMaker(store)(np.arange(N), np.array(moved))


@settings(deadline=None)
@given(drawn=EVENTS, moved=st.lists(st.integers(-8, 8).map(lambda n: n / 64), min_size=N, max_size=N))
def test_targets_of_moved_windows_follow_the_rule(drawn: Drawn, moved: list[float]) -> None:
    targets = of(WINDOWS, drawn, moved)
    for clip in range(N):
        said: dict[str, set[int]] = {name: {0} for name in (*NAMES, UNCERTAIN)}
        for start, length, label in [event[1:] for event in drawn if event[0] == clip]:
            common = min(start + length, moved[clip] + 0.5) - max(start, moved[clip])
            said[label].add(1 if common >= 0.5 * min(length, 0.5) else -1 if common > 0 else 0)
        doubt = said[UNCERTAIN] != {0}
        for n, name in enumerate(NAMES):
            expected = 1 if 1 in said[name] else -1 if doubt or -1 in said[name] else 0
            assert targets[clip, n] == expected


@settings(deadline=None)
@given(
    drawn=EVENTS,
    moved=st.lists(st.integers(-8, 8).map(lambda n: n / 64), min_size=N, max_size=N),
    complete=st.booleans(),
)
def test_targets_of_moved_columns_are_what_is_at_their_centres(
    drawn: Drawn, moved: list[float], complete: bool
) -> None:
    targets, geometry = of(FRAMES, drawn, moved, complete=complete), measure(FRAMES)
    for clip in range(N):
        for column in range(geometry.columns):
            time = geometry.frames.centre(column) / FRAMES.frame_rate
            here = [
                label
                for c, s, length, label in drawn
                if c == clip and s - moved[clip] <= time < s + length - moved[clip]
            ]
            for n, name in enumerate(NAMES):
                unknown = UNCERTAIN in here or not (complete or here)  # a call of one label is none of another
                expected = 1 if name in here else -1 if unknown else 0
                assert targets[clip, column, n] == expected


SCORED = st.lists(
    st.tuples(st.integers(2, 998).map(lambda n: n / 1000), st.booleans()), min_size=2, max_size=40
).filter(lambda rows: len({truth for _, truth in rows}) == 2)


@settings(deadline=None)
@given(rows=SCORED)
def test_no_threshold_does_better_than_the_best(rows: list[tuple[float, bool]]) -> None:
    scores, truth = np.float32([score for score, _ in rows]), np.array([truth for _, truth in rows])
    best, threshold = best_threshold(scores, truth)
    edges = sorted({0.0, 1.0, *scores.tolist()})
    everywhere = [f1_at((low + high) / 2, scores, truth) for low, high in pairwise(edges)]
    assert abs(best - max(everywhere)) < 1e-9
    assert abs(f1_at(threshold, scores, truth) - best) < 1e-9
    assert not np.isin(np.float32(threshold), scores)


@settings(deadline=None)
@given(rows=SCORED)
def test_average_precision_is_that_of_scikit_learn(rows: list[tuple[float, bool]]) -> None:
    scores, truth = np.float32([[score] for score, _ in rows]), np.float32([[truth] for _, truth in rows])
    found = compute_figures(("a",), scores, truth, 0.0, exclusive=False)
    assert abs(found.average_precision["a"] - average_precision_score(truth[:, 0], scores[:, 0])) < 1e-5


@settings(deadline=None)
@given(steps=st.integers(1, 500), warmup=st.floats(0, 1), peak=st.floats(1e-5, 1))
def test_the_learning_rate_rises_to_its_peak_and_falls_from_there(steps: int, warmup: float, peak: float) -> None:
    rates = np.array([learning_rate(peak, step, steps, warmup) for step in range(steps)])
    top = int(rates.argmax())
    assert (rates > 0).all()
    assert abs(rates.max() - peak) < 1e-12
    assert (np.diff(rates[: top + 1]) > 0).all()
    assert (np.diff(rates[top:]) <= 0).all()
