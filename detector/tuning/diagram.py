"""Draw reliability diagrams: how often detections of a score are right, before and after calibration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from detector.drawing import check_picture, find_figure, save_picture
from detector.tuning.calibrate import bins_of
from detector.tuning.tune import TunedLabel, Tuning

MOST = 8
"""Most labels that are drawn."""

ROW = 4


def check_diagram(path: Path) -> None:
    """Raise `ConfigurationError` if no picture can be drawn into a file of this name."""
    check_picture(path, "plot")


def draw_diagram(tuning: Tuning, path: Path) -> None:
    """Draw a diagram for each label that has detections. The file appears only when it is complete.

    Raises
    ------
    ConfigurationError
        If matplotlib is not installed.
    OutputError
        If the file cannot be written.
    """
    labels = [label for label in tuning.labels if len(label.calibrated.scores)][:MOST]
    columns = max(1, min(ROW, len(labels)))
    rows = max(1, -(-len(labels) // columns))
    figure = find_figure("plot")(figsize=(3.6 * columns + 0.4, 3.8 * rows), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for axis, label in zip(axes, labels):
        _draw(axis, label)
    for axis in axes[len(labels) :]:
        axis.set_axis_off()
    save_picture(figure, path)


def _draw(axis: Any, label: TunedLabel) -> None:
    calibrated = label.calibrated
    axis.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":")
    before = f"scores, error {calibrated.before:.3f}"
    _bins(axis, calibrated.scores, calibrated.right, {"color": "C7", "marker": "s", "label": before})
    if calibrated.map is not None:
        scores = np.linspace(0, 1, 1001)
        after = f"{calibrated.map.kind}, error {calibrated.after:.3f}"
        axis.plot(scores, calibrated.map(scores), color="C0", linewidth=0.8, label="the map, over the score")
        _bins(axis, calibrated.probabilities, calibrated.right, {"color": "C0", "marker": "o", "label": after})
    axis.axvline(label.point.threshold, color="C3", linewidth=0.8, label="threshold, as written")
    axis.set(
        title=f"{label.point.name}: {calibrated.n_right:,} right, {calibrated.n_wrong:,} wrong",
        xlabel="score or probability of detections", ylabel="share that is right",
        xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal",
    )  # fmt: skip
    axis.legend(frameon=False, fontsize=7, loc="upper left")
    axis.spines[["top", "right"]].set_visible(False)


def _bins(axis: Any, values: Any, right: Any, style: dict[str, Any]) -> None:
    bins = bins_of(values, right)
    axis.plot([mean for mean, _, _ in bins], [share for _, share, _ in bins], linestyle="", markersize=5, **style)
