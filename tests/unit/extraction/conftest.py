"""What the tests of extraction share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detector.clips import ClipStore, open_clips
from detector.extraction.extract import ExtractRequest, extract
from detector.extraction.report import ExtractReport
from detector.recipe import Recipe
from tests.made import recipe, sound, write_sound, write_table

CALLS = [(0.0, 0.3, "low"), (3.0, 3.3, "high"), (5.8, 6.0, "low")]


@pytest.fixture
def one(tmp_path: Path) -> tuple[Path, Path]:
    """Give a table and a folder with one recording of 6 s, calls at its very start and end."""
    write_sound(tmp_path / "in" / "a.wav", sound(6.0, CALLS))
    return write_table(tmp_path / "a.csv", [("a.wav", *call) for call in CALLS]), tmp_path / "in"


def run(
    given: tuple[Path, Path], output: Path, made: Recipe | None = None, **options: Any
) -> tuple[ClipStore, ExtractReport]:
    options = {"complete": True, "fractions": (1.0, 0.0, 0.0)} | options
    report = extract(ExtractRequest((given[0],), (given[1],), made or recipe(), **options), output)
    return open_clips(output), report
