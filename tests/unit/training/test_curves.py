"""The curves of a run, drawn where matplotlib is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

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


def test_without_matplotlib_there_is_no_picture_and_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "find_spec", lambda _: None)
    assert not draw_curves(LOG, tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()
