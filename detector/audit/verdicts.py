"""The verdicts on a sample of a label's detections, and the precision above any score that follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.audit.figures import ThresholdFigures
from detector.estimates.arrays import Flags, Integers, Numbers
from detector.estimates.estimate import Estimate, stratified

LEAST_CHECKED = 10
"""A precision above a threshold is estimated from at least so many verdicts."""


@dataclass(frozen=True)
class Verdicts:
    """The detections of a label and the verdicts on a stratified sample of them.

    Attributes
    ----------
    scores, strata : array (detection,)
        Of all of them; strata from 0.
    sample_scores, sample_strata : array (checked,)
        Of those that were answered, unsure ones among them.
    yes, unsure : array (checked,)
        The answers.
    """

    scores: Numbers
    strata: Integers
    sample_scores: Numbers
    sample_strata: Integers
    yes: Flags
    unsure: Flags

    def precision(self, threshold: float = 0.0, unsure_as: bool | None = None) -> Estimate | None:
        """Estimate the precision of the detections with scores of at least `threshold`.

        A simple random sample of a stratum is one of any part of it (Cochran 1977, 2.12), so the strata are what they
        have of such detections. None where one that has some has no verdict on them.

        Parameters
        ----------
        unsure_as : bool, optional
            What unsure verdicts are taken for; None leaves them out.
        """
        n_strata = int(self.strata.max()) + 1
        above = self.sample_scores >= threshold
        counted = above & ~self.unsure if unsure_as is None else above
        right = self.yes & ~self.unsure if not unsure_as else self.yes | self.unsure
        sizes = np.bincount(self.strata[self.scores >= threshold], minlength=n_strata)
        n = np.bincount(self.sample_strata[counted], minlength=n_strata)
        yes = np.bincount(self.sample_strata[counted & right], minlength=n_strata)
        inside = np.flatnonzero(sizes)
        if not len(inside) or not n[inside].all():
            return None
        return stratified(yes[inside].tolist(), n[inside].tolist(), sizes[inside].tolist())

    def thresholds(self) -> list[ThresholdFigures]:
        """Estimate precision above each score that was checked, from the lowest up."""
        thresholds: list[ThresholdFigures] = []
        for score in [float(self.scores.min()), *np.unique(self.sample_scores[~self.unsure]).tolist()]:
            checked = int(((self.sample_scores >= score) & ~self.unsure).sum())
            size = int((self.scores >= score).sum())
            precision = self.precision(score) if checked >= min(LEAST_CHECKED, size) else None
            if precision is not None and not (thresholds and thresholds[-1].score == score):
                thresholds.append(ThresholdFigures(score, size, checked, precision, size * precision))
        return thresholds
