"""The preview: a picture of each kind of clip, whatever the front end."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from detector.clips import open_clips
from detector.errors import ConfigurationError, OutputError
from detector.extraction.extract import Request, extract
from detector.extraction.preview import draw_preview
from tests.made import recipe, sound, write_clips, write_sound, write_table

LABELLED = recipe(labels={"names": ["low", "high"]})


def test_a_sheet_shows_every_label_and_the_background(tmp_path: Path) -> None:
    from matplotlib.image import imread

    draw_preview(open_clips(write_clips(tmp_path / "clips", LABELLED)), tmp_path / "new" / "sheet.png")
    picture = imread(tmp_path / "new" / "sheet.png")
    height, width, _ = picture.shape
    assert width > height > 100
    assert np.ptp(picture) > 0.5


@pytest.mark.parametrize("frontend", ["mel", "waveform"])
def test_clips_at_the_edges_are_drawn(tmp_path: Path, frontend: str) -> None:
    write_sound(tmp_path / "in" / "a.wav", sound(0.3, [(0.0, 0.3, "low")]))
    table = write_table(tmp_path / "t.csv", [("a.wav", 0.0, 0.3, "low")])
    extract(Request((table,), (tmp_path / "in",), recipe(frontend)), tmp_path / "clips")
    draw_preview(open_clips(tmp_path / "clips"), tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    store = open_clips(write_clips(tmp_path / "clips", LABELLED))
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/sheet\.png: "):
        draw_preview(store, tmp_path / "file" / "sheet.png")


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_clips(write_clips(tmp_path / "clips", LABELLED))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigurationError, match=r'--preview: needs matplotlib; .*"detector\[plots\]"'):
        draw_preview(store, tmp_path / "sheet.png")
