"""Measure how many training targets of each label are calls, and refuse clips from which a label cannot be learned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from detector.errors import ClipsError, Parameter
from detector.training.batches import Batches
from detector.training.targets import Clips


def measure_positives(batches: Batches, clips: Clips) -> torch.Tensor:
    """Return the share of calls, or of onsets, among the known targets of each output (output,).

    Raises
    ------
    ClipsError
        If all known targets of a label, or none, are calls.
    """
    labels = batches.recipe.labels.names
    n_outputs = len(batches.recipe.labels.outputs)
    calls = np.zeros(n_outputs)
    known = np.zeros(n_outputs)
    for start in range(0, len(clips), 512):
        chunk = clips[start : start + 512]
        targets = batches.targets(chunk, np.zeros(len(chunk))).reshape(-1, n_outputs)
        calls += (targets == 1).sum(axis=0)
        known += (targets >= 0).sum(axis=0)
    n_labels = len(labels)  # an output of onsets has both, or its label has not
    _check_balance(batches.store.folder, labels, calls[:n_labels], known[:n_labels])
    return torch.from_numpy(calls / known).float()


def _check_balance(folder: Path, labels: Sequence[str], calls: NDArray[np.float64], known: NDArray[np.float64]) -> None:
    """Raise `ClipsError` for a label of which all known targets, or none, are calls.

    Parameters
    ----------
    calls, known : ndarray
        How many targets are calls, and how many are known (label,).
    """
    for label, n_calls, n_known in zip(labels, calls, known):
        if n_calls == 0:
            raise ClipsError(
                f"{folder}: has no call of {label!r} in the split train. Extract again with "
                f"{Parameter('split', 'extract')} or another {Parameter('seed', 'extract')}, or merge or drop the "
                f"label with {Parameter('rename', 'extract')} or {Parameter('rules.background', 'extract')}"
            )
        if n_calls == n_known:
            raise ClipsError(
                f"{folder}: has nothing in the split train that is known not to be a call of {label!r}, so a model "
                f"cannot learn the difference. Extract again with {Parameter('background', 'extract')} or "
                f"{Parameter('complete', 'extract')}"
            )
