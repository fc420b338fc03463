"""The preview: a picture of each kind of clip, whatever the front end."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from detector.clips import ClipStore, open_clips
from detector.errors import ConfigurationError, OutputError
from detector.extraction import preview
from detector.extraction.extract import ExtractRequest, extract
from detector.extraction.preview import band_edges_hz, draw_preview, frequency_ticks
from detector.network.axes import Axes as SpectrogramAxes
from detector.presets import find_recipe, list_presets
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
    extract(ExtractRequest((table,), (tmp_path / "in",), recipe(frontend)), tmp_path / "clips")
    draw_preview(open_clips(tmp_path / "clips"), tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def drawn(monkeypatch: pytest.MonkeyPatch, store: ClipStore) -> list[Axes]:
    """Draw a preview; give the axes that show clips."""
    figures: list[Figure] = []
    with monkeypatch.context() as patch:
        patch.setattr(preview, "save_picture", lambda figure, _path: figures.append(figure))
        draw_preview(store, Path("sheet.png"))
    return [axis for axis in figures[0].axes if axis.axison]


@pytest.mark.parametrize("frontend", ["mel", "linear", "cqt"])
def test_the_box_of_a_call_is_at_its_time_and_in_its_band_by_the_ticks_of_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frontend: str
) -> None:
    name = f"a recording of a long name, {'x' * 60}.wav"
    write_sound(tmp_path / "in" / name, sound(3.0, [(1.0, 1.3, "low")]))
    (tmp_path / "t.csv").write_text(
        f'recording,start_s,end_s,low_hz,high_hz,label\n"{name}",1.0,1.3,500,2000,low\n', encoding="utf-8"
    )
    extract(ExtractRequest((tmp_path / "t.csv",), (tmp_path / "in",), recipe(frontend)), tmp_path / "clips")
    store = open_clips(tmp_path / "clips")
    (axis,) = drawn(monkeypatch, store)
    (box,) = [patch for patch in axis.collections if isinstance(patch, PolyCollection)]
    (left, low), (right, high) = box.get_datalim(axis.transData).get_points()
    onset = store.events["start_s"].iloc[0]
    assert (left, right) == pytest.approx((onset, onset + 0.3), abs=1e-4)
    unit = {"Hz": 1.0, "kHz": 1000.0}[axis.get_ylabel()]
    ticks = [(place, float(text.get_text()) * unit) for place, text in zip(axis.get_yticks(), axis.get_yticklabels())]
    assert len(ticks) >= 3
    for place, hz in ticks:
        assert (place >= low) == (hz >= 500)
        assert (place <= high) == (hz <= 2000)
    assert axis.get_xlabel() == "s"
    assert axis.get_title().replace("\n", "").replace(" ", "").endswith(Path(name).stem.replace(" ", ""))


def test_without_a_band_there_is_no_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sound(tmp_path / "in" / "a.wav", sound(3.0, [(1.0, 1.3, "low")]))
    table = write_table(tmp_path / "t.csv", [("a.wav", 1.0, 1.3, "low")])
    extract(ExtractRequest((table,), (tmp_path / "in",), recipe()), tmp_path / "clips")
    (axis,) = drawn(monkeypatch, open_clips(tmp_path / "clips"))
    assert not [patch for patch in axis.collections if isinstance(patch, PolyCollection)]


@pytest.mark.parametrize("name", [name for name in list_presets() if find_recipe(name).frontend.kind != "waveform"])
def test_every_shipped_recipe_has_at_least_three_round_frequencies_where_they_belong(name: str) -> None:
    edges = band_edges_hz(SpectrogramAxes(find_recipe(name)))
    assert edges is not None
    assert (np.diff(edges) > 0).all()
    places, texts, unit = frequency_ticks(edges)
    hertz = np.array([float(text) for text in texts]) * (1000 if unit == "kHz" else 1)
    np.testing.assert_allclose(np.interp(places, np.arange(len(edges)), edges), hertz)
    assert len(places) >= 3


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    store = open_clips(write_clips(tmp_path / "clips", LABELLED))
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/sheet\.png: "):
        draw_preview(store, tmp_path / "file" / "sheet.png")


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_clips(write_clips(tmp_path / "clips", LABELLED))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigurationError, match=r'`plot`: needs matplotlib; .*"detector\[plots\]"'):
        draw_preview(store, tmp_path / "sheet.png")
