"""The figures of an audit, for strata, thresholds, targets, the background, and a label as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from detector.estimates.estimate import Estimate


@dataclass(frozen=True)
class StratumFigures:
    """The detections in a range of scores.

    `drawn` is how many were drawn, `checked` how many have the verdict yes or no, `yes` how many are right, and
    `unsure` how many are unsure.
    """

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
    """The detections with a score of at least `score`."""

    score: float
    detections: int
    checked: int
    precision: Estimate
    true_detections: Estimate


@dataclass(frozen=True)
class TargetFigures:
    """The lowest score above which precision is at least `precision`.

    `score` is for the estimated precision, `sure` for its lower limit. None if no threshold reaches it.
    """

    precision: float
    score: float | None
    sure: float | None


@dataclass(frozen=True)
class BackgroundFigures:
    """The time that no detection touches, and the calls in the windows drawn from it.

    `calls` is the number in the drawn windows, `missed` the estimated number in all background. `missed_if_unsure`
    is this number with no call, and with one call, in every window that is unsure.
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
    """The figures of one label. A figure is None if the verdicts do not give it.

    The pairs `..._if_unsure` are the estimates with every unsure verdict counted as wrong, and as right. For recall,
    they are the lowest and the highest value.
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
