"""What the verdicts on a sample say of all detections: precision by score, true detections, missed calls, recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.estimates.estimate import Estimate, stratified

LEAST_CHECKED = 10
"""No precision above a threshold is told from fewer verdicts."""

TARGETS = (0.9, 0.95)

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class StratumFigures:
    """Detections of a range of scores: how many there are, were drawn, were answered yes or no, are right, unsure."""

    lowest: float
    highest: float
    detections: int
    drawn: int
    checked: int
    yes: int
    unsure: int
    precision: Estimate | None


@dataclass(frozen=True)
class ThresholdFigures:
    """The detections with at least some score."""

    score: float
    detections: int
    checked: int
    precision: Estimate
    true_detections: Estimate


@dataclass(frozen=True)
class TargetFigures:
    """The lowest score above which precision is at least `precision`.

    `score` is that of the estimate, `sure` that of its lower limit; None where no threshold reaches it.
    """

    precision: float
    score: float | None
    sure: float | None


@dataclass(frozen=True)
class BackgroundFigures:
    """Time that no detection touches, and what was heard in the windows drawn from it.

    `calls` is how many were heard, `missed` how many there are in all of it, `missed_if_unsure` that with no call, and
    with a call, in every window that is unsure.
    """

    windows: int
    drawn: int
    checked: int
    unsure: int
    seconds: float
    seconds_checked: float
    calls: int
    missed: Estimate
    missed_if_unsure: tuple[float, float]


@dataclass(frozen=True)
class LabelFigures:
    """What the verdicts say of one label; None where they do not say it.

    The pairs `..._if_unsure` are the estimates with every unsure verdict wrong and right (for recall: the least and
    the greatest).
    """

    label: str
    detections: int
    drawn: int
    checked: int
    unsure: int
    unanswered: int
    strata: tuple[StratumFigures, ...]
    precision: Estimate | None
    precision_if_unsure: tuple[float, float] | None
    true_detections: Estimate | None
    background: BackgroundFigures | None
    calls: Estimate | None
    recall: Estimate | None
    recall_if_unsure: tuple[float, float] | None
    thresholds: tuple[ThresholdFigures, ...]
    targets: tuple[TargetFigures, ...]


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

    scores: Values
    strata: Numbers
    sample_scores: Values
    sample_strata: Numbers
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
        found: list[ThresholdFigures] = []
        for score in [float(self.scores.min()), *np.unique(self.sample_scores[~self.unsure]).tolist()]:
            checked = int(((self.sample_scores >= score) & ~self.unsure).sum())
            size = int((self.scores >= score).sum())
            precision = self.precision(score) if checked >= min(LEAST_CHECKED, size) else None
            if precision is not None and not (found and found[-1].score == score):
                found.append(ThresholdFigures(score, size, checked, precision, size * precision))
        return found
