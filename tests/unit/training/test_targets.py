"""Targets: what the network shall say of a window, or of each of its columns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from detector.clips import CONFUSING, UNCERTAIN
from detector.cliptables import EVENT_COLUMNS
from detector.network.geometry import measure
from detector.recipe import Recipe
from detector.training.targets import TargetMaker, united
from tests.made import recipe

LABELS = {"names": ["a", "b"]}
WINDOWS = recipe(labels=LABELS)
FRAMES = recipe(labels=LABELS, network={"dense": {"units": [8], "per": "frame"}})


def maker(
    made: Recipe, events: list[tuple[int, float, float, str]], *, complete: bool = True, n: int = 3
) -> TargetMaker:
    index = pd.DataFrame({"kind": ["call"] * n, "complete": [complete] * n})
    store: Any = SimpleNamespace(recipe=made, index=index, events=pd.DataFrame(events, columns=EVENT_COLUMNS))
    return TargetMaker(store)


def of(made: Recipe, *events: tuple[float, float, str], moved: float = 0.0, complete: bool = True) -> np.ndarray:
    return maker(made, [(1, *event) for event in events], complete=complete)(np.array([1]), np.array([moved]))[0]


@pytest.mark.parametrize(
    ("events", "targets"),
    [
        ([], [0, 0]),
        ([(0.1, 0.3, "b")], [0, 1]),
        ([(0.1, 0.3, "a"), (0.2, 0.4, "b")], [1, 1]),
        ([(-0.3, 0.1, "a")], [-1, 0]),  # a quarter of it
        ([(-0.3, 0.1, "a"), (0.2, 0.4, "a")], [1, 0]),
        ([(0.1, 0.3, UNCERTAIN)], [-1, -1]),
        ([(0.45, 9.0, UNCERTAIN)], [-1, -1]),
        ([(0.1, 0.3, UNCERTAIN), (0.1, 0.3, "a")], [1, -1]),
        ([(0.5, 0.9, "a")], [0, 0]),
    ],
)
def test_windows_follow_the_rule_and_doubt_hides_what_is_not_sure(
    events: list[tuple[float, float, str]], targets: list[int]
) -> None:
    assert of(WINDOWS, *events).tolist() == targets


@pytest.mark.parametrize(("moved", "target"), [(0.0, 1), (0.2, 1), (0.21, -1), (0.3, 0), (-0.31, -1), (-0.4, 0)])
def test_a_window_that_moves_loses_its_call(moved: float, target: int) -> None:
    assert of(WINDOWS, (0.1, 0.3, "a"), moved=moved).tolist() == [target, 0]


def test_clips_may_be_asked_for_in_any_order_and_more_than_once() -> None:
    targets = maker(WINDOWS, [(2, 0.1, 0.3, "b"), (0, 0.1, 0.3, "a")])(np.array([2, 1, 0, 2]), np.zeros(4))
    assert targets.tolist() == [[0, 1], [0, 0], [1, 0], [0, 1]]


def test_the_columns_of_frames_are_calls_where_their_centres_are_in_one() -> None:
    geometry = measure(FRAMES)
    centres = np.array([geometry.frames.centre(n) for n in range(geometry.columns)]) / FRAMES.frame_rate
    targets = of(FRAMES, (0.1, 0.3, "a"), (0.2, 0.4, "b"), moved=0.02)
    assert targets.shape == (geometry.columns, 2)
    for label, (start, end) in enumerate([(0.08, 0.28), (0.18, 0.38)]):
        np.testing.assert_array_equal(targets[:, label], (centres >= start) & (centres < end))
        assert 0 < targets[:, label].sum() < geometry.columns


def test_what_is_not_annotated_is_unknown_in_frames_of_recordings_that_are_not_fully_annotated() -> None:
    targets = of(FRAMES, (0.1, 0.3, "a"), complete=False)
    assert set(targets[:, 0]) == {-1, 1}
    np.testing.assert_array_equal(targets[:, 1], np.where(targets[:, 0] == 1, 0, -1))  # a call of a is none of b


def test_doubt_within_a_call_leaves_the_other_labels_open() -> None:
    targets = of(FRAMES, (0.1, 0.4, "a"), (0.2, 0.3, UNCERTAIN), complete=False)
    assert {tuple(row) for row in targets.tolist()} == {(-1, -1), (1, 0), (1, -1)}


def test_doubt_hides_columns_but_not_the_calls_in_it() -> None:
    targets = of(FRAMES, (0.1, 0.4, UNCERTAIN), (0.2, 0.3, "a"))
    assert set(targets[:, 0]) == {-1, 0, 1}
    assert set(targets[:, 1]) == {-1, 0}
    np.testing.assert_array_equal(targets[:, 1] == -1, targets[:, 0] != 0)


def onsets_of(
    *events: tuple[float, float, str], pool: int = 1, moved: float = 0.0, tempo: float = 1.0, complete: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return the onset targets (column, label) of a clip, and the middles of its columns, s: every 16 ms x `pool`."""
    stage = {"filters": 4, "pool": {"size": pool}}
    made = recipe(
        labels={**LABELS, "onsets": True},
        network={"stage": [stage], "dense": {"units": [8], "per": "frame"}},
    )
    of_clip = maker(made, [(1, *event) for event in events], complete=complete)
    assert of_clip.columns is not None
    return of_clip(np.array([1]), np.array([moved]), tempo)[0][:, 2:], of_clip.columns


@pytest.mark.parametrize(("moved", "tempo", "onset"), [(0.0, 1.0, 0.2), (0.05, 1.0, 0.15), (-0.1, 1.5, 0.2)])
def test_an_onset_is_marked_from_10_ms_before_it_to_20_ms_after_it(moved: float, tempo: float, onset: float) -> None:
    targets, middles = onsets_of((0.2, 0.4, "b"), moved=moved, tempo=tempo)
    np.testing.assert_array_equal(targets[:, 1], (middles >= onset - 0.01) & (middles < onset + 0.02))
    assert targets[:, 1].sum() in (1, 2)
    assert not targets[:, 0].any()


@pytest.mark.parametrize("onset", np.linspace(0.1, 0.3, 21))
def test_an_onset_marks_one_column_where_columns_are_further_apart(onset: float) -> None:
    targets, middles = onsets_of((float(onset), 0.45, "a"), pool=4)
    (marked,) = np.flatnonzero(targets[:, 0])
    assert abs(middles[marked] - (onset + 0.005)) <= 0.032 + 1e-9


def test_calls_that_touch_have_an_onset_each_and_a_call_that_began_before_has_none() -> None:
    targets, middles = onsets_of((-0.1, 0.2, "a"), (0.2, 0.35, "a"), (0.35, 0.45, "a"))
    marked = middles[targets[:, 0] == 1]
    assert {0.2, 0.35} == {min((0.2, 0.35), key=lambda onset: abs(onset - time)) for time in marked}
    assert np.abs(marked[:, None] - [0.2, 0.35]).min(axis=1).max() <= 0.02


def test_what_is_unknown_of_calls_is_unknown_of_onsets() -> None:
    targets, middles = onsets_of((0.2, 0.3, "a"), (0.35, 0.45, UNCERTAIN), complete=False)
    known = (middles >= 0.2) & (middles < 0.3)
    near = (middles >= 0.19) & (middles < 0.22)
    np.testing.assert_array_equal(targets[:, 0], np.where(near, 1, np.where(known, 0, -1)))
    np.testing.assert_array_equal(targets[:, 1], np.where(known, 0, -1))
    whole, _ = onsets_of((0.35, 0.45, UNCERTAIN), (0.2, 0.3, CONFUSING))
    np.testing.assert_array_equal(whole[:, 0], np.where((middles >= 0.34) & (middles < 0.45), -1, 0))


def test_two_sounds_at_once_hold_what_either_holds() -> None:
    one, other = np.float32([1, 1, 1, 0, 0, -1]), np.float32([1, 0, -1, 0, -1, -1])
    assert united(one, other).tolist() == united(other, one).tolist() == [1, 1, 1, 0, -1, -1]
