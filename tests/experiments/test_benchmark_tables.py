"""The tables of experiments/BENCHMARKS.md follow from measurements by arithmetic, and go between their marks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from benchmark_tables import (
    coding_rows,
    file_rows,
    fill,
    memory_rows,
    preset_rows,
    scan_rows,
    start_rows,
    table,
    training_rows,
)

MACHINE = {"processor": "Quick 3000", "device": "Quick 3000", "cores": 2, "versions": {"torch": "9.9"}}


def cells(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def scan(engine: str, share: float, x_real_time: float, of_matrix_products: float = 0.625) -> dict[str, Any]:
    stages = {"decode": {"share": 0.25, "x_real_time": 4000.0}, "resample": {"share": 0.0, "x_real_time": None}}
    return {
        "engine": engine,
        "asked_share": share,
        "hop_s": 3 * share,
        "x_real_time": x_real_time,
        "spread": 0.02,
        "windows_per_s": 1234.5,
        "of_matrix_products": of_matrix_products,
        "stages": stages,
    }


FIGURES = {
    "scans": [scan("shared", 0.5, 1300.0), scan("shared", 0.1, 640.0, 0.61), scan("windows", 0.5, 250.0)],
    "matrix_products": [{"precision": "float32", "mean": 155e9}],
    "shared_over_windows": [{"asked_share": 0.5, "shared_over_windows": 2.613}],
    "finest_over_coarsest": 1.234,
}


def test_a_table_goes_between_its_marks_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- one -->\nold\n<!-- end -->\nb\n<!-- two -->\nold\n<!-- end -->\n", encoding="utf-8")
    for _ in range(2):
        fill(page, "one", MACHINE, "2026-01-01", table(["x", "y"], [["1", "2"]]))
    assert page.read_text(encoding="utf-8") == (
        "a\n<!-- one -->\nMeasured on 2026-01-01 on 2 cores of Quick 3000, torch 9.9.\n\n"
        "| x | y |\n| --- | --- |\n| 1 | 2 |\n<!-- end -->\nb\n<!-- two -->\nold\n<!-- end -->\n"
    )
    with pytest.raises(SystemExit, match="three"):
        fill(page, "three", MACHINE, "2026-01-01", [])


def test_scans_are_told_beside_what_is_asked_for() -> None:
    rows = cells(scan_rows(FIGURES))
    assert ["shared", "90 %", "0.3 s", "640x", "2%", "1,234", "61%"] in rows
    assert ["shared", "50 %", "1.5 s", "1,300x", "2%", "1,234", "62%"] in rows
    assert ["of the matrix-product rate, at every overlap", "61% of 155 GFLOP/s in float32", "60 % at least"] in rows
    assert ["one pass over windows by themselves, 50 % overlap", "2.61x", "1.7x at least"] in rows
    assert ["cost of 97 % overlap, of that of 50 %", "1.23x", "1.3x at most"] in rows
    assert ["decode", "25.0%, 4,000x", "25.0%, 4,000x"] in rows
    assert ["resample", "0.0%, -", "0.0%, -"] in rows


def test_recipes_are_told_a_row_each() -> None:
    assert cells(preset_rows({"lenet": FIGURES}))[-1] == ["`lenet`", "1,300x", "640x", "61%"]


def test_ratios_leave_out_the_start_of_the_program() -> None:
    rows = cells(coding_rows({"sound_s": 7200, "start": 3.0, "wav": 13.0, "flac": 15.0}))
    assert rows[-1] == ["2 hours as 48 kHz FLAC", "12.0 s", "1.20x the WAV", "1.35x at most"]
    rows = cells(file_rows({"files": 2000, "file_s": 10, "start": 3.0, "one": 43.0, "many": 53.0}))
    assert rows[-2:] == [
        ["one file of 20,000 s", "500x", "", ""],
        ["2,000 files of 10 s", "400x", "0.80", "0.8 at least"],
    ]


def test_memory_of_a_day_is_compared_where_it_was_measured() -> None:
    brief, day = {"sound_s": 600, "peak_bytes": 400e6}, {"sound_s": 86400, "peak_bytes": 420e6}
    assert cells(memory_rows(brief, day))[-1] == [
        "24 hours",
        "420 MB",
        "1.05x the shorter one",
        "1.1x and 700 MB at most",
    ]
    assert cells(memory_rows(brief, None))[-1] == ["10 minutes", "400 MB", "", ""]


def test_starts_are_told_at_their_best_and_worst() -> None:
    rows = cells(start_rows({"first_row": [3.5, 3.0, 3.25], "help": [0.125, 0.1, 0.25]}))
    assert rows[2:] == [
        ["`detector scan` to the first row", "3.00 s", "3.50 s", "under 4 s"],
        ["`detector --help`", "0.10 s", "0.25 s", "under 0.3 s"],
    ]


def test_the_speed_of_training_is_that_in_float32_with_bfloat16_beside_it() -> None:
    float32 = {
        "clips_per_s": 100.0,
        "spread": 0.05,
        "operations_per_clip": 1.5e9,
        "of_matrix_products": 0.714,
        "matrix_products": {"mean": 210e9},
    }
    of = {
        "small-cnn": {"float32": float32, "bfloat16": float32 | {"clips_per_s": 150.0}},
        "lenet": {"float32": float32},
    }
    head, _, small, lenet = cells(training_rows(of))
    assert dict(zip(head, small)) == {
        "recipe": "`small-cnn`",
        "clips a second": "100",
        "slowest to fastest": "5%",
        "GFLOP a clip": "1.5",
        "of matrix products": "71% of 210 GFLOP/s",
        "asked for": "35 % at least",
        "in bfloat16": "150, 1.50x",
    }
    assert (lenet[0], lenet[-2:]) == ("`lenet`", ["", "-"])
