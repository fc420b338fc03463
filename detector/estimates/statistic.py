"""The base of all figures. Each is computed from how often each unit is drawn, so that the bootstrap can draw again."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from detector.estimates.arrays import Numbers
from detector.estimates.draws import Draws, in_portions, one_draw


class Statistic(ABC):
    """Computes some figures from the events of several labels, or of all labels as one."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The names of the figures."""

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """About how many numbers it holds for one draw. This limits the draws that are computed at once."""

    @abstractmethod
    def drawn(self, draws: Draws) -> list[Numbers]:
        """Compute each figure of each label for each draw (label, draw), `UNKNOWN` where it does not exist."""

    def in_portions(self, draws: Draws) -> Numbers:
        """Compute each figure of each label for each draw (figure, label, draw), a few draws at a time."""
        return in_portions(draws, self.n_rows, lambda portion: np.stack(self.drawn(portion)))

    def __call__(self, weights: ArrayLike) -> Numbers:
        """Compute the figures of each label (figure, label), given how often each unit is drawn (unit,)."""
        return self.in_portions(one_draw(weights))[..., 0]
