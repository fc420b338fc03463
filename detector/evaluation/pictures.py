"""Draw precision against recall, recall against false alarms per hour, and the scores of hits and false alarms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from detector.drawing import check_picture, find_figure, save_picture
from detector.evaluation.figures import Evaluation, EvaluationRow
from detector.evaluation.thresholds import curve_of

MOST_LABELS = 8
"""Most labels that get a line of their own."""


def check_curves(path: Path) -> None:
    """Raise `ConfigurationError` if no picture can be drawn into a file of this name."""
    check_picture(path, "plot")


def draw_curves(evaluation: Evaluation, path: Path) -> None:
    """Draw the curves into a file. It replaces an existing file only when it is complete.

    Raises
    ------
    ConfigurationError
        If matplotlib is not installed.
    OutputError
        If the file cannot be written.
    """
    figure = find_figure("plot")(figsize=(12, 3.8), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    rows = [evaluation.overall, *(evaluation.labels if 1 < len(evaluation.labels) <= MOST_LABELS else ())]
    for number, row in enumerate(rows):
        style = {"color": "black" if number == 0 else f"C{number - 1}", "linewidth": 2 if number == 0 else 1}
        name = "all labels" if number == 0 and len(rows) > 1 else row.label if len(rows) > 1 else None
        _draw_precision(left, row, name, style)
        _draw_recall(middle, row, evaluation.hours, style)
    _draw_scores(right, evaluation.overall)
    _label(left, middle, right, evaluation)
    save_picture(figure, path)


def _draw_precision(axis: Any, row: EvaluationRow, name: str | None, style: dict[str, Any]) -> None:
    curve = curve_of(row.ranking)
    if not curve.n_reference or not len(curve.hits):
        return
    recall = curve.hits / curve.n_reference
    precision = curve.hits / (curve.hits + curve.false_alarms)
    axis.plot(recall, precision, label=name, **style)
    counts = row.counts
    if counts.hits + counts.false_alarms:
        axis.plot(counts.recall, counts.precision, "o", color=style["color"], markersize=5)


def _draw_recall(axis: Any, row: EvaluationRow, hours: float | None, style: dict[str, Any]) -> None:
    curve = curve_of(row.ranking)
    if not curve.n_reference or not hours or not len(curve.hits):
        return
    axis.step(curve.false_alarms / hours, curve.hits / curve.n_reference, where="post", **style)


def _draw_scores(axis: Any, row: EvaluationRow) -> None:
    edges = np.linspace(0, 1, 41)
    hits = row.ranking.gains
    for kind, name, color in ((hits, "hits", "C0"), (~hits, "false alarms", "C3")):
        axis.hist(row.ranking.scores[kind], edges, alpha=0.6, label=name, color=color)


def _label(left: Any, middle: Any, right: Any, evaluation: Evaluation) -> None:
    left.set(
        xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02), title=f"IoU {evaluation.settings.iou:g}"
    )
    middle.set(xlabel="false alarms per hour", ylabel="recall", ylim=(0, 1.02))
    if evaluation.hours:
        middle.set_xscale("symlog", linthresh=1 / evaluation.hours)
        middle.set_xlim(left=0)
        for rate in evaluation.settings.rates:
            middle.axvline(rate, color="grey", linewidth=0.6, linestyle=":")
    else:
        middle.text(0.5, 0.5, "unknown: how long was scanned", ha="center", transform=middle.transAxes)
    right.set(xlabel="score", ylabel="detections", yscale="symlog", xlim=(0, 1))
    right.legend(frameon=False)
    if left.get_legend_handles_labels()[0]:
        left.legend(frameon=False, fontsize=8)
    for axis in (left, middle, right):
        axis.spines[["top", "right"]].set_visible(False)
