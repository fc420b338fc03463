"""Choose the operating points of a model on annotated recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.ranking import Ranking
from detector.operating.curve import Curve
from detector.operating.points import Evidence, Operating, OperatingPoint, Tuned
from detector.operating.target import Target
from detector.tuning.calibrate import Calibrated, Choice, calibrate
from detector.tuning.figures import TuneFigures, measure_figures
from detector.tuning.grids import between, most_peaks, spread
from detector.tuning.listening import Heard
from detector.tuning.search import Candidate, curve_of, search
from detector.tuning.subject import TuneSubject, subject_of

EVEN = 12
"""Number of thresholds of the stored curve that are spread evenly over the scores."""

BETWEEN = 10
"""Number of thresholds just above false alarms, and as many just below hits."""

FINER = 10
"""Number of further thresholds around the one that these would choose."""

USEFUL = 2
"""False alarms that calibration uses, for each annotated event or for each false alarm that the target allows."""

DECIMALS = 6


@dataclass(frozen=True)
class Goal:
    """What to tune for.

    Attributes
    ----------
    target : Target
        The target that the threshold must meet.
    iou : float
        Intersection over union that a hit needs, in (0, 1].
    calibration : {"auto", "platt", "isotonic", "none"}
        The map from scores to probabilities.
    """

    target: Target
    iou: float = 0.3
    calibration: Choice = "auto"


@dataclass(frozen=True)
class TunedLabel:
    """The result for one label.

    Attributes
    ----------
    point : OperatingPoint
        The point to store.
    reached : bool
        Whether a threshold meets the target.
    figures : TuneFigures
        The figures of this point on the recordings that it was chosen on.
    calibrated : Calibrated
        The result of the calibration.
    """

    point: OperatingPoint
    reached: bool
    figures: TuneFigures
    calibrated: Calibrated


@dataclass(frozen=True)
class Tuning:
    """The result for all labels.

    Attributes
    ----------
    goal : Goal
        What was tuned for.
    operating : Operating
        The points to store. Labels without annotated events keep theirs.
    labels : tuple of TunedLabel
        The results for the labels with annotated events.
    """

    goal: Goal
    operating: Operating
    labels: tuple[TunedLabel, ...]

    @property
    def untuned(self) -> list[str]:
        """List the labels that keep their points."""
        return [point.name for point in self.operating.label if point.curve is None]


def tune(heard: Heard, before: Operating, goal: Goal) -> Tuning:
    """Choose an operating point for every label that has annotated events.

    Parameters
    ----------
    heard : Heard
        The scanned recordings.
    before : Operating
        The model's operating points.
    goal : Goal
        What to tune for.
    """
    annotated = set(heard.material.labels)
    groups = heard.material.group_numbers
    labels = tuple(
        tune_label(subject_of(heard, point.name, goal.iou), goal, groups)
        for point in before.label
        if point.name in annotated
    )
    chosen = {label.point.name: label.point for label in labels}
    n_events = sum(label.figures.events for label in labels)
    tuned = Tuned(
        target=str(goal.target),
        recordings=heard.n_recordings,
        hours=round(heard.hours, 4),
        events=n_events,
        iou=goal.iou,
        hop_s=round(heard.event_rules.grid.hop_s, 6),
        data=heard.fingerprint,
    )
    chosen_on = (
        f"{goal.target.words} by events at IoU {goal.iou:g}: {n_events} annotated, in {tuned.recordings} recordings, "
        f"{tuned.hours:g} h"
    )
    points = tuple(chosen.get(point.name, point) for point in before.label)
    return Tuning(goal, Operating(chosen_on=chosen_on, tuned=tuned, label=points), labels)


def tune_label(subject: TuneSubject, goal: Goal, groups: NDArray[np.intp]) -> TunedLabel:
    """Search the settings, calibrate the scores of their detections, and choose the threshold on the written scale."""
    candidate = search(subject, goal.target)
    ranking = subject.ranked(
        candidate.point.model_copy(update={"threshold": _lowest_useful(candidate.curve, goal.target)})
    )
    calibrated = calibrate(ranking.scores, ranking.gains, groups[ranking.units], goal.calibration)
    point = candidate.point.model_copy(update={"calibration": calibrated.map})
    rough = curve_of(subject, point, _written(_thresholds(subject, candidate, ranking), point))
    curve = curve_of(subject, point, [*rough.threshold, *_finer(rough, goal.target, ranking, point)])
    n, reached = curve.choose(goal.target)
    point = point.model_copy(update={"threshold": curve.threshold[n], "curve": curve})
    figures = measure_figures(subject, point, groups)
    evidence = _evidence(figures, goal.target, point.threshold, calibrated)
    return TunedLabel(point.model_copy(update={"evidence": evidence}), reached, figures, calibrated)


def _evidence(figures: TuneFigures, target: Target, threshold: float, calibrated: Calibrated) -> Evidence:
    """Return the evidence for the target, to be stored with as many decimals as thresholds have."""
    support = figures.support(target, threshold)
    numbers = support.model_dump() | {"error_before": calibrated.before, "error_after": calibrated.after}
    rounded = {name: value if value is None else round(value, DECIMALS) for name, value in numbers.items()}
    return Evidence(target=str(target), borne_out=support.bears(target), **rounded)


def _lowest_useful(curve: Curve, target: Target) -> float:
    """Choose a threshold that finds nearly all calls, but only so many false alarms as calibration can use.

    Detections with very low scores are almost all wrong. With too many of them, a map would fit only them.
    """
    allowed: float = USEFUL * curve.events
    if target.kind == "fa":
        allowed = max(allowed, USEFUL * target.value * curve.hours)
    useful = (n for n, false in enumerate(curve.false_alarms) if false <= allowed)
    return curve.threshold[next(useful, len(curve) - 1)]


def _thresholds(subject: TuneSubject, candidate: Candidate, ranking: Ranking) -> list[float]:
    """List raw thresholds for the curve: some spread evenly from the lowest useful one on, some between detections."""
    scores = subject.smoothed(candidate.point.smooth_s)
    even = spread(scores, EVEN, most_peaks(subject))
    return [threshold for threshold in even if threshold >= candidate.curve.threshold[0]] + between(ranking, BETWEEN)


def _finer(rough: Curve, target: Target, ranking: Ranking, point: OperatingPoint) -> Iterator[float]:
    """Yield thresholds half way between detections, around the threshold that the rough curve chooses."""
    n, _ = rough.choose(target)
    low = rough.threshold[max(0, n - 1)]
    high = rough.threshold[min(n + 1, len(rough) - 1)]
    scores = point.written(ranking.scores)
    middles = np.unique((scores[1:] + scores[:-1]) / 2)
    inside = middles[(middles > low) & (middles < high)]
    if len(inside):
        few = np.unique(np.linspace(0, len(inside) - 1, FINER).round().astype(np.intp))
        yield from np.round(inside[few], DECIMALS).tolist()


def _written(thresholds: Sequence[float], point: OperatingPoint) -> Iterator[float]:
    """Convert raw thresholds to the scale of written scores, with as many decimals as are stored."""
    yield from np.unique(np.round(point.written(np.array(thresholds)), DECIMALS)).tolist()
