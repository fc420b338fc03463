"""Draw an evaluation by units for a slide: the confusion matrix, or the figures of each label with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detector.drawing import find_figure, save_picture
from detector.estimates.arrays import Integers, ratio
from detector.evaluation.units.figures import UnitEvaluation
from detector.evaluation.units.one_label import Predictions
from detector.evaluation.units.report import NONE

WIDTH = 12.8  # of the picture, inches: a slide of 16 to 9
HEIGHT = 7.2
MOST_NUMBERS = 25
"""Most labels of a matrix whose counts are written into its cells."""
MOST_NAMES = 60
"""Most labels whose names are written."""
LONGEST_NAME = 28
"""Most characters of a name; the middle of a longer one is left out, because names often differ at their ends."""
DARK = 0.55
"""Share of a row above which a cell is dark, so that its count is written in white."""


def draw_units(evaluation: UnitEvaluation, path: Path) -> None:
    """Draw the confusion matrix of units with one label each, or else average precision and AUROC of each label.

    Raises
    ------
    ConfigurationError
        If matplotlib is not installed.
    OutputError
        If the file cannot be written.
    """
    height = HEIGHT
    if evaluation.predictions is None:
        height = min(HEIGHT, 1.5 + 0.6 * len(evaluation.labels))
    figure = find_figure("plot")(figsize=(WIDTH, height), layout="constrained")
    if evaluation.predictions is None:
        _draw_figures(figure, evaluation)
    else:
        _draw_confusion(figure, evaluation, evaluation.predictions)
    save_picture(figure, path)


def _draw_confusion(figure: Any, evaluation: UnitEvaluation, predictions: Predictions) -> None:
    names = [*evaluation.units.labels, NONE]
    counts = predictions.confusion
    rows = np.flatnonzero(counts.sum(axis=1))
    columns = np.flatnonzero(counts.sum(axis=0) + np.append(counts.sum(axis=1), 0))
    shown = counts[np.ix_(rows, columns)]
    shares = ratio(shown, shown.sum(axis=1, keepdims=True))
    axis = figure.subplots()
    picture = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    _name_axis(axis.xaxis, [names[n] for n in columns], rotation=40)
    _name_axis(axis.yaxis, [names[n] for n in rows], rotation=0)
    if len(columns) <= MOST_NUMBERS:
        _write_counts(axis, shown, shares)
    accuracy = evaluation.one_label["accuracy"]
    interval = "" if accuracy.low is None else f" ({accuracy.low:.3f} to {accuracy.high:.3f})"
    of_what = f"{len(evaluation.units.units):,} {evaluation.units.kind}"
    axis.set_title(f"{of_what}, accuracy {accuracy.value:.3f}{interval}", fontsize=16)
    axis.set_xlabel("predicted", fontsize=14)
    axis.set_ylabel("annotated", fontsize=14)
    axis.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    axis.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    axis.grid(which="minor", color="white", linewidth=1)
    axis.tick_params(which="both", length=0)
    axis.spines[:].set_visible(False)
    bar = figure.colorbar(picture, ax=axis, fraction=0.03, pad=0.01)
    bar.set_label("share of the annotated label", fontsize=12)
    bar.outline.set_visible(False)


def _name_axis(axis: Any, names: Sequence[str], rotation: float) -> None:
    """Write the names of labels at an axis, as large as their number lets them be."""
    if len(names) > MOST_NAMES:
        axis.set_ticks([])
        return
    size = float(np.clip(230 / len(names), 6, 13))
    alignment = {"ha": "right", "rotation_mode": "anchor"} if rotation else {}
    half = LONGEST_NAME // 2
    cut = [name if len(name) <= LONGEST_NAME else f"{name[:half]}…{name[-half:]}" for name in names]
    plain = [name.replace("$", r"\$") for name in cut]  # matplotlib would take a formula between two of them
    axis.set_ticks(range(len(names)), plain, fontsize=size, rotation=rotation, **alignment)


def _write_counts(axis: Any, counts: Integers, shares: Any) -> None:
    """Write the counts above 0 into their cells."""
    size = float(np.clip(170 / counts.shape[1], 6, 15))
    for row, column in np.argwhere(counts > 0):
        color = "white" if shares[row, column] > DARK else "black"
        axis.text(column, row, f"{counts[row, column]:,}", ha="center", va="center", color=color, fontsize=size)


def _draw_figures(figure: Any, evaluation: UnitEvaluation) -> None:
    names = list(evaluation.labels)[::-1]  # the first label is at the top
    axes = figure.subplots(1, 2, sharey=True)
    for axis, key, title in zip(axes, ("average_precision", "auroc"), ("average precision", "AUROC")):
        for place, name in enumerate(names):
            made = evaluation.labels[name][key]
            if made.value is None:
                continue
            if made.low is not None and made.high is not None:
                axis.plot([made.low, made.high], [place, place], color="C0", linewidth=3, alpha=0.35)
            axis.plot(made.value, place, "o", color="C0", markersize=8, clip_on=False)
            axis.annotate(f"{made.value:.2f}", (made.value, place), (0, 7), textcoords="offset points", ha="center")
        axis.set(xlim=(0, 1), ylim=(-0.6, len(names) - 0.3))
        axis.set_title(title, fontsize=16)
        axis.grid(axis="x", alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    _name_axis(axes[0].yaxis, names, rotation=0)
