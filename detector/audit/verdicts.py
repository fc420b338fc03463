"""Estimate the precision above any score from the verdicts on a sample of a label's detections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.audit.figures import ThresholdFigures
from detector.estimates.arrays import Flags, Integers, Numbers
from detector.estimates.estimate import Estimate, stratified

LEAST_CHECKED = 10
"""Least number of verdicts from which a precision is estimated."""


@dataclass(frozen=True)
class Verdicts:
    """The detections of a label and the verdicts on a stratified sample of them.

    Attributes
    ----------
    scores, strata : array (detection,)
        Scores and strata of all detections. Strata count from 0.
    sample_scores, sample_strata : array (checked,)
        Scores and strata of the detections with a verdict, which may be unsure.
    yes, unsure : array (checked,)
        The verdicts.
    """

    scores: Numbers
    strata: Integers
    sample_scores: Numbers
    sample_strata: Integers
    yes: Flags
    unsure: Flags

    def precision(self, threshold: float = 0.0, unsure_as: bool | None = None) -> Estimate | None:
        """Estimate the precision of the detections with scores of at least `threshold`.

        A simple random sample of a stratum is also one of any part of it (Cochran 1977, 2.12). So the strata are
        reduced to their detections above the threshold. None if a reduced stratum has detections, but no verdict.

        Parameters
        ----------
        unsure_as : bool, optional
            Whether unsure verdicts count as right; None leaves them out.
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
        """Estimate the precision above each score that was checked, from the lowest on."""
        thresholds: list[ThresholdFigures] = []
        for score in [float(self.scores.min()), *np.unique(self.sample_scores[~self.unsure]).tolist()]:
            checked = int(((self.sample_scores >= score) & ~self.unsure).sum())
            size = int((self.scores >= score).sum())
            precision = self.precision(score) if checked >= min(LEAST_CHECKED, size) else None
            if precision is not None and not (thresholds and thresholds[-1].score == score):
                thresholds.append(ThresholdFigures(score, size, checked, precision, size * precision))
        return thresholds
