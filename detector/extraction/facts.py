"""What the training annotations say of each label: lengths, gaps, bands, and whether the windows suit them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from detector.clips import LabelFacts
from detector.errors import Parameter
from detector.events import Event, Span, iou
from detector.extraction.sources import Source
from detector.recipe import Recipe


def label_facts(sources: Sequence[Source], recipe: Recipe) -> dict[str, LabelFacts]:
    """Say of each label how long its calls of the training split are, how far apart, and in which band."""
    facts = {}
    for label in recipe.labels.names:
        spans: list[float] = []
        gaps: list[float] = []
        bands: list[Span] = []
        for calls in _by_recording(sources, label):
            spans += [e.duration_s for e in calls]
            bands += [(e.low_hz, e.high_hz) for e in calls if e.low_hz is not None and e.high_hz is not None]
            gaps += [b.start_s - a.end_s for a, b in pairwise(calls) if b.start_s > a.end_s]
        if spans:
            facts[label] = LabelFacts(
                len(spans), _quantile(spans, 0.5), _quantile(spans, 0.05), _quantile(gaps, 0.05) if gaps else None,
                *_typical_band(bands),
            )  # fmt: skip
    return facts


def crowded(sources: Sequence[Source], recipe: Recipe) -> Iterator[str]:
    """Say for which labels calls follow each other too closely for a score a window to tell them apart.

    Where a window holds two calls, there is no window between them that holds none, and they are found as one event.
    """
    if recipe.network.dense.per != "window":
        return
    for label in recipe.labels.names:
        steps = [b.start_s - a.start_s for calls in _by_recording(sources, label) for a, b in pairwise(calls)]
        close = sum(step < recipe.window.duration for step in steps)
        if 2 * close > len(steps):
            yield (
                f"label {label!r}: {close} of {len(steps)} calls begin within a window ({recipe.window.duration:g} s) "
                "of the one before and will be found as one event, for a window has one score; take a recipe with "
                'frame outputs (network.dense.per = "frame", as in conv1d-gru) or a shorter window.duration'
            )


def only_calls(clips: Iterable[Mapping[str, Any]], recipe: Recipe) -> Iterator[str]:
    """Warn where nothing in the split train is known to be no call: training then has nothing to tell calls from.

    Parameters
    ----------
    clips : iterable of mapping
        Rows of the index: kind, split, complete.
    """
    train = [clip for clip in clips if clip["split"] == "train"]
    around = recipe.network.dense.per == "frame" and any(clip["complete"] for clip in train)  # frames beside the calls
    if train and not around and all(clip["kind"] == "call" for clip in train):
        yield (
            "the split train has no background, so a model cannot learn what is no call: give "
            f"{Parameter('complete')}, if every call in the annotated recordings is annotated, or "
            f"{Parameter('background')} with recordings without calls"
        )


def _by_recording(sources: Sequence[Source], label: str) -> Iterator[list[Event]]:
    """Give the calls of a label in each recording of the training split, in order of time."""
    for source in sources:
        if source.split == "train":
            yield sorted((call for call, _ in source.calls if call.label == label), key=lambda call: call.start_s)


def _typical_band(bands: Sequence[Span]) -> tuple[float | None, float | None]:
    """Give the medians of bands in Hz, where most bands are like it: half of them overlap it by half (IoU)."""
    if not bands:
        return None, None
    low, high = (_quantile([band[edge] for band in bands], 0.5) for edge in (0, 1))
    alike = sum(1 for band in bands if iou(band, (low, high)) >= 0.5)
    return (low, high) if alike * 2 >= len(bands) else (None, None)


def _quantile(values: Sequence[float], share: float) -> float:
    return round(float(np.quantile(values, share)), 6)
