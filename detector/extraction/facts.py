"""Statistics of the calls of each label, and warnings if windows or background do not suit them."""

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
    """Return the lengths, gaps and band of the calls of each label in the split train."""
    facts = {}
    for label in recipe.labels.names:
        lengths: list[float] = []
        gaps: list[float] = []
        bands: list[Span] = []
        for calls in _by_recording(sources, label):
            lengths += [call.duration_s for call in calls]
            bands += [
                (call.low_hz, call.high_hz) for call in calls if call.low_hz is not None and call.high_hz is not None
            ]
            gaps += [after.start_s - before.end_s for before, after in pairwise(calls) if after.start_s > before.end_s]
        if lengths:
            low_hz, high_hz = _typical_band(bands)
            facts[label] = LabelFacts(
                count=len(lengths),
                median_s=_quantile(lengths, 0.5),
                short_s=_quantile(lengths, 0.05),
                short_gap_s=_quantile(gaps, 0.05) if gaps else None,
                low_hz=low_hz,
                high_hz=high_hz,
            )
    return facts


def crowded(sources: Sequence[Source], recipe: Recipe) -> Iterator[str]:
    """Warn of labels whose calls follow each other too closely for a model with one score for each window.

    If two calls start within one window, no window between them is free of calls, so both are found as one event.
    """
    if recipe.network.dense.per != "window":
        return
    for label in recipe.labels.names:
        pairs = [pair for calls in _by_recording(sources, label) for pair in pairwise(calls)]
        steps = [after.start_s - before.start_s for before, after in pairs]
        close = sum(step < recipe.window.duration for step in steps)
        if 2 * close > len(steps):
            yield (
                f"label {label!r}: {close} of {len(steps)} calls begin less than a window "
                f"({recipe.window.duration:g} s) after the call before. Both will be found as one event, "
                "because a window has one score. Use a recipe with frame outputs "
                '(network.dense.per = "frame", as in conv1d-gru) or a shorter window.duration'
            )


def only_calls(clips: Iterable[Mapping[str, Any]], recipe: Recipe) -> Iterator[str]:
    """Warn if the split train holds nothing but calls, because a model then cannot learn what is not a call.

    Parameters
    ----------
    clips : iterable of mapping
        Rows of `clips.csv`, of which kind, split and complete are read.
    """
    train = [clip for clip in clips if clip["split"] == "train"]
    # with frame outputs, the frames beside the calls of a fully annotated recording are background
    has_background = recipe.network.dense.per == "frame" and any(clip["complete"] for clip in train)
    if train and not has_background and all(clip["kind"] == "call" for clip in train):
        yield (
            "the split train has no background, so a model cannot learn what is not a call: give "
            f"{Parameter('complete')} if every call in the annotated recordings is annotated, or "
            f"{Parameter('background')} with recordings without calls"
        )


def _by_recording(sources: Sequence[Source], label: str) -> Iterator[list[Event]]:
    """Return the calls of a label in each recording of the split train, in order of time."""
    for source in sources:
        if source.split == "train":
            yield sorted((call for call, _ in source.calls if call.label == label), key=lambda call: call.start_s)


def _typical_band(bands: Sequence[Span]) -> tuple[float | None, float | None]:
    """Return the median band, Hz; (None, None) unless at least half of the bands have an IoU of 0.5 with it."""
    if not bands:
        return None, None
    low, high = (_quantile([band[edge] for band in bands], 0.5) for edge in (0, 1))
    alike = sum(1 for band in bands if iou(band, (low, high)) >= 0.5)
    return (low, high) if alike * 2 >= len(bands) else (None, None)


def _quantile(values: Sequence[float], share: float) -> float:
    return round(float(np.quantile(values, share)), 6)
