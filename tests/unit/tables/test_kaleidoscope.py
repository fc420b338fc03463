"""Kaleidoscope tables: those of the program, and those of BirdNET-Analyzer for it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from detector.events import Event
from detector.tables import Detection, ReadOptions, Table, read_tables, write_table

ID = (
    "INDIR,OUTDIR,FOLDER,IN FILE,CHANNEL,OFFSET,DURATION,DATE,TIME,AUTO ID*,Fmax,Fmin,MANUAL ID*\n"
    "C:\\bats,,night,a.wav,1,2.5,0.25,2021-03-15,22:00:00,MYOLUC,95.5,40,\n"
    "C:\\bats,,night,a.wav,0,3.5,0.25,2021-03-15,22:00:00,MYOLUC,,,EPTFUS\n"
)


def read(folder: Path, text: str, options: ReadOptions | None = None) -> Table:
    (folder / "id.csv").write_text(text)
    (table,), _ = read_tables(folder / "id.csv", options)
    return table


def test_rows_of_the_program_are_read_and_a_persons_label_goes_first(tmp_path: Path) -> None:
    first, second = read(tmp_path, ID).annotations
    assert (first.audio_name, first.channel) == ("C:\\bats/night/a.wav", "1")
    assert first.event == Event(2.5, 2.75, "MYOLUC", 40_000, 95_500)
    assert second.event == Event(3.5, 3.75, "EPTFUS")


def times_of(folder: Path, *rows: str) -> list[str | None]:
    text = "IN FILE,OFFSET,DURATION,DATE,TIME,AUTO ID\n" + "".join(f"{row},x\n" for row in rows)
    return [row.start_time for row in read(folder, text).annotations]


@pytest.mark.parametrize(
    ("rows", "times"),
    [
        (["a.wav,2.5,1,2021-03-15,22:00:02"], ["2021-03-15T22:00:02"]),
        (
            ["a.wav,2.5,1,2021-03-15,22:00:02", "a.wav,70,1,2021-03-15,22:01:10"],
            ["2021-03-15T22:00:02", "2021-03-15T22:01:10"],
        ),
        (
            ["a.wav,2.5,1,2021-03-15,22:00:00", "a.wav,70,1,2021-03-15,22:00:00"],  # that of the recording
            ["2021-03-15T22:00:02.500", "2021-03-15T22:01:10.000"],
        ),
        (
            ["a.wav,x,1,2021-03-15,22:00:00", "a.wav,2.5,1,2021-03-15,22:00:00", "a.wav,70,1,2021-03-15,22:00:00"],
            ["2021-03-15T22:00:02.500", "2021-03-15T22:01:10.000"],  # of the rows that can be read
        ),
        (["S_20210315_220000.wav,2.5,1,2021-03-15,22:00:00"], ["2021-03-15T22:00:02.500"]),
        (["S_20210315_220000.wav,2.5,1,2021-03-15,22:00:02"], ["2021-03-15T22:00:02"]),
        (["S_20210315_120000Z.wav,2.5,1,2021-03-15,22:00:00"], [None]),  # the name says more
        (["a.wav,2.5,1,15/03/2021,22:00:00"], [None]),
        (["a.wav,2.5,1,2021-03-15,"], [None]),
    ],
)
def test_date_and_time_are_local_times_of_the_detection(
    tmp_path: Path, rows: list[str], times: list[str | None]
) -> None:
    assert times_of(tmp_path, *rows) == times


def test_local_times_survive_without_the_column_that_is_ours(tmp_path: Path) -> None:
    stream = io.StringIO()
    times = ["2021-03-15T14:22:33", "2021-03-15T14:23:39"]
    rows = [Detection("a.wav", "0", Event(n, n + 1, "x"), when) for n, when in zip((1, 67), times)]
    write_table(rows, stream, "kaleidoscope")
    text = "".join(line.rpartition(",")[0] + "\n" for line in stream.getvalue().splitlines())
    assert [row.start_time for row in read(tmp_path, text).annotations] == times


def test_the_column_of_labels_may_be_named(tmp_path: Path) -> None:
    table = read(tmp_path, ID, ReadOptions(label_column="AUTO ID*"))
    assert [row.event.label for row in table.annotations] == ["MYOLUC", "MYOLUC"]


def test_tables_of_birdnet_are_read_with_their_confidence(tmp_path: Path) -> None:
    text = (
        "INDIR,FOLDER,IN FILE,OFFSET,DURATION,scientific_name,common_name,confidence,lat,lon\n"
        "/data,site,a.wav,3.0,3.0,Strix aluco,Tawny Owl,0.8,1,2\n"
    )
    (row,) = read(tmp_path, text).annotations
    assert (row.audio_name, row.event) == ("/data/site/a.wav", Event(3, 6, "Tawny Owl", score=0.8))


@pytest.mark.parametrize("offset", ["", "x", "nan", "1e999999", "9" * 5000])
def test_numbers_that_are_none_are_problems_of_their_rows(tmp_path: Path, offset: str) -> None:
    table = read(tmp_path, ID.replace("2.5,0.25", f"{offset},0.25"))
    assert [row.row for row in table.annotations] == [2]
    assert [problem.row for problem in table.problems] == [1]


def test_clock_and_hour_are_those_of_the_detection_on_the_recorders_clock() -> None:
    stream = io.StringIO()
    rows = [
        Detection("/a.wav", "0", Event(1, 2, "x"), "2021-03-15T23:59:59.900+10:00"),
        Detection("b/a.wav", "mix", Event(1, 2, "x"), "2021-03-15T14:22:33.000"),
        Detection("", "", Event(1, 2, "x")),
    ]
    write_table(rows, stream, "kaleidoscope")
    first, second, third = csv.DictReader(io.StringIO(stream.getvalue()))
    assert [first[name] for name in ("INDIR", "IN FILE", "DATE", "TIME", "HOUR")] == [
        *("/", "a.wav", "2021-03-15", "23:59:59", "23")
    ]
    assert (second["TIME"], second["CHANNEL"], second["INDIR"]) == ("14:22:33", "", "b")
    assert (third["DATE"], third["HOUR"], third["IN FILE"]) == ("", "", "")


def test_an_offset_that_is_no_number_is_a_problem_of_its_row_also_where_no_other_row_has_its_clock(
    tmp_path: Path,
) -> None:
    rows = "a.wav,2.5,1,2021-03-15,22:00:02,x\na.wav,soon,1,2021-03-16,22:00:02,x\n"
    table = read(tmp_path, "IN FILE,OFFSET,DURATION,DATE,TIME,AUTO ID\n" + rows)
    assert len(table.annotations) == len(table.problems) == 1
