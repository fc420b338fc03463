"""How far training is: the epochs so far, and which of them was the best."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

PROGRESS_FILE = "progress.json"


@dataclass
class Epoch:
    """One line of the training log."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_average_precision: float
    learning_rate: float
    seconds: float


@dataclass
class History:
    """How far training is: the epochs so far, and which of them was the best; `precision` is what it computes in."""

    key: str
    epochs: list[Epoch] = field(default_factory=list)
    best: int = 0
    precision: str = "float32"

    def better(self, epoch: Epoch) -> bool:
        """Compare an epoch with the best: average precision to 4 places, then loss."""
        return not self.best or self._rank(epoch) > self._rank(self.epochs[self.best - 1])

    @property
    def risen(self) -> int:
        """The epoch from which average precision, to 4 places, has not risen: a lower loss alone changes no ranking."""
        ranks = [self._rank(epoch)[0] for epoch in self.epochs]
        return ranks.index(max(ranks)) + 1 if ranks else 0

    def _rank(self, epoch: Epoch) -> tuple[float, float]:
        precision, loss = epoch.validation_average_precision, epoch.validation_loss
        if not math.isfinite(loss):
            return 0.0, -math.inf
        return (round(precision, 4) if math.isfinite(precision) else 0.0), -loss
