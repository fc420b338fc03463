"""Conversion: what is kept, what is added, in which order, and when nothing is written."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from detector.errors import AnnotationError
from detector.tables import ReadOptions
from detector.tables.converting import Converted, ConvertRequest, convert
from detector.tables.destination import Destination

HEADER = "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time\n"
CSV = (
    HEADER + "x/b.wav,0,1.500,2.000,100.0,200.0,owl,0.5000,2024-05-11T05:30:01.500+02:00\n"
    "x/a.wav,mix,3.000,4.250,,,frog,,2024-05-11T05:30:01.500\n"
    "x/b.wav,0,7.123456789,8.000,,,owl,0.5000,\n"
)
EFFORT = (
    "recording,channel,status,seconds,scanned_s,start_time,time_source,detail\n"
    "x/a.wav,mix,ok,60.000,60.000,2024-05-11T05:00:00.000+00:00,header,\n"
    "x/b.wav,0,ok,30.000,30.000,,,\nx/c.wav,0,ok,30.000,30.000,,,\nx/d.wav,,failed,,0.000,,,\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(CSV)
    (tmp_path / "effort.csv").write_text(EFFORT)
    return tmp_path / "t.csv"


def converted(tables: Sequence[Path], name: str, effort: Path | None = None) -> tuple[list[str], Converted]:
    stream = io.StringIO()
    done = convert(ConvertRequest(tables, Destination(None, name), effort=effort), stream)
    return stream.getvalue().splitlines(), done


def test_a_table_of_detections_stays_the_same_with_all_its_decimals(table: Path) -> None:
    lines, done = converted([table], "csv")
    assert lines[:3] == CSV.splitlines()[:3]
    assert lines[3].split(",")[2] == "7.123456789"
    assert done.is_complete


def test_rows_without_an_instant_are_counted_and_the_conversion_is_not_complete(table: Path) -> None:
    lines, done = converted([table], "biodcase")
    assert [line.split(",")[1] for line in lines[1:]] == ["b.wav"]
    assert (done.tally.n_written, done.tally.n_left_out, done.is_complete) == (1, 2, False)


@pytest.mark.parametrize("name", ["tethys", "biodcase"])
@pytest.mark.parametrize("year", ["0001", "9998", "9999"])
def test_a_time_at_the_end_of_the_calendar_is_none_and_its_row_is_counted(tmp_path: Path, name: str, year: str) -> None:
    text = HEADER + "".join(
        f"a.wav,mix,1,2.5,,,owl,0.5,{start}+00:00\n" for start in (f"{year}-12-31T23:59:59", "2024-05-11T05:30:00")
    )
    (tmp_path / "t.csv").write_text(text)
    (tmp_path / "effort.csv").write_text(EFFORT + f"a.wav,mix,ok,60,1e8,{year}-12-31T23:59:59+00:00,header,\n")
    for effort in (None, tmp_path / "effort.csv"):
        _, done = converted([tmp_path / "t.csv"], name, effort)
        assert (done.tally.n_written, done.tally.n_left_out) == (1, 1)


def test_an_absolute_time_that_is_missing_comes_from_a_name_with_a_zone(tmp_path: Path) -> None:
    (tmp_path / "20240511_053000Z.Table.1.selections.txt").write_text(
        "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tAnnotation\n1\tS 1\t2\t1.0006\t2\towl\n"
    )
    (tmp_path / "20240511_053000.txt").write_text("1\t2\tfrog\n")
    lines, _ = converted([tmp_path], "csv")
    assert sorted(lines[1:]) == [
        "20240511_053000,,1.000,2.000,,,frog,,",
        "20240511_053000Z,1,1.0006,2.0000,,,owl,,2024-05-11T05:30:01.001+00:00",
    ]


def test_recordings_of_the_effort_table_come_in_its_order_and_have_their_lengths(table: Path) -> None:
    lines, done = converted([table], "raven", table.parent / "effort.csv")
    assert [line.split("\t")[7] for line in lines[1:]] == ["a.wav", "b.wav", "b.wav"]
    assert [float(line.split("\t")[3]) for line in lines[1:]] == [3, 61.5, 67.123456789]
    assert not done.tally.remarks
    _, done = converted([table], "raven")
    assert len(done.tally.remarks) == 1


def test_a_folder_has_a_table_for_each_recording_of_the_effort_table_that_did_not_fail(table: Path) -> None:
    folder = table.parent / "tables"
    convert(ConvertRequest([table], Destination(folder, "audacity"), effort=table.parent / "effort.csv"), io.StringIO())
    assert {path.name: len(path.read_text().splitlines()) for path in folder.iterdir()} == {
        "a.txt": 1,
        "b.txt": 3,
        "c.txt": 0,
    }


def test_nothing_appears_if_no_row_can_be_written(table: Path) -> None:
    table.write_text(HEADER + "x/a.wav,0,1,2,,,owl,,\n")
    with pytest.raises(AnnotationError, match=r"t\.csv: no row can be written as tethys: .*absolute time"):
        convert(ConvertRequest([table], Destination(table.parent / "a.xml", "tethys")), io.StringIO())
    table.write_text(HEADER + "x/a.wav,0,2,1,,,owl,,\n")
    with pytest.raises(AnnotationError, match=r"t\.csv: no row can be written as jsonl: end_s"):
        convert(ConvertRequest([table], Destination(table.parent / "a.jsonl", "jsonl")), io.StringIO())
    assert {path.name for path in table.parent.iterdir()} == {"t.csv", "effort.csv"}


def test_a_table_without_rows_becomes_one(table: Path) -> None:
    table.write_text(HEADER)
    lines, done = converted([table], "csv")
    assert (lines, done.is_complete) == ([HEADER.strip()], True)


def test_a_row_that_breaks_the_lines_of_a_format_is_left_out_and_counted(table: Path) -> None:
    table.write_text(HEADER + 'x/a.wav,0,1,2,,,"an\nowl",,\nx/a.wav,0,1,2,,,owl,,\n')
    lines, done = converted([table], "raven")
    assert (len(lines), done.tally.n_left_out) == (2, 1)


def test_a_label_fills_rows_that_have_none(table: Path) -> None:
    table.write_text("start_s,end_s,recording\n1,2,a.wav\n")
    stream = io.StringIO()
    convert(ConvertRequest([table], Destination(), ReadOptions(label="owl")), stream)
    assert stream.getvalue().splitlines()[1] == "a.wav,,1.000,2.000,,,owl,,"
