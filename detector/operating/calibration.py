"""Strictly increasing maps from a raw score to the probability that a detection with this score is right."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from detector.recipe import Frozen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scores = NDArray[np.float64]

SOFT = 1e-6
"""Distance by which scores of 0 and 1 are moved inwards, because 0 and 1 have no logit."""


class Platt(Frozen):
    """A logistic curve over the logit of the score (Platt 1999, who takes the score itself).

    Slope 1 and offset 0 change nothing. The logit is that of (x + s) / (1 + 2 s) with s = 1e-6, because 0 and 1 have no
    logit.
    """

    kind: Literal["platt"] = "platt"
    slope: float = Field(gt=0, le=1e12)
    offset: float = Field(ge=-1e12, le=1e12)

    def __call__(self, scores: Scores) -> Scores:
        """Map raw scores of any shape to probabilities."""
        import numpy as np

        soft = (scores + SOFT) / (1 + 2 * SOFT)
        with np.errstate(over="ignore"):  # a steep slope may overflow, and then gives 0, which is right
            return 1 / (1 + np.exp(-(self.slope * np.log(soft / (1 - soft)) + self.offset)))


class Isotonic(Frozen):
    """Straight lines between knots: centred isotonic regression (Oron and Flournoy 2017)."""

    kind: Literal["isotonic"] = "isotonic"
    score: tuple[float, ...] = Field(min_length=2, max_length=100_000)
    probability: tuple[float, ...] = Field(min_length=2, max_length=100_000)

    @model_validator(mode="after")
    def _rises(self) -> Isotonic:
        if len(self.score) != len(self.probability):
            raise ValueError("calibration: score and probability must be equally long")
        for name, values in (("score", self.score), ("probability", self.probability)):
            if not all(a < b for a, b in pairwise((-1e-300, *values))) or values[-1] > 1:
                raise ValueError(f"calibration.{name}: must rise from value to value, from 0 to 1")
        if (self.score[0], self.score[-1]) != (0, 1):
            raise ValueError("calibration.score: must begin with 0 and end with 1")
        return self

    def __call__(self, scores: Scores) -> Scores:
        """Map raw scores of any shape to probabilities."""
        import numpy as np

        return np.interp(scores, self.score, self.probability)


Calibration = Annotated[Platt | Isotonic, Field(discriminator="kind")]
