"""A benchmark measures each engine at each hop, on made sound or on recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from detector.benchmark.machine import peak_bytes, processor_name
from detector.benchmark.measure import REPEATS, BenchmarkRequest, benchmark
from detector.benchmark.scans import SHARES, Case, choose_hops, time_scan
from detector.benchmark.subject import random_model
from detector.errors import ConfigurationError
from detector.presets import find_recipe, list_presets
from detector.progress import Progress
from detector.scanning.blocks import ScoreBlock
from detector.scanning.layout import lay_out
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting
from tests.made import recipe, sound, write_recipe, write_sound

pytestmark = pytest.mark.usefixtures("small_products")


@pytest.fixture
def request_(tmp_path: Path) -> BenchmarkRequest:
    path = write_recipe(tmp_path / "recipe.toml", recipe())
    return BenchmarkRequest(model=str(path), seconds=4.0, workers=2)


def test_both_engines_are_measured_at_the_same_hops(request_: BenchmarkRequest) -> None:
    report = benchmark(request_)
    assert [(scan.engine, scan.asked_share) for scan in report.scans] == [
        *(("shared", share) for share in SHARES),
        *(("windows", share) for share in SHARES),
    ]
    shared, alone = report.scans[:3], report.scans[3:]
    assert [scan.hop_s for scan in shared] == [scan.hop_s for scan in alone]
    assert [ratio.asked_share for ratio in report.shared_over_windows] == list(SHARES)
    assert report.sound.seconds == pytest.approx(4.0)
    assert report.sound.made
    assert not report.trained
    assert any("no weights" in note for note in report.notes)
    assert report.peak_bytes is None or 50e6 < report.peak_bytes < report.machine.memory_bytes


def test_a_report_agrees_with_itself(request_: BenchmarkRequest) -> None:
    report = benchmark(replace(request_, seconds=20.0))
    (products,) = report.matrix_products
    assert products.mean == pytest.approx((products.before + products.after) / 2)
    for scan in report.scans:
        operations = 2 * scan.trunk_multiply_adds_per_s * scan.x_real_time
        assert scan.of_matrix_products == pytest.approx(operations / products.mean)
        assert scan.windows_per_s == pytest.approx(scan.x_real_time / scan.hop_s, rel=0.1)
        assert sum(stage.share for stage in scan.stages.values()) == pytest.approx(1.0)


def test_every_case_is_scanned_once_to_warm_up_and_then_in_turns(request_: BenchmarkRequest) -> None:
    shown: list[list[Case]] = []

    class Kept(Progress):
        def through(self, items: Iterable[Case], total: int, unit: str, task: str = "") -> Iterator[Case]:  # type: ignore[override]  # of cases alone
            shown.append(list(items))
            assert (len(shown[-1]), unit, task) == (total, "scan", "")
            return iter(shown[-1])

    benchmark(request_, Kept())
    first, turns = shown
    assert [case.share for case in first] == list(SHARES)
    assert turns == turns[: len(turns) // REPEATS] * REPEATS


def test_recordings_are_scanned_where_they_are_given(request_: BenchmarkRequest, tmp_path: Path) -> None:
    for number in range(2):
        write_sound(tmp_path / "in" / f"{number}.wav", sound(3.0, seed=number))
    (tmp_path / "in" / "broken.wav").write_bytes(b"no sound")
    report = benchmark(replace(request_, recordings=(tmp_path / "in",), seconds=None))
    assert (report.sound.recordings, report.sound.seconds, report.sound.made) == (2, pytest.approx(6.0), False)
    (failed,) = report.failed
    assert "broken.wav" in failed


def test_a_model_that_cannot_share_is_measured_by_windows_alone(tmp_path: Path) -> None:
    path = write_recipe(tmp_path / "same.toml", recipe(network={"padding": "same"}))
    report = benchmark(BenchmarkRequest(model=str(path), seconds=2.0, workers=1))
    assert {scan.engine for scan in report.scans} == {"windows"}
    assert (report.shared_over_windows, report.finest_over_coarsest) == ((), None)
    assert any('padding = "same"' in note for note in report.notes)


@pytest.mark.parametrize("frames", ["window", "frame"])
def test_windows_are_counted_as_a_scan_gives_them(tmp_path: Path, frames: str) -> None:
    model = random_model(recipe(network={"dense": {"units": [], "per": frames}}))
    path = write_sound(tmp_path / "a.wav", sound(5.3))
    blocks: list[ScoreBlock] = []
    layout = lay_out(model.recipe, 0.1)
    Scanner(model, Setting(hop_s=0.1)).scan(path, blocks.append)
    found = time_scan(model, Case(0.2, Setting(hop_s=0.1), layout, (path,)), tmp_path)
    points = sum(block.n_points for block in blocks)
    columns = 1 if frames == "window" else layout.grid.hop // layout.step
    assert found.windows * columns == pytest.approx(points, abs=model.network.geometry.columns)
    assert found.sound_s == pytest.approx(5.3)


@pytest.mark.parametrize("name", list_presets())
def test_the_hops_of_every_shipped_recipe_are_those_of_both_engines(name: str) -> None:
    recipe = find_recipe(name)
    for share, hop_s in choose_hops(recipe).items():
        shared, alone = (lay_out(recipe, hop_s, engine) for engine in ("shared", "windows"))
        assert shared.grid.hop_s == alone.grid.hop_s == hop_s
        assert hop_s <= share * recipe.window.duration * 1.13 + 0.5 / recipe.frame_rate


def test_the_length_of_made_sound_is_refused_where_recordings_are_given(request_: BenchmarkRequest) -> None:
    with pytest.raises(ConfigurationError, match=r"^`seconds`: 4"):
        benchmark(replace(request_, recordings=(Path(__file__),)))


def test_recordings_that_cannot_be_scanned_at_all_are_an_error(request_: BenchmarkRequest) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing could be scanned: .*test_measure\.py"):
        benchmark(replace(request_, recordings=(Path(__file__),), seconds=None))


def test_a_report_is_plain_data(request_: BenchmarkRequest) -> None:
    content = asdict(benchmark(request_))
    assert set(content["scans"][0]["stages"]) == {
        "decode", "resample", "front end", "trunk", "head", "events", "write",
    }  # fmt: skip
    assert content["machine"]["versions"].keys() == {"python", "detector", "torch", "onnxruntime"}


def test_a_processor_is_named_as_far_as_the_system_knows_it(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Quick 3000\n", encoding="utf-8")
    assert processor_name(tmp_path / "cpuinfo") == "Quick 3000"
    assert processor_name(tmp_path / "none")
    assert (peak_bytes() or 1) > 0
