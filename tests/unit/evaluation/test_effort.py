from __future__ import annotations

from pathlib import Path

import pytest

from detector.errors import AnnotationError
from detector.evaluation.effort import Scan, read_effort
from detector.scanning.effort import COLUMNS, Effort


def test_it_reads_what_a_scan_writes(tmp_path: Path) -> None:
    efforts = [Effort(Path("a b.wav"), "mix", "ok", 10.0, 9.5), Effort(Path("c,d.wav"), "", "failed", detail="x")]
    lines = [COLUMNS, *(effort.row() for effort in efforts)]
    text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
    (tmp_path / "effort.csv").write_text(text, encoding="utf-8")
    assert read_effort(tmp_path / "effort.csv") == [Scan(Path("a b.wav"), "mix", 9.5), Scan(Path("c,d.wav"), "", 0.0)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("recording,start_s\n", "no column channel"),
        ("", "is empty: it has no header"),
        ("recording,channel,scanned_s\na.wav,mix,long\n", "row 1: scanned_s 'long': must be a number from 0"),
        ("recording,channel,scanned_s\na.wav,mix,-1\n", "row 1: scanned_s '-1'"),
        ("recording,channel,scanned_s\na.wav,mix\n", "row 1: scanned_s ''"),
        ("scanned_s,recording\n9,a.wav\n", "no column channel"),
        ("recording,channel,scanned_s\n,mix,9\n", "row 1: names no recording"),
        (
            "recording,channel,scanned_s\na.wav,mix,9\nb.wav,mix,9\na.wav,mix,5\n",
            "row 3: a.wav, channel 'mix', is there twice",
        ),
    ],
)
def test_what_is_no_effort_table_is_told_in_a_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "effort.csv").write_text(text, encoding="utf-8")
    with pytest.raises(AnnotationError, match=told):
        read_effort(tmp_path / "effort.csv")


def test_cells_that_a_row_lacks_are_empty_and_a_spreadsheets_semicolons_part_them(tmp_path: Path) -> None:
    (tmp_path / "effort.csv").write_text("scanned_s;recording;channel\n9.5;a.wav\n", encoding="utf-8")
    assert read_effort(tmp_path / "effort.csv") == [Scan(Path("a.wav"), "", 9.5)]
