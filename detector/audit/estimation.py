"""Estimate every figure of an audit, label by label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.audit.answers import Answer
from detector.audit.detections import Detections
from detector.audit.figures import AuditFigures, BackgroundFigures, StratumFigures, TargetFigures, ThresholdFigures
from detector.audit.verdicts import Verdicts
from detector.errors import AnnotationError
from detector.estimates.estimate import Estimate, rare_total, share_of_sum, stratified

TARGETS = (0.9, 0.95)
"""Precisions for which the lowest threshold is searched."""

Pair = tuple[float, float]


def audit(answers: Sequence[Answer], detections: Detections) -> list[AuditFigures]:
    """Estimate every figure of each label of a sample."""
    return [
        label_figures(label, [answer for answer in answers if answer.label == label], detections)
        for label in sorted({answer.label for answer in answers})
    ]


def label_figures(label: str, answers: Sequence[Answer], detections: Detections) -> AuditFigures:
    """Estimate every figure of a label."""
    drawn = [answer for answer in answers if answer.stratum is not None]
    verdicts = gather(label, drawn, detections)
    strata = stratum_figures(verdicts, drawn)
    background = background_figures([answer for answer in answers if answer.stratum is None])
    size = len(verdicts.scores)
    n_drawn = sum(stratum.drawn for stratum in strata)
    thresholds = tuple(verdicts.thresholds())
    precision = verdicts.precision()
    bounds = _pair(verdicts.precision(unsure_as=False), verdicts.precision(unsure_as=True))
    right = precision and size * precision
    missed = background and background.missed
    return AuditFigures(
        label=label,
        detections=size,
        drawn=n_drawn,
        checked=sum(stratum.checked for stratum in strata),
        unsure=sum(stratum.unsure for stratum in strata),
        unanswered=n_drawn - len(verdicts.yes),
        strata=strata,
        precision=precision,
        precision_if_unsure=bounds,
        true_detections=right,
        background=background,
        calls=right + missed if right and missed else None,
        recall=share_of_sum(right, missed) if right and missed else None,
        recall_if_unsure=_recall_bounds(size, bounds, background),
        thresholds=thresholds,
        targets=tuple(target_figures(thresholds, target) for target in TARGETS),
    )


def gather(label: str, drawn: Sequence[Answer], detections: Detections) -> Verdicts:
    """Combine the verdicts with the scores of all detections of the label.

    Strata are ranges of scores. So their sizes give the stratum of each detection.
    """
    scores = np.sort(detections.scores(label))
    sizes = {answer.stratum: answer.stratum_size for answer in drawn if answer.stratum}
    if sorted(sizes) != list(range(1, len(sizes) + 1)) or sum(sizes.values()) != len(scores):
        raise AnnotationError(f"{label}: the sample has no row of some strata; keep unchecked rows in it")
    answered = [answer for answer in drawn if answer.verdict is not None]
    return Verdicts(
        scores=scores,
        strata=np.repeat(np.arange(len(sizes)), [sizes[h] for h in sorted(sizes)]),
        sample_scores=np.array([answer.score for answer in answered], dtype=np.float64),
        sample_strata=np.array([(answer.stratum or 1) - 1 for answer in answered], dtype=np.int64),
        yes=np.array([answer.verdict == 1 for answer in answered], dtype=bool),
        unsure=np.array([answer.verdict == "unsure" for answer in answered], dtype=bool),
    )


def stratum_figures(verdicts: Verdicts, drawn: Sequence[Answer]) -> tuple[StratumFigures, ...]:
    """Estimate precision in each stratum, from the lowest scores on."""
    n_drawn = {answer.stratum: answer.stratum_drawn for answer in drawn}
    figures = []
    for h in range(int(verdicts.strata.max()) + 1):
        scores = verdicts.scores[verdicts.strata == h]
        inside = verdicts.sample_strata == h
        unsure = int((inside & verdicts.unsure).sum())
        yes = int((inside & verdicts.yes).sum())
        n = int(inside.sum()) - unsure
        precision = stratified([yes], [n], [len(scores)]) if n else None
        span = float(scores.min()), float(scores.max())
        figures.append(StratumFigures(*span, len(scores), n_drawn[h + 1], n, yes, unsure, precision))
    return tuple(figures)


def background_figures(windows: Sequence[Answer]) -> BackgroundFigures | None:
    """Estimate how many calls were missed; None if no window of background has a verdict.

    Windows without a verdict count as similar to the others, whose probabilities are lowered accordingly.
    """
    sure = [window for window in windows if isinstance(window.verdict, int)]
    if not sure:
        return None
    drawn = windows[0].stratum_drawn
    seconds = sum(window.seconds / window.probability for window in windows) * drawn / len(windows)
    n_unsure = sum(window.verdict == "unsure" for window in windows)
    return BackgroundFigures(
        windows=windows[0].stratum_size,
        drawn=drawn,
        checked=len(sure),
        unsure=n_unsure,
        seconds=seconds,
        seconds_checked=sum(window.seconds for window in sure),
        calls=sum(int(window.verdict or 0) for window in sure),
        missed=_missed(windows, seconds, None),
        missed_if_unsure=(_missed(windows, seconds, 0).value, _missed(windows, seconds, 1).value),
    )


def _missed(windows: Sequence[Answer], seconds: float, unsure_as: int | None) -> Estimate:
    """Estimate the calls in all background. Unsure windows count as `unsure_as` calls; None leaves them out."""
    answered = [(window, unsure_as if window.verdict == "unsure" else window.verdict) for window in windows]
    counted = [(window, calls) for window, calls in answered if calls is not None]
    share = len(counted) / windows[0].stratum_drawn
    probabilities = np.array([window.probability * share for window, _ in counted])
    seen = min(1.0, sum(window.seconds for window, _ in counted) / seconds)
    return rare_total(np.array([calls for _, calls in counted], dtype=np.float64), probabilities, seen)


def target_figures(thresholds: Sequence[ThresholdFigures], target: float) -> TargetFigures:
    """Find the lowest threshold whose precision reaches a target, and the lowest whose lower limit reaches it."""
    reaching = (threshold.score for threshold in thresholds if threshold.precision.value >= target)
    sure = (threshold.score for threshold in thresholds if threshold.precision.low >= target)
    return TargetFigures(target, next(reaching, None), next(sure, None))


def _pair(low: Estimate | None, high: Estimate | None) -> Pair | None:
    return (low.value, high.value) if low and high else None


def _recall_bounds(size: int, precision: Pair | None, background: BackgroundFigures | None) -> Pair | None:
    """Return the recall with every unsure verdict counted against the detector, and for it."""
    if precision is None or background is None:
        return None
    least_right, most_right = (size * share for share in precision)
    least_missed, most_missed = background.missed_if_unsure
    if not (least_right and most_right):
        return None
    return least_right / (least_right + most_missed), most_right / (most_right + least_missed)
