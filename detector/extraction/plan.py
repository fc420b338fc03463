"""Plan which windows of a recording become clips. This is arithmetic on spans, in seconds.

A window is a clip of a call by the rule of `detector.clips.window_targets`. It is background if it overlaps neither a
call nor an uncertain span. A window in between is left out.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np

from detector.clips import UNCERTAIN, window_targets
from detector.events import Event, Span, complement
from detector.recipe import Recipe


@dataclass(frozen=True, order=True)
class Planned:
    """A window that becomes a clip: its start, s, its kind, and the labels of its calls."""

    start_s: float
    kind: str  # "call", "background" or "confusing"
    labels: tuple[str, ...] = ()


class Spans:
    """Events with their times as arrays, so that a search among many of them is fast."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self.starts = np.array([event.start_s for event in events], dtype=np.float64)
        self.ends = np.array([event.end_s for event in events], dtype=np.float64)

    def overlapping(self, window: Span) -> list[Event]:
        """List the events that overlap a window."""
        shared = np.minimum(self.ends, window[1]) - np.maximum(self.starts, window[0])
        return [self.events[n] for n in np.flatnonzero(shared > 0).tolist()]


@dataclass(frozen=True)
class Scene:
    """The annotations of one channel of a recording; `complete` means that every call is annotated."""

    duration_s: float
    calls: tuple[Event, ...]
    confusing: tuple[Event, ...]
    complete: bool

    @cached_property
    def all_calls(self) -> Spans:
        """The calls and the uncertain spans."""
        return Spans(self.calls)

    @cached_property
    def named_calls(self) -> Spans:
        """The calls, without uncertain spans."""
        return Spans([call for call in self.calls if call.label != UNCERTAIN])

    @cached_property
    def all_confusing(self) -> Spans:
        """The confusing sounds."""
        return Spans(self.confusing)


def plan(scene: Scene, recipe: Recipe, rng: random.Random) -> list[Planned]:
    """Plan the windows of one channel, in order of time."""
    if recipe.network.dense.per == "frame" and scene.complete:
        starts = _tiles((0.0, scene.duration_s), recipe.window_frames / recipe.frame_rate, to_the_end=True)
        planned = [_named(_inside(start, scene, recipe), scene, recipe) for start in starts]
    else:
        planned = [*_on_calls(scene, recipe, rng), *_on_confusing(scene, recipe), *_on_background(scene, recipe)]
    return sorted(set(planned))


def _named(start: float, scene: Scene, recipe: Recipe) -> Planned:
    """Plan a window of a fully annotated recording for frame outputs, with the labels of its calls."""
    window = (start, start + recipe.window.duration)
    labels = {call.label for call in scene.named_calls.overlapping(window)}
    if labels:
        return Planned(start, "call", tuple(sorted(labels)))
    return Planned(start, "confusing" if scene.all_confusing.overlapping(window) else "background")


def _on_calls(scene: Scene, recipe: Recipe, rng: random.Random) -> list[Planned]:
    """Plan windows with calls: at random around a call that fits into a window, side by side over a longer one."""
    length = recipe.window.duration
    planned = []
    for call in scene.calls:
        if call.label == UNCERTAIN:
            continue
        if call.duration_s <= length:
            starts = [rng.uniform(call.end_s - length, call.start_s)]
        else:
            starts = _tiles(call.span, length, to_the_end=True)
        for start in starts:
            inside = _inside(start, scene, recipe)
            labels = labels_of(scene.named_calls, (inside, inside + length), recipe.labels.overlap)
            if labels:
                planned.append(Planned(inside, "call", labels))
    return planned


def labels_of(calls: Spans, window: Span, share: float) -> tuple[str, ...]:
    """Return the labels whose calls count in a window, sorted."""
    counted = np.flatnonzero(window_targets(calls.starts, calls.ends, window, share) == 1)
    return tuple(sorted({calls.events[n].label for n in counted.tolist()}))


def _on_confusing(scene: Scene, recipe: Recipe) -> list[Planned]:
    """Plan windows around confusing sounds; move each one off the calls, or leave it out if that fails."""
    length = recipe.window.duration
    planned = []
    for sound in scene.confusing:
        middle = (sound.start_s + sound.end_s - length) / 2
        for shift in (0.0, -0.2, 0.2, -0.4, 0.4):
            start = _inside(middle + shift * length, scene, recipe)
            if not scene.all_calls.overlapping((start, start + length)):
                planned.append(Planned(start, "confusing"))
                break
    return planned


def _on_background(scene: Scene, recipe: Recipe) -> list[Planned]:
    """Plan windows side by side where a fully annotated recording has no calls."""
    if not scene.complete:
        return []
    length = recipe.window.duration
    rate = recipe.frame_rate
    step = ceil(length * rate - 1e-6) / rate
    free = complement([call.span for call in scene.calls], 0.0, scene.duration_s)
    on_frames = [(ceil(start * rate - 1e-6) / rate, end) for start, end in free]
    whole = [(start, end) for start, end in on_frames if end - start >= min(length, scene.duration_s)]
    starts = [start for start, end in whole for start in _tiles((start, end), step, to_the_end=False)]
    return [
        Planned(start, "background") for start in starts if not scene.all_confusing.overlapping((start, start + length))
    ]


def _tiles(span: Span, length: float, *, to_the_end: bool) -> list[float]:
    """Return the starts of windows side by side in a span; with `to_the_end`, one more window covers the rest."""
    start, end = span
    count = max(1, int((end - start) / length + 1e-9))
    starts = [start + n * length for n in range(count)]
    if to_the_end and starts[-1] + length < end - 1e-9:
        starts.append(end - length)
    return starts


def _inside(start: float, scene: Scene, recipe: Recipe) -> float:
    """Round the start of a window to a frame, and move the window into the recording as far as it fits."""
    rate = recipe.frame_rate
    last = ceil(scene.duration_s * rate - 1e-6) - recipe.window_frames
    return max(0, min(round(start * rate), last)) / rate
