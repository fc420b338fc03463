"""The figures of an audit: of strata, thresholds and targets, of the background, and of a label as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from detector.estimates.estimate import Estimate


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
class AuditFigures:
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
