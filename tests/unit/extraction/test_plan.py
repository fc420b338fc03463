"""Plans: windows on calls, on confusing sounds, and on what is free of both."""

from __future__ import annotations

import random

import pytest

from detector.clips import UNCERTAIN
from detector.events import Event
from detector.extraction.plan import Planned, Scene, plan
from tests.made import recipe

MADE = recipe("linear")  # 80 frames a second, windows of 0.5 s: 40 frames


def planned(scene: Scene, seed: int = 0) -> list[Planned]:
    return plan(scene, MADE, random.Random(seed))


def test_a_call_lies_anywhere_in_its_window_but_whole() -> None:
    scene = Scene(10.0, (Event(4.0, 4.2, "a"),), (), False)
    starts = {window.start_s for seed in range(50) for window in planned(scene, seed)}
    assert len(starts) > 10
    assert min(starts) < 3.75
    assert max(starts) > 3.95
    assert all(3.7 - 1 / 80 <= start <= 4.0 + 1 / 80 for start in starts)


@pytest.mark.parametrize("call", [(0.0, 0.1), (9.9, 10.0)])
def test_a_call_at_the_edge_has_its_window_moved_inside(call: tuple[float, float]) -> None:
    scene = Scene(10.0, (Event(*call, "a"),), (), False)
    for seed in range(20):
        (window,) = planned(scene, seed)
        assert 0 <= window.start_s <= 9.5


def test_a_call_longer_than_the_window_is_tiled_to_its_end() -> None:
    scene = Scene(10.0, (Event(2.0, 3.2, "a"),), (), False)
    assert [window.start_s for window in planned(scene)] == pytest.approx([2.0, 2.5, 2.7])


def test_calls_in_one_window_are_both_named() -> None:
    scene = Scene(0.5, (Event(0.1, 0.2, "b"), Event(0.3, 0.4, "a")), (), False)
    assert planned(scene) == [Planned(0.0, "call", ("a", "b"))]


def test_a_span_of_doubt_makes_no_window_and_no_background() -> None:
    scene = Scene(1.5, (Event(0.5, 1.0, UNCERTAIN),), (), True)
    assert planned(scene) == [Planned(0.0, "background"), Planned(1.0, "background")]


def test_a_confusing_sound_is_centred_or_moved_off_the_calls() -> None:
    alone = Scene(10.0, (), (Event(5.0, 5.1, "x"),), False)
    assert [(w.kind, w.start_s) for w in planned(alone)] == [("confusing", pytest.approx(4.8, abs=1 / 80))]
    beside = Scene(10.0, (Event(5.2, 5.4, "a"),), (Event(5.0, 5.1, "x"),), False)
    (confusing,) = (w for w in planned(beside) if w.kind == "confusing")
    assert confusing.start_s == pytest.approx(4.7)


def test_a_confusing_sound_under_a_call_is_not_used() -> None:
    scene = Scene(10.0, (Event(4.5, 5.5, "a"),), (Event(5.0, 5.1, "x"),), False)
    assert {window.kind for window in planned(scene)} == {"call"}


def test_background_between_calls_starts_on_the_first_frame_after_one() -> None:
    scene = Scene(2.0, (Event(0.0, 0.301, "a"), Event(1.4, 2.0, "a")), (), True)
    assert [w.start_s for w in planned(scene) if w.kind == "background"] == pytest.approx([25 / 80, 65 / 80])


def test_a_recording_shorter_than_the_window_is_one_background_window() -> None:
    assert planned(Scene(0.2, (), (), True)) == [Planned(0.0, "background")]


def test_a_window_planned_twice_is_cut_once() -> None:
    scene = Scene(0.5, (Event(0.1, 0.2, "a"), Event(0.3, 0.4, "a")), (), False)
    assert planned(scene) == [Planned(0.0, "call", ("a",))]
