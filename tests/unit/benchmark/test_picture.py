"""The picture shows stages and speeds; what stands in its way is told before the work."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from detector.benchmark.figures import BenchmarkScan, BenchmarkStage
from detector.benchmark.machine import Machine
from detector.benchmark.picture import check_picture, draw
from detector.benchmark.report import BenchmarkReport, BenchmarkSound
from detector.clock import STAGES
from detector.errors import ConfigurationError, OutputError, ParameterError

MACHINE = Machine("Quick 3000", "Quick 3000", 2, 2**34, {}, "2026-01-01")


def report(*engines: str) -> BenchmarkReport:
    stages = {name: BenchmarkStage(1 / len(STAGES), 100.0) for name in STAGES} | {"resample": BenchmarkStage(0.0, None)}
    scans = tuple(
        BenchmarkScan(engine, share, 3 * share, 0.1, 600.0, 0.1, 100.0, 1e6, 0.5, 0.9, stages)
        for engine in engines
        for share in (0.5, 0.1, 0.03)
    )
    sound = BenchmarkSound(2, 960.0, made=True)
    return BenchmarkReport(
        "small-cnn", False, 24000, 3.0, "float32", 2, MACHINE, sound, (), None, scans, (), None, (), ()
    )


@pytest.mark.parametrize("engines", [("shared", "windows"), ("windows",)])
def test_stages_and_speeds_are_drawn_beside_each_other(tmp_path: Path, engines: tuple[str, ...]) -> None:
    from matplotlib.image import imread

    draw(report(*engines), tmp_path / "stages.png")
    picture = imread(tmp_path / "stages.png")
    height, width, _ = picture.shape
    assert width > height > 300
    left, right = np.array_split(picture[..., :3], 2, axis=1)
    for half in (left, right):
        assert len(np.unique(half.reshape(-1, 3), axis=0)) > 4


def test_what_stands_in_the_way_of_a_picture_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there.png").touch()
    check_picture(tmp_path / "there.png", force=True)
    check_picture(tmp_path / "new.png", force=False)
    with pytest.raises(OutputError, match=r"there\.png: exists already"):
        check_picture(tmp_path / "there.png", force=False)
    with pytest.raises(OutputError, match="there is no folder"):
        check_picture(tmp_path / "no" / "new.png", force=False)
    with pytest.raises(ParameterError, match=r"new\.xyz: .*allowed: \.png"):
        check_picture(tmp_path / "new.xyz", force=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigurationError, match=r'`plot`: needs matplotlib; .*"detector\[plots\]"'):
        check_picture(tmp_path / "new.png", force=False)
