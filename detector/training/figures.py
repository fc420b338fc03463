"""Figures of a split: loss, average precision of each label, the best threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from detector.texts import many

FEW = 10  # calls: with fewer, one call more or less moves recall by over a tenth


@dataclass(frozen=True)
class TrainFigures:
    """How a model does on a split: figures only of labels that occur in it and are not always there.

    `f1` is at `threshold`, which is the best for this split, or was given. `calls` are the annotated calls of each
    label of the recipe, where they were counted.
    """

    loss: float
    average_precision: dict[str, float]
    f1: dict[str, float]
    threshold: dict[str, float]
    accuracy: float | None
    rows: int
    calls: Mapping[str, int] = field(default_factory=dict)

    def remark(self, label: str) -> str:
        """Say why the figures of a label tell little or are not there; empty where neither is so."""
        n_calls = self.calls.get(label, FEW)
        if label not in self.average_precision:
            return (
                "no call of it in this split" if not n_calls else "nothing in this split is known to be no call of it"
            )
        return "" if n_calls >= FEW else f"only {many(n_calls, 'call')}: this says little"

    @property
    def mean_average_precision(self) -> float:
        """The mean over labels; not a number where none can be told."""
        return float(np.mean(list(self.average_precision.values()))) if self.average_precision else float("nan")


def figures(
    labels: tuple[str, ...],
    scores: NDArray[np.float32],
    targets: NDArray[np.float32],
    loss: float,
    *,
    exclusive: bool,
    thresholds: Mapping[str, float] | None = None,
) -> TrainFigures:
    """Compare scores (row, label) with targets of 1, 0 and -1 (unknown: left out).

    `exclusive` says that a row has one label, so that accuracy, the share of rows whose highest score is right, exists.
    Without `thresholds`, F1 is at the best threshold for these very rows.
    """
    from torchmetrics.functional.classification import binary_average_precision

    precision, f1, chosen = {}, {}, {}
    for n, label in enumerate(labels):
        known = targets[:, n] >= 0
        truth, found = targets[known, n] == 1, scores[known, n]
        if not truth.any() or truth.all():
            continue  # torchmetrics counts a class without examples as 0
        value = binary_average_precision(torch.from_numpy(found), torch.from_numpy(truth).long())
        precision[label] = float(value)
        f1[label], chosen[label] = best_threshold(found, truth)
        if thresholds is not None:
            chosen[label] = thresholds[label]
            f1[label] = f1_at(chosen[label], found, truth)
    single = (targets >= 0).all(axis=1) & ((targets == 1).sum(axis=1) == 1)
    accuracy = None
    if exclusive and len(labels) > 1 and single.any():
        accuracy = float((scores[single].argmax(axis=1) == targets[single].argmax(axis=1)).mean())
    return TrainFigures(loss, precision, f1, chosen, accuracy, len(scores))


def f1_at(threshold: float, scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Give the F1 of the scores that reach a threshold."""
    found = scores >= threshold
    return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))


def best_threshold(scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Find the highest F1 and the threshold, between two scores, that gives it.

    Where several thresholds do, the middle of the widest gap is taken, the safest on other recordings.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order].astype(np.float64)
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + hits[-1])
    following = np.append(ranked[1:], 0.0)
    distinct = ranked > following
    f1 = np.where(distinct, f1, -1)
    if f1.max() < 0:
        return 0.0, 0.5  # no score is above 0
    candidates = np.flatnonzero(f1 >= f1.max() - 1e-12)
    at = candidates[np.argmax(ranked[candidates] - following[candidates])]
    return float(f1[at]), float((ranked[at] + following[at]) / 2)
