"""Precision by score as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from detector.errors import ConfigurationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from detector.review.estimate import LabelFigures


def check_curve(path: Path) -> None:
    """Raise `ConfigurationError` where matplotlib is not installed, or a file of this name is no PNG."""
    if path.suffix.casefold() != ".png":
        raise ConfigurationError(f"--curve: {path}: its ending must be .png")
    if find_spec("matplotlib") is None:
        raise ConfigurationError("--curve: needs matplotlib; pip install 'detector[plots]'")


def draw_curve(labels: Sequence[LabelFigures], stream: BinaryIO) -> None:
    """Draw, for each label, precision in each stratum and above each threshold with 95 % intervals, as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3 * len(labels)), layout="constrained")
    rows = figure.subplots(len(labels), 2, sharey=True, squeeze=False)
    for (left, right), label in zip(rows, labels):
        _draw_strata(left, label)
        _draw_thresholds(right, label)
        left.set(title=label.label, xlabel="score", ylabel="precision")
        right.set(xlabel="threshold", ylim=(-0.03, 1.03))
        for axis in (left, right):
            axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(stream, dpi=110, format="png")


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
