"""What the training annotations say of each label: lengths, gaps, bands."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from detector.clips import LabelFacts
from detector.events import Span, iou
from detector.extraction.sources import Source
from detector.recipe import Recipe


def label_facts(sources: Sequence[Source], recipe: Recipe) -> dict[str, LabelFacts]:
    """Say of each label how long its calls of the training split are, how far apart, and in which band."""
    facts = {}
    for label in recipe.labels.names:
        spans: list[float] = []
        gaps: list[float] = []
        bands: list[Span] = []
        for source in sources:
            if source.split != "train":
                continue
            calls = sorted((e for e, _ in source.calls if e.label == label), key=lambda e: e.start_s)
            spans += [e.duration_s for e in calls]
            bands += [(e.low_hz, e.high_hz) for e in calls if e.low_hz is not None and e.high_hz is not None]
            gaps += [b.start_s - a.end_s for a, b in pairwise(calls) if b.start_s > a.end_s]
        if spans:
            facts[label] = LabelFacts(
                len(spans), _quantile(spans, 0.5), _quantile(spans, 0.05), _quantile(gaps, 0.05) if gaps else None,
                *_typical_band(bands),
            )  # fmt: skip
    return facts


def _typical_band(bands: Sequence[Span]) -> tuple[float | None, float | None]:
    """Give the medians of bands in Hz, where most bands are like it: half of them overlap it by half (IoU)."""
    if not bands:
        return None, None
    low, high = (_quantile([band[edge] for band in bands], 0.5) for edge in (0, 1))
    alike = sum(1 for band in bands if iou(band, (low, high)) >= 0.5)
    return (low, high) if alike * 2 >= len(bands) else (None, None)


def _quantile(values: Sequence[float], share: float) -> float:
    return round(float(np.quantile(values, share)), 6)
