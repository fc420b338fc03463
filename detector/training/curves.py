"""The curves of a training run, as a picture where matplotlib is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from detector.drawing import score_axis


def draw_curves(log: pd.DataFrame, path: Path) -> bool:
    """Draw losses and average precision over epochs; give whether it was done (the extra `plots` may be absent)."""
    if find_spec("matplotlib") is None:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(log["epoch"], log["train_loss"], label="training")
    left.plot(log["epoch"], log["validation_loss"], label="validation")
    left.set(xlabel="epoch", ylabel="loss", yscale="log")
    left.legend(frameon=False)
    right.plot(log["epoch"], log["validation_average_precision"], color="C1")
    right.set(xlabel="epoch", ylabel="validation average precision")
    score_axis(right)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    return True
