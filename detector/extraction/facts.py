"""What the training annotations say of each label: lengths, gaps, bands."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from detector.clips import LabelFacts
from detector.extraction.sources import Source
from detector.recipe import Recipe


def label_facts(sources: Sequence[Source], recipe: Recipe) -> dict[str, LabelFacts]:
    """Say of each label how long its calls of the training split are, how far apart, and in which band."""
    facts = {}
    for label in recipe.labels.names:
        spans, lows, highs, gaps = [], [], [], []
        for source in sources:
            if source.split != "train":
                continue
            calls = sorted((e for e, _ in source.calls if e.label == label), key=lambda e: e.start_s)
            spans += [e.duration_s for e in calls]
            lows += [e.low_hz for e in calls if e.low_hz is not None]
            highs += [e.high_hz for e in calls if e.high_hz is not None]
            gaps += [b.start_s - a.end_s for a, b in pairwise(calls) if b.start_s > a.end_s]
        if spans:
            facts[label] = LabelFacts(
                len(spans), _quantile(spans, 0.5), _quantile(spans, 0.05), _quantile(gaps, 0.05) if gaps else None,
                _quantile(lows, 0.5) if lows else None, _quantile(highs, 0.5) if highs else None,
            )  # fmt: skip
    return facts


def _quantile(values: Sequence[float], share: float) -> float:
    return round(float(np.quantile(values, share)), 6)
