"""Figures of a model on a split of the clips: loss, and average precision, F1 and best threshold of each label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from detector.texts import many

FEW = 10  # with fewer calls, one call changes recall by more than 0.1


@dataclass(frozen=True)
class TrainFigures:
    """Figures of a model on a split, for the labels that have both calls and rows without a call in it.

    Attributes
    ----------
    average_precision, f1, threshold : dict of str to float
        By label; `f1` is at `threshold`, which is given, or the best for this split.
    accuracy : float or None
        Share of rows whose highest score is right; None if rows may have several labels.
    rows : int
        Number of windows, or columns, that were compared.
    calls : mapping of str to int
        Annotated calls of each label; empty if they were not counted.
    """

    loss: float
    average_precision: dict[str, float]
    f1: dict[str, float]
    threshold: dict[str, float]
    accuracy: float | None
    rows: int
    calls: Mapping[str, int] = field(default_factory=dict)

    def remark(self, label: str) -> str:
        """Explain why a label has no figures, or unreliable ones; empty if its figures are sound."""
        n_calls = self.calls.get(label, FEW)
        if label not in self.average_precision:
            return (
                "no call of it in this split" if not n_calls else "this split has no window that is surely without it"
            )
        return "" if n_calls >= FEW else f"only {many(n_calls, 'call')}: this says little"

    @property
    def mean_average_precision(self) -> float:
        """The mean over labels; nan if there are no figures."""
        return float(np.mean(list(self.average_precision.values()))) if self.average_precision else float("nan")


def compute_figures(
    labels: tuple[str, ...],
    scores: NDArray[np.float32],
    targets: NDArray[np.float32],
    loss: float,
    *,
    exclusive: bool,
    thresholds: Mapping[str, float] | None = None,
) -> TrainFigures:
    """Compare scores with targets.

    Parameters
    ----------
    scores, targets : ndarray
        (row, label); targets are 1 (call), 0 (none) and -1 (unknown, left out).
    loss : float
        The mean loss on these rows.
    exclusive : bool
        Whether each row has one label at most, so that accuracy is defined.
    thresholds : mapping, optional
        Thresholds for F1; by default those that give the highest F1 on these rows.
    """
    from torchmetrics.functional.classification import binary_average_precision

    average_precision: dict[str, float] = {}
    f1: dict[str, float] = {}
    chosen: dict[str, float] = {}
    for n, label in enumerate(labels):
        known = targets[:, n] >= 0
        truth = targets[known, n] == 1
        of_label = scores[known, n]
        if not truth.any() or truth.all():
            continue  # torchmetrics counts a class without examples as 0
        value = binary_average_precision(torch.from_numpy(of_label), torch.from_numpy(truth).long())
        average_precision[label] = float(value)
        f1[label], chosen[label] = best_threshold(of_label, truth)
        if thresholds is not None:
            chosen[label] = thresholds[label]
            f1[label] = f1_at(chosen[label], of_label, truth)
    single = (targets >= 0).all(axis=1) & ((targets == 1).sum(axis=1) == 1)
    accuracy = None
    if exclusive and len(labels) > 1 and single.any():
        accuracy = float((scores[single].argmax(axis=1) == targets[single].argmax(axis=1)).mean())
    return TrainFigures(loss, average_precision, f1, chosen, accuracy, len(scores))


def f1_at(threshold: float, scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Return the F1 of the scores that reach a threshold."""
    detected = scores >= threshold
    return float(2 * (detected & truth).sum() / (detected.sum() + truth.sum()))


def best_threshold(scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Find the highest F1, and the threshold that gives it.

    The threshold lies between two scores. If several do, it lies in the middle of the widest gap, which is the safest
    choice for other recordings.
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
    best = candidates[np.argmax(ranked[candidates] - following[candidates])]
    return float(f1[best]), float((ranked[best] + following[best]) / 2)
