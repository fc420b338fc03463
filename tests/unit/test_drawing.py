"""Pictures: refused before the work where none can be drawn, and written whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from detector.drawing import check_picture, save_picture
from detector.errors import ConfigurationError, OutputError, ParameterError


@pytest.mark.parametrize("name", ["a.png", "a.SVG", "a.b.pdf"])
def test_a_name_with_a_known_ending_can_be_drawn_into(name: str) -> None:
    check_picture(Path(name), "plot")


@pytest.mark.parametrize("name", ["a.txt", "a.eps", "a"])
def test_another_ending_is_refused_by_the_parameter_and_the_file(name: str) -> None:
    with pytest.raises(ParameterError) as caught:
        check_picture(Path(name), "plot")
    assert (caught.value.parameter, caught.value.value) == ("plot", Path(name))
    assert caught.value.allowed == ".png, .svg, .pdf"


def test_without_matplotlib_the_parameter_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigurationError, match=r'^`plot`: needs matplotlib; .*"detector\[plots\]"$'):
        check_picture(Path("a.png"), "plot")


def test_a_picture_that_cannot_be_finished_leaves_the_one_before_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    save_picture(Figure(), path)
    before = path.read_bytes()

    def full(_figure: Figure, target: Path, **_: object) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(OutputError, match=r"a\.png: cannot be written: No space left on device"):
        save_picture(Figure(), path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["a.png"]
