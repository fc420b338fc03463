"""The epochs of a training run so far, and which of them was the best."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

PROGRESS_FILE = "progress.json"


@dataclass
class Epoch:
    """One row of the training log."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_average_precision: float
    learning_rate: float
    seconds: float


@dataclass
class History:
    """The epochs of a training run so far.

    Attributes
    ----------
    key : str
        Stands for recipe, seed, clips and start; a run resumes only with the same key.
    best : int
        Number of the best epoch, from 1; 0 before the first.
    precision : str
        The number format that the network computes in, for example "float32".
    """

    key: str
    epochs: list[Epoch] = field(default_factory=list)
    best: int = 0
    precision: str = "float32"

    def is_better(self, epoch: Epoch) -> bool:
        """Return whether an epoch beats the best: higher average precision (4 decimals), or equal and lower loss."""
        return not self.best or self._rank(epoch) > self._rank(self.epochs[self.best - 1])

    @property
    def last_rise(self) -> int:
        """The last epoch in which average precision (4 decimals) rose; a lower loss alone does not count."""
        ranks = [self._rank(epoch)[0] for epoch in self.epochs]
        return ranks.index(max(ranks)) + 1 if ranks else 0

    def _rank(self, epoch: Epoch) -> tuple[float, float]:
        precision = epoch.validation_average_precision
        loss = epoch.validation_loss
        if not math.isfinite(loss):
            return 0.0, -math.inf
        return (round(precision, 4) if math.isfinite(precision) else 0.0), -loss
