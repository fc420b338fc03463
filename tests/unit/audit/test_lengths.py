"""Lengths that no recording has are refused before anything is sized by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.audit.background import read_scanned
from detector.errors import AnnotationError
from detector.tables.effort import read_effort


@pytest.mark.parametrize("seconds", ["1e308", "1e12", "-5"])
@pytest.mark.parametrize("read", [read_effort, read_scanned])
def test_an_effort_table_with_an_absurd_length_is_refused_by_row_and_value(
    tmp_path: Path, read: object, seconds: str
) -> None:
    table = tmp_path / "effort.csv"
    table.write_text(f"recording,channel,status,scanned_s\na.wav,0,ok,10\nb.wav,0,ok,{seconds}\n", encoding="utf-8")
    assert callable(read)
    with pytest.raises(AnnotationError, match=rf"row 2.*{seconds}"):
        read(table)
