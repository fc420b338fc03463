from __future__ import annotations

from pathlib import Path

import pytest

from detector.evaluation.effort import scan_of
from detector.tables.effort import read_effort


@pytest.mark.parametrize(
    ("row", "end_s"),
    [
        ("damaged,60,20", 60.0),  # holes in its midst
        ("damaged,60,60", 60.0),
        ("damaged,,20", 20.0),  # nobody knows how long it is
        ("damaged,60,0", 0.0),  # nothing of it was scanned
        ("truncated,60,20", 20.0),  # the header claims more than there is
        ("ok,60,59.9", 59.9),
    ],
)
def test_a_damaged_recording_was_scanned_up_to_its_end_whatever_its_holes(
    tmp_path: Path, row: str, end_s: float
) -> None:
    path = tmp_path / "effort.csv"
    path.write_text(f"recording,channel,status,seconds,scanned_s\na.wav,0,{row}\n", encoding="utf-8")
    (effort,) = read_effort(path)
    scan = scan_of(effort)
    assert scan.end_s == end_s
    assert scan.scanned_s == float(row.rpartition(",")[2])
