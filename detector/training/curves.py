"""Draw the curves of a training run, if matplotlib is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from detector.drawing import score_axis


def draw_curves(log: pd.DataFrame, path: Path, kept: int = 0) -> bool:
    """Draw losses and average precision over epochs, and mark the epoch that was kept.

    Parameters
    ----------
    log : DataFrame
        One row for each epoch, with the columns of `training.csv`.
    kept : int, optional
        The epoch whose weights the model has; 0 marks none.

    Returns
    -------
    bool
        Whether the picture was drawn. It is not if matplotlib (the extra `plots`) is missing.
    """
    if find_spec("matplotlib") is None:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(log["epoch"], log["train_loss"], label="training")
    left.plot(log["epoch"], log["validation_loss"], label="validation")
    left.set(xlabel="epoch", ylabel="loss", yscale="log")
    right.plot(log["epoch"], log["validation_average_precision"], color="C1")
    right.set(xlabel="epoch", ylabel="validation average precision")
    score_axis(right)
    if kept:
        for axis in (left, right):
            axis.axvline(kept, color="grey", linewidth=1, linestyle=":", label=f"kept: epoch {kept}")
        right.legend(frameon=False)
    left.legend(frameon=False)
    for axis in (left, right):
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    return True
