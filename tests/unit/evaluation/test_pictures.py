from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from detector.errors import OutputError, ParameterError
from detector.evaluation.evaluate import evaluate
from detector.evaluation.material import Material, Unit
from detector.evaluation.pictures import check_curves, draw_curves
from detector.evaluation.settings import EvaluateSettings

from .conftest import event

A = Unit("a.wav")


def material() -> Material:
    found = [event(0, 1, "x", 0.9), event(5, 6, "x", 0.6), event(10, 11, "y", 0.5)]
    return Material({A: [event(0, 1, "x"), event(10, 11, "y")]}, {A: found}, seconds={A: 3600.0})


def test_curves_go_through_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: (drawn.append(figure), path.touch()))
    draw_curves(evaluate(material(), EvaluateSettings(draws=0)), tmp_path / "curves.png")
    left, middle, right = drawn[0].axes
    recall, precision = left.lines[0].get_data()
    assert list(zip(recall, precision)) == [(0.5, 1.0), (0.5, 0.5), (1.0, 2 / 3)]
    dots = [line.get_data() for line in left.lines if line.get_marker() == "o"]
    assert (dots[0][0][0], dots[0][1][0]) == (1, 2 / 3)
    assert list(zip(*middle.lines[0].get_data())) == [(0, 0.5), (1, 0.5), (1, 1)]
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["all labels", "x", "y"]
    assert sum(patch.get_height() for patch in right.patches) == 3


@pytest.mark.parametrize("hours", [True, False])
def test_a_picture_is_written_whole(tmp_path: Path, hours: bool) -> None:
    one = material()
    told = evaluate(one if hours else Material(one.reference, one.estimated), EvaluateSettings(draws=0))
    path = tmp_path / "curves.svg"
    check_curves(path)
    draw_curves(told, path)
    assert [found.name for found in tmp_path.iterdir()] == ["curves.svg"]
    assert path.read_text(encoding="utf-8").startswith("<?xml")


def test_nothing_found_can_be_drawn(tmp_path: Path) -> None:
    draw_curves(evaluate(Material({A: [event(0, 1)]}, {A: []})), tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_a_picture_that_cannot_be_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"^`plot`: curves\.txt: .*allowed: \.png"):
        check_curves(Path("curves.txt"))
    with pytest.raises(OutputError, match=r"curves\.png"):
        draw_curves(evaluate(material(), EvaluateSettings(draws=0)), tmp_path / "no" / "curves.png")
