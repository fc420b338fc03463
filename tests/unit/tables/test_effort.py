from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from detector.audio.status import STATUSES
from detector.chronology import Chronology
from detector.errors import AnnotationError
from detector.place import LocalPlace
from detector.tables.effort import COLUMNS, Effort, EffortWriter, read_effort
from detector.tables.sink import Sink


def test_what_is_not_known_is_empty_rather_than_zero() -> None:
    row = dict(zip(COLUMNS, Effort(LocalPlace(Path("a/b.wav")), "", "failed", detail="broken").row()))
    assert row == {
        "recording": "a/b.wav",
        "channel": "",
        "status": "failed",
        "seconds": "",
        "scanned_s": "0.000",
        "start_time": "",
        "time_source": "",
        "detail": "broken",
    }


def test_a_row_that_is_written_reads_back_whole(tmp_path: Path) -> None:
    when = datetime(2024, 5, 11, 23, 59, 59, 250_000, tzinfo=timezone(timedelta(hours=9.5)))
    chronology = Chronology.since(when, "header", when.isoformat(timespec="milliseconds"))
    rows = [
        Effort(LocalPlace(Path("site, 1/a b.wav")), "mix", "truncated", 10.5, 9.125, chronology, 'ends early, "cut"'),
        Effort(LocalPlace(Path("c\nd.wav")), "", "failed", detail="x"),
    ]
    with (tmp_path / "effort.csv").open("w", encoding="utf-8", newline="") as stream:
        EffortWriter(Sink(stream, "effort.csv")).add(rows)
    assert read_effort(tmp_path / "effort.csv") == rows


def chronology_of(folder: Path, text: str) -> Chronology | None:
    (folder / "effort.csv").write_text(text, encoding="utf-8")
    (effort,) = read_effort(folder / "effort.csv")
    return effort.chronology


@pytest.mark.parametrize("time", ["11.05.2024 05:30", "2024-05-11", "05:30", ""])
@pytest.mark.parametrize("source", ["header", ""])
def test_a_start_that_is_no_date_with_a_time_of_day_is_unknown(tmp_path: Path, time: str, source: str) -> None:
    text = f"recording,channel,scanned_s,start_time,time_source\na.wav,0,9,{time},{source}\n"
    assert chronology_of(tmp_path, text) is None


@pytest.mark.parametrize(
    ("time", "source", "read"),
    [
        ("2024-05-11T05:30:00+09:30", "", "table"),
        ("2024-05-11 05:30", "", "table, no zone"),
        ("2024-05-11 05:30", "header", "table, no zone"),
        ("2024-05-11T05:30:00+09:30", '"filename, no zone"', "table"),
        ("2024-05-11T05:30:00", '"filename, no zone"', "filename, no zone"),
    ],
)
def test_a_start_without_a_source_that_fits_it_is_kept_as_one_of_the_table(
    tmp_path: Path, time: str, source: str, read: str
) -> None:
    text = f"recording,channel,scanned_s,start_time,time_source\na.wav,0,9,{time},{source}\n"
    chronology = chronology_of(tmp_path, text)
    assert chronology is not None
    assert (chronology.pieces[0].start, chronology.time_source) == (datetime.fromisoformat(time), read)


def test_a_start_is_read_from_a_table_without_a_column_of_sources(tmp_path: Path) -> None:
    chronology = chronology_of(tmp_path, "recording,channel,scanned_s,start_time\na.wav,0,9,2024-05-11T05:30:00Z\n")
    assert chronology is not None
    assert (chronology.pieces[0].start.hour, chronology.time_source) == (5, "table")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("recording,start_s\n", "no column channel"),
        ("", "is empty: it has no header"),
        ("recording,channel,scanned_s\na.wav,mix,long\n", "row 1: scanned_s 'long': must be a number from 0"),
        ("recording,channel,scanned_s\na.wav,mix,-1\n", "row 1: scanned_s '-1'"),
        ("recording,channel,scanned_s\na.wav,mix\n", "row 1: scanned_s ''"),
        ("scanned_s,recording\n9,a.wav\n", "no column channel"),
        ("recording,channel,scanned_s\n,mix,9\n", "row 1: recording"),
        (
            "recording,channel,scanned_s,status\na.wav,mix,9,ok\nb.wav,mix,9,fine\n",
            r"effort.csv, row 2: .*'fine'.*silent",
        ),
        ("recording,channel,scanned_s,status\na.wav,mix,9,\n", "row 1: status ''"),
        (
            "recording,channel,scanned_s\na.wav,mix,9\nb.wav,mix,9\na.wav,mix,5\n",
            "row 3: a.wav, channel 'mix'",
        ),
    ],
)
def test_what_is_no_effort_table_is_told_in_a_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "effort.csv").write_text(text, encoding="utf-8")
    with pytest.raises(AnnotationError, match=told):
        read_effort(tmp_path / "effort.csv")


def test_cells_that_a_row_lacks_are_empty_and_a_spreadsheets_semicolons_part_them(tmp_path: Path) -> None:
    (tmp_path / "effort.csv").write_text("scanned_s;recording;channel\n9.5;a.wav\n", encoding="utf-8")
    assert read_effort(tmp_path / "effort.csv") == [Effort(LocalPlace(Path("a.wav")), "", "ok", scanned_s=9.5)]


def test_every_status_of_a_scan_is_read_and_so_is_a_table_without_them(tmp_path: Path) -> None:
    rows = [Effort(LocalPlace(Path(f"{status}.wav")), "0", status, 10.0, 9.0).row() for status in STATUSES]
    text = "\n".join(",".join(row) for row in [COLUMNS, *rows])
    (tmp_path / "effort.csv").write_text(text, encoding="utf-8")
    (tmp_path / "bare.csv").write_text("recording,channel,scanned_s\nok.wav,0,9\n", encoding="utf-8")
    assert [Path(effort.recording.name).stem for effort in read_effort(tmp_path / "effort.csv")] == list(STATUSES)
    assert read_effort(tmp_path / "bare.csv") == [Effort(LocalPlace(Path("ok.wav")), "0", "ok", scanned_s=9.0)]


def test_a_length_that_is_no_number_is_told_where_it_matters(tmp_path: Path) -> None:
    path = tmp_path / "effort.csv"
    path.write_text("recording,channel,status,seconds,scanned_s\na.wav,0,damaged,long,9\n", encoding="utf-8")
    with pytest.raises(AnnotationError, match="row 1: seconds 'long'"):
        read_effort(path)
