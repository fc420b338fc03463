from __future__ import annotations

from pathlib import Path

import pytest

from detector.audio.status import STATUSES
from detector.errors import AnnotationError
from detector.evaluation.effort import Scan, read_effort
from detector.place import LocalPlace
from detector.scanning.effort import COLUMNS, Effort


def test_it_reads_what_a_scan_writes(tmp_path: Path) -> None:
    efforts = [
        Effort(LocalPlace(Path("a b.wav")), "mix", "ok", 10.0, 9.5),
        Effort(LocalPlace(Path("c,d.wav")), "", "failed", detail="x"),
    ]
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
            "recording,channel,scanned_s,status\na.wav,mix,9,ok\nb.wav,mix,9,fine\n",
            r"effort.csv, row 2: .*'fine'.*silent",
        ),
        ("recording,channel,scanned_s,status\na.wav,mix,9,\n", "row 1: status ''"),
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


def test_every_status_of_a_scan_is_read_and_so_is_a_table_without_them(tmp_path: Path) -> None:
    rows = [Effort(LocalPlace(Path(f"{status}.wav")), "0", status, 10.0, 9.0).row() for status in STATUSES]
    text = "\n".join(",".join(row) for row in [COLUMNS, *rows])
    (tmp_path / "effort.csv").write_text(text, encoding="utf-8")
    (tmp_path / "bare.csv").write_text("recording,channel,scanned_s\nok.wav,0,9\n", encoding="utf-8")
    assert [scan.recording.stem for scan in read_effort(tmp_path / "effort.csv")] == list(STATUSES)
    assert read_effort(tmp_path / "bare.csv") == [Scan(Path("ok.wav"), "0", 9.0)]


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
    (scan,) = read_effort(path)
    assert scan.end_s == end_s
    assert scan.scanned_s == float(row.rpartition(",")[2])


def test_a_length_that_is_no_number_is_told_where_it_matters(tmp_path: Path) -> None:
    path = tmp_path / "effort.csv"
    path.write_text("recording,channel,status,seconds,scanned_s\na.wav,0,damaged,long,9\n", encoding="utf-8")
    with pytest.raises(AnnotationError, match="row 1: seconds 'long'"):
        read_effort(path)
