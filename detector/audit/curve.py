"""Draw precision against score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detector.audit.figures import AuditFigures
from detector.drawing import check_picture, find_figure, save_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def check_curve(path: Path) -> None:
    """Raise `ConfigurationError` if no picture can be drawn into a file of this name."""
    check_picture(path, "plot")


def draw_curve(labels: Sequence[AuditFigures], path: Path) -> None:
    """Draw, for each label, precision in each stratum and above each threshold with 95 % intervals."""
    figure = find_figure("plot")(figsize=(8, 3 * len(labels)), layout="constrained")
    rows = figure.subplots(len(labels), 2, sharey=True, squeeze=False)
    for (left, right), label in zip(rows, labels):
        _draw_strata(left, label)
        _draw_thresholds(right, label)
        left.set(title=label.label, xlabel="score", ylabel="precision")
        right.set(xlabel="threshold", ylim=(-0.03, 1.03))
        for axis in (left, right):
            axis.spines[["top", "right"]].set_visible(False)
    save_picture(figure, path)


def _draw_strata(axis: Axes, label: AuditFigures) -> None:
    for stratum in label.strata:
        precision = stratum.precision
        if precision is None:
            continue
        axis.hlines(precision.value, stratum.lowest, stratum.highest, color="C0", linewidth=3)
        middle = (stratum.lowest + stratum.highest) / 2
        axis.vlines(middle, precision.low, precision.high, color="C0")
        axis.plot(middle, precision.value, color="C0", marker="o")


def _draw_thresholds(axis: Axes, label: AuditFigures) -> None:
    scores = [threshold.score for threshold in label.thresholds]
    precisions = [threshold.precision for threshold in label.thresholds]
    lows = [precision.low for precision in precisions]
    highs = [precision.high for precision in precisions]
    axis.fill_between(scores, lows, highs, color="C0", alpha=0.25, linewidth=0)
    axis.plot(scores, [precision.value for precision in precisions], color="C0", marker=".", markersize=3)
