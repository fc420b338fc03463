"""Figures follow from times by arithmetic."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.benchmark.figures import BenchmarkScan, compare_engines, cost_of_overlap, scan_figures
from detector.benchmark.scans import Case, Run
from detector.clock import STAGES
from detector.scanning.layout import EngineName, lay_out
from detector.scanning.setting import Setting
from tests.made import recipe

SPENT = dict.fromkeys(STAGES, 0.0) | {"decode": 1.0, "trunk": 3.0}


def case(share: float = 0.5, engine: EngineName = "shared") -> Case:
    return Case(share, Setting(workers=2), lay_out(recipe(), 0.25, engine), (Path("a.wav"),))


def took(*seconds: float, windows: int = 400) -> list[Run]:
    return [Run(elapsed, 100.0, windows, SPENT, {}, ()) for elapsed in seconds]


def scan(engine: str, share: float, windows_per_s: float, x_real_time: float) -> BenchmarkScan:
    return BenchmarkScan(engine, share, share, 0.1, x_real_time, 0.0, windows_per_s, 1.0, 1.0, 1.0, {})


def test_speed_is_that_of_the_median_run() -> None:
    found = scan_figures(case(), took(2.0, 5.0, 4.0), 1e6, 1e9)
    assert found.x_real_time == 25.0
    assert found.windows_per_s == 100.0
    assert found.spread == 0.75


def test_a_trunk_that_does_nothing_but_matrix_products_reaches_their_rate() -> None:
    multiply_adds_per_s, elapsed_s = 3e6, 4.0
    rate = 2 * multiply_adds_per_s * 100.0 / elapsed_s
    assert scan_figures(case(), took(elapsed_s), multiply_adds_per_s, rate).of_matrix_products == pytest.approx(1.0)
    assert scan_figures(case(), took(2 * elapsed_s), multiply_adds_per_s, rate).of_matrix_products == pytest.approx(0.5)


def test_stages_share_the_processor_time_and_have_speeds_of_their_own() -> None:
    found = scan_figures(case(), took(4.0, 4.0, 4.0), 1e6, 1e9)
    assert list(found.stages) == list(STAGES)
    assert sum(stage.share for stage in found.stages.values()) == pytest.approx(1.0)
    assert (found.stages["decode"].share, found.stages["decode"].x_real_time) == (0.25, 100.0)
    assert (found.stages["head"].share, found.stages["head"].x_real_time) == (0.0, None)
    assert found.busy == 0.5  # four seconds of two workers' eight


def test_engines_are_compared_at_each_hop_by_windows_a_second() -> None:
    scans = [
        scan("shared", 0.5, 200.0, 600.0),
        scan("shared", 0.03, 3000.0, 500.0),
        scan("windows", 0.5, 100.0, 300.0),
        scan("windows", 0.03, 150.0, 25.0),
    ]
    assert [(ratio.asked_share, ratio.shared_over_windows) for ratio in compare_engines(scans)] == [
        (0.5, 2.0),
        (0.03, 20.0),
    ]
    assert cost_of_overlap(scans) == pytest.approx(1.2)


def test_a_model_that_cannot_share_has_no_ratios() -> None:
    scans = [scan("windows", 0.5, 100.0, 300.0)]
    assert compare_engines(scans) == ()
    assert cost_of_overlap(scans) is None
