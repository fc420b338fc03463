"""Laws of extraction, on drawn scenes: what a window is, where windows lie, how groups are shared out."""

from __future__ import annotations

import random
from math import ceil
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.clips import UNCERTAIN, window_targets
from detector.events import Event, overlap_s
from detector.extraction.plan import Scene, Spans, labels_of, plan
from detector.extraction.sources import Source
from detector.extraction.splits import split_by_group
from detector.recipe import Recipe
from tests.made import recipe

PER_FRAME = {"units": [8], "per": "frame"}
RECIPES = {
    "windows": recipe(),  # 31.25 frames a window: not a whole number
    "coarse": recipe("linear", window={"duration": 0.5}, labels={"overlap": 0.3}),
    "frames": recipe(network={"dense": PER_FRAME}),
}
EIGHTHS = st.integers(0, 100).map(lambda n: n / 8)
SECONDS = st.floats(0, 12).map(lambda s: round(s, 3))


@st.composite
def events(draw: st.DrawFn, labels: list[str]) -> Event:
    start = draw(SECONDS)
    return Event(start, start + draw(st.floats(0.01, 2.0).map(lambda s: round(s, 3))), draw(st.sampled_from(labels)))


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Draw a recording and what is in it, cut off at its end as `extract` does."""
    duration = draw(st.floats(0.05, 14).map(lambda s: round(s, 4)))
    calls = draw(st.lists(events(["a", "b", UNCERTAIN]), max_size=6))
    sounds = draw(st.lists(events(["noise"]), max_size=3))

    def within(found: list[Event]) -> tuple[Event, ...]:
        return tuple(Event(e.start_s, min(e.end_s, duration), e.label) for e in found if e.start_s < duration)

    return Scene(duration, within(calls), within(sounds), draw(st.booleans()))


def on_frames(start_s: float, made: Recipe) -> float:
    """Give the start of the clip that is cut for a planned window."""
    return round(start_s * made.frame_rate) / made.frame_rate


@settings(deadline=None)
@given(start=EIGHTHS, length=st.integers(1, 40).map(lambda n: n / 8), at=EIGHTHS, share=st.sampled_from([0.25, 0.5, 1]))
def test_the_rule_of_a_window_is_the_one_that_is_stated(start: float, length: float, at: float, share: float) -> None:
    end, (first, last) = start + length, (at, at + 2.0)
    common = max(0.0, min(end, last) - max(start, first))
    counts = common >= share * length or common >= share * 2.0
    found = window_targets(np.array([start]), np.array([end]), (first, last), share)
    assert found.tolist() == [1 if counts else -1 if common > 0 else 0]


@settings(deadline=None)
@given(scene=scenes(), name=st.sampled_from(sorted(RECIPES)), seed=st.integers(0, 5))
def test_windows_lie_in_the_recording_where_they_fit(scene: Scene, name: str, seed: int) -> None:
    made = RECIPES[name]
    n_frames = ceil(scene.duration_s * made.frame_rate)
    for window in plan(scene, made, random.Random(seed)):
        assert window.start_s >= 0
        assert window.start_s == 0 or round(window.start_s * made.frame_rate) + made.window_frames <= n_frames


@settings(deadline=None)
@given(scene=scenes(), name=st.sampled_from(["windows", "coarse"]), seed=st.integers(0, 5))
def test_background_meets_no_call_and_no_doubt(scene: Scene, name: str, seed: int) -> None:
    made = RECIPES[name]
    for window in plan(scene, made, random.Random(seed)):
        if window.kind == "call":
            continue
        start = on_frames(window.start_s, made)
        span = (start, start + made.window.duration)
        for call in scene.calls:
            assert overlap_s(call.span, span) < 1e-6
        if window.kind == "background":
            assert all(overlap_s(sound.span, span) < 1e-6 for sound in scene.confusing)


@settings(deadline=None)
@given(scene=scenes(), name=st.sampled_from(sorted(RECIPES)), seed=st.integers(0, 5))
def test_background_comes_only_from_what_is_fully_annotated(scene: Scene, name: str, seed: int) -> None:
    kinds = {window.kind for window in plan(scene, RECIPES[name], random.Random(seed))}
    assert scene.complete or "background" not in kinds


@settings(deadline=None)
@given(scene=scenes(), name=st.sampled_from(["windows", "coarse"]), seed=st.integers(0, 5))
def test_every_call_counts_in_a_window_and_every_window_names_what_counts_in_it(
    scene: Scene, name: str, seed: int
) -> None:
    made = RECIPES[name]
    length, share = made.window.duration, made.labels.overlap
    windows = [window for window in plan(scene, made, random.Random(seed)) if window.kind == "call"]
    for window in windows:
        span = (window.start_s, window.start_s + length)
        assert window.labels == labels_of(scene.named_calls, span, share) != ()
    spans = [(w.start_s, w.start_s + length) for w in windows]
    for call in scene.calls:
        if call.label != UNCERTAIN and call.duration_s > 2 / made.frame_rate:
            assert any(labels_of(Spans([call]), span, share) for span in spans)


@settings(deadline=None)
@given(scene=scenes(), seed=st.integers(0, 5))
def test_for_frames_a_fully_annotated_recording_is_used_whole(scene: Scene, seed: int) -> None:
    made = RECIPES["frames"]
    windows = plan(scene, made, random.Random(seed))
    if not scene.complete:
        return
    length, reached = made.window.duration, 0.0
    for window in windows:
        assert window.start_s <= reached + 0.5 / made.frame_rate + 1e-9
        reached = window.start_s + length
        span = (window.start_s, reached)
        found = {call.label for call in scene.calls if overlap_s(call.span, span) > 0} - {UNCERTAIN}
        assert set(window.labels) == found
        assert (window.kind == "call") == bool(found)
    assert reached >= scene.duration_s - 0.5 / made.frame_rate - 1e-9


@settings(deadline=None)
@given(
    calls=st.lists(st.booleans(), min_size=1, max_size=40),
    fractions=st.sampled_from(
        [(0.7, 0.15, 0.15), (0.0, 0.5, 0.5), (0.98, 0.01, 0.01), (0.5, 0.5, 0.0), (0.0, 0.0, 1.0)]
    ),
    sites=st.integers(1, 12),
    seed=st.integers(0, 3),
)
def test_no_group_is_in_two_splits_and_no_split_goes_without(
    calls: list[bool], fractions: tuple[float, float, float], sites: int, seed: int
) -> None:
    event = (Event(0.0, 1.0, "a"), None)
    sources = [
        Source(Path(f"{n}.wav"), [event] if has else [], group=f"site {n % sites}") for n, has in enumerate(calls)
    ]
    split_by_group(sources, fractions, seed)
    wanted = {split for split, fraction in zip(("train", "validation", "test"), fractions) if fraction > 0}
    assert {source.split for source in sources} <= wanted
    groups = {source.group for source in sources}
    assert all(len({s.split for s in sources if s.group == group}) == 1 for group in groups)
    sounding = {group for group in groups if any(s.calls for s in sources if s.group == group)}
    if len(sounding) >= 3:
        assert {s.split for s in sources if s.group in sounding} == wanted
