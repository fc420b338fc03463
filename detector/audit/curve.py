"""Precision by score as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detector.drawing import check_picture, find_figure, save_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from detector.audit.estimate import LabelFigures


def check_curve(path: Path) -> None:
    """Raise `ConfigurationError` where nothing can be drawn into a file of this name."""
    check_picture(path, "curve")


def draw_curve(labels: Sequence[LabelFigures], path: Path) -> None:
    """Draw, for each label, precision in each stratum and above each threshold with 95 % intervals."""
    figure = find_figure("curve")(figsize=(8, 3 * len(labels)), layout="constrained")
    rows = figure.subplots(len(labels), 2, sharey=True, squeeze=False)
    for (left, right), label in zip(rows, labels):
        _draw_strata(left, label)
        _draw_thresholds(right, label)
        left.set(title=label.label, xlabel="score", ylabel="precision")
        right.set(xlabel="threshold", ylim=(-0.03, 1.03))
        for axis in (left, right):
            axis.spines[["top", "right"]].set_visible(False)
    save_picture(figure, path)


def _draw_strata(axis: Axes, label: LabelFigures) -> None:
    for one in label.strata:
        if one.precision is None:
            continue
        axis.hlines(one.precision.value, one.lowest, one.highest, color="C0", linewidth=3)
        middle = (one.lowest + one.highest) / 2
        axis.vlines(middle, one.precision.low, one.precision.high, color="C0")
        axis.plot(middle, one.precision.value, color="C0", marker="o")


def _draw_thresholds(axis: Axes, label: LabelFigures) -> None:
    scores = [one.score for one in label.thresholds]
    precisions = [one.precision for one in label.thresholds]
    axis.fill_between(
        scores, [one.low for one in precisions], [one.high for one in precisions], color="C0", alpha=0.25, linewidth=0
    )
    axis.plot(scores, [one.value for one in precisions], color="C0", marker=".", markersize=3)
