"""Format a tuning as text for people, as an object for programs, and as warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from detector.estimates.estimate import Estimate
from detector.texts import columns, many
from detector.tuning.tune import TunedLabel, Tuning

SETTINGS = (
    "label",
    "threshold",
    "level",
    "depth",
    "gap s",
    "shortest s",
    "smooth s",
    "calibration",
    "ECE before",
    "ECE after",
)
FIGURES = ("label", "events", "hits", "false", "precision", "recall", "F1", "false alarms per hour")
OPTIMISTIC = (
    "these figures are of the recordings tuned on, so they are too good: run detector evaluate on other recordings"
)


def as_text(tuning: Tuning) -> Iterator[str]:
    """Format settings and figures as two tables of plain text, with a line for each label."""
    tuned = tuning.operating.tuned
    assert tuned is not None
    yield f"{many(tuned.recordings, 'recording')}, {tuned.hours:.3g} h; {tuning.goal.target.words}, IoU {tuned.iou:g}"
    yield ""
    yield from columns([SETTINGS, *map(_settings, tuning.labels)])
    for label in tuning.labels:
        if label.point.onset_threshold is not None:
            yield f"{label.point.name}: parted at onsets that score {label.point.onset_threshold:g} or more"
    yield ""
    yield "at these thresholds; in brackets 95 % intervals"
    yield from columns([FIGURES, *map(_figures, tuning.labels)])


def _settings(label: TunedLabel) -> Sequence[str]:
    point = label.point
    calibrated = label.calibrated
    shares = (point.level, point.depth)
    seconds = (point.gap_s, point.shortest_s, point.smooth_s or 0.0)
    errors = (calibrated.before, calibrated.after)
    return (
        point.name,
        f"{point.threshold:.4g}",
        *(f"{value:.4g}" for value in shares + seconds),
        "none" if point.calibration is None else point.calibration.kind,
        *("-" if error is None else f"{error:.3f}" for error in errors),
    )


def _figures(label: TunedLabel) -> Sequence[str]:
    figures = label.figures
    counts = (figures.events, figures.hits, figures.false_alarms)
    estimates = (figures.precision, figures.recall, figures.f1, figures.rate)
    return (label.point.name, *(f"{count:,}" for count in counts), *map(_with_interval, estimates))


def _with_interval(estimate: Estimate) -> str:
    return f"{estimate.value:.3g} ({estimate.low:.3g} to {estimate.high:.3g})"


def warnings(tuning: Tuning) -> Iterator[str]:
    """Yield a warning for each claim that the figures do not support, label by label."""
    for label in tuning.labels:
        if label.calibrated.reason and tuning.goal.calibration != "none":
            yield f"{label.point.name}: not calibrated: {label.calibrated.reason}"
        yield from _doubts(label, tuning)
    if tuning.untuned:
        yield f"no annotated events of {', '.join(tuning.untuned)}: left as before"
    yield OPTIMISTIC


def _doubts(label: TunedLabel, tuning: Tuning) -> Iterator[str]:
    target = tuning.goal.target
    figures = label.figures
    support = figures.support(target, label.point.threshold)
    if not label.reached:
        nearest = f"taken is the nearest, {support.figure:.3g} at {support.threshold:.4g}"
        yield f"{label.point.name}: no threshold gives {target.words}; {nearest}"
    if not support.bears(target):
        yield (
            f"{label.point.name}: tuned on {many(figures.events, 'call')} in {many(figures.recordings, 'recording')} "
            f"({figures.hours:.2g} h): {support.doubt(target)}"
        )


def as_object(tuning: Tuning) -> dict[str, Any]:
    """Return the report as numbers, texts, lists and dicts, for JSON."""
    return {
        "target": str(tuning.goal.target),
        "tuned": tuning.operating.tuned and tuning.operating.tuned.model_dump(mode="json"),
        "labels": {label.point.name: _label_object(label, tuning) for label in tuning.labels},
        "untuned": tuning.untuned,
    }


def _label_object(label: TunedLabel, tuning: Tuning) -> dict[str, Any]:
    calibrated = label.calibrated
    return {
        "point": label.point.model_dump(mode="json", exclude_none=True),
        "reached": label.reached,
        "borne_out": label.figures.support(tuning.goal.target, label.point.threshold).bears(tuning.goal.target),
        "figures": asdict(label.figures),
        "calibration": {
            "right": calibrated.n_right,
            "wrong": calibrated.n_wrong,
            "error_before": calibrated.before,
            "error_after": calibrated.after,
            "log_loss": calibrated.losses,
            "reason": calibrated.reason,
        },
    }
