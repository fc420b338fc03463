"""The curves of a run, drawn where matplotlib is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from detector.training import curves
from detector.training.curves import draw_curves

LOG = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "train_loss": [0.9, 0.5, 0.3],
        "validation_loss": [0.8, 0.7, 0.9],
        "validation_average_precision": [0.3, 0.6, 0.8],
    }
)


@pytest.mark.parametrize("validated", [True, False])
def test_curves_are_drawn_with_and_without_validation(tmp_path: Path, validated: bool) -> None:
    log = LOG if validated else LOG.assign(validation_loss=np.nan, validation_average_precision=np.nan)
    assert draw_curves(log, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("kept", [1, 3])
def test_the_epoch_that_was_kept_is_marked_in_every_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    figures: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: figures.append(figure))
    assert draw_curves(LOG, tmp_path / "curves.png", kept)
    for axis in figures[0].axes:
        assert [line.get_xdata() for line in axis.get_lines() if str(kept) in str(line.get_label())] == [[kept, kept]]
    assert figures[0].axes[1].get_ylim() == (0, 1)


def test_without_matplotlib_there_is_no_picture_and_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "find_spec", lambda _: None)
    assert not draw_curves(LOG, tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()
