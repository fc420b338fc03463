"""Time that many spans share: pairs that meet, and how much of each lies under others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.events import Span, merged

Spans = NDArray[np.float64]
"""Onsets and offsets in s (event, 2)."""

DECIMALS = 6
"""Tables tell times to the microsecond, and so sums of them are compared (as sed_scores_eval does)."""


@dataclass(frozen=True)
class Overlaps:
    """Pairs of a reference and an estimated span that meet: their numbers and their intersection over union (pair,)."""

    reference: NDArray[np.intp]
    estimated: NDArray[np.intp]
    iou: NDArray[np.float64]


def overlaps(reference: Spans, estimated: Spans) -> Overlaps:
    """Find every pair of spans that share time, in order of the estimated ones."""
    if not len(reference) or not len(estimated):
        return Overlaps(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))
    order = np.argsort(reference[:, 0], kind="stable")
    starts, reach = reference[order, 0], np.maximum.accumulate(reference[order, 1])
    first = np.searchsorted(reach, estimated[:, 0], side="right")
    end = np.searchsorted(starts, estimated[:, 1], side="left")
    sizes = np.maximum(end - first, 0)
    e = np.repeat(np.arange(len(estimated)), sizes)
    r = order[np.arange(len(e)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(first, sizes)]
    shared = np.minimum(reference[r, 1], estimated[e, 1]) - np.maximum(reference[r, 0], estimated[e, 0])
    r, e, shared = (values[shared > 0] for values in (r, e, shared))
    union = (reference[r, 1] - reference[r, 0]) + (estimated[e, 1] - estimated[e, 0]) - shared
    return Overlaps(r, e, shared / union)


def covered_s(spans: Spans, by: Sequence[Span] | Spans) -> NDArray[np.float64]:
    """Measure how much of each span lies under the union of others, s to the microsecond (span,)."""
    union = np.array(merged((float(start), float(end)) for start, end in by)).reshape(-1, 2)
    if not len(union):
        return np.zeros(len(spans))
    lengths = np.cumsum(union[:, 1] - union[:, 0])
    level = np.column_stack([np.append(0.0, lengths[:-1]), lengths]).ravel()  # covered from 0 to each edge
    upto = np.interp(spans, union.ravel(), level)
    return np.round(upto[:, 1] - upto[:, 0], DECIMALS)


def reaches(covered: NDArray[np.float64], share: float, spans: Spans) -> NDArray[np.bool_]:
    """Tell whether at least a share of each span is covered."""
    return covered >= np.round(share * (spans[:, 1] - spans[:, 0]), DECIMALS)
