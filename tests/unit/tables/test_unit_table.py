"""The table of `detector classify` keeps every label and every failed unit, and survives a spreadsheet."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from detector.tables.formats import FORMATS, detect_format, read_tables
from detector.tables.sink import Sink
from detector.tables.table import ReadOptions, Table
from detector.tables.unit_table import UnitRow, UnitWriter, is_unit_table

ROWS = (
    UnitRow(
        "a, b.wav", "0", 0.0, 5.0000004, "ok", "", [("score", 0.9), ('the "owl"', 0.1234567)], "2024-05-11T05:30:02"
    ),
    UnitRow("c.wav", "mix", 1.2252, 2.0, "truncated", "ends early", [("owl", 0.5), ("score", 0.25)]),
    UnitRow("d.wav", "", None, None, "failed", "is no audio"),
)


def written(path: Path, n_pairs: int = 2) -> Path:
    stream = io.StringIO()
    UnitWriter(Sink(stream), n_pairs).add(ROWS)
    path.write_text(stream.getvalue(), encoding="utf-8")
    return path


def read(path: Path) -> Table:
    (table,), _ = read_tables(path)
    return table


def rows(table: Table) -> list[tuple[object, ...]]:
    return [
        (row.audio_name, row.channel, *row.event.span, row.event.label, row.event.score) for row in table.annotations
    ]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    table = read(written(tmp_path / "table.csv"))
    assert rows(table) == [
        ("a, b.wav", "0", 0.0, 5.0, "score", 0.9),
        ("a, b.wav", "0", 0.0, 5.0, 'the "owl"', 0.123457),
        ("c.wav", "mix", 1.2252, 2.0, "owl", 0.5),
        ("c.wav", "mix", 1.2252, 2.0, "score", 0.25),
    ]
    (problem,) = table.problems
    assert (problem.audio_name, problem.kept) == ("d.wav", False)
    assert "is no audio" in problem.reason


def test_only_the_best_labels_are_written_if_so_asked(tmp_path: Path) -> None:
    path = written(tmp_path / "table.csv", n_pairs=1)
    assert path.read_text().splitlines()[0].endswith("detail,label,score")
    assert [row[4] for row in rows(read(path))] == ["score", "owl"]


def test_a_table_that_a_spreadsheet_saved_with_semicolons_and_decimal_commas_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(
        "recording;channel;start_s;end_s;start_time;status;detail;label;score\n"
        "c.wav;mix;1,2252;2;;ok;;an owl, far;0,5\n"
    )
    assert rows(read(path)) == [("c.wav", "mix", 1.2252, 2.0, "an owl, far", 0.5)]


@pytest.mark.parametrize(
    "header",
    ["recording,start_s,end_s,label,score", "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time"],
)
def test_other_tables_are_not_taken_for_it(tmp_path: Path, header: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(header + "\n")
    assert detect_format(path) is FORMATS["csv"]
    assert not is_unit_table(path)
    assert is_unit_table(written(path))


def test_a_table_without_times_is_about_whole_recordings_if_so_asked(tmp_path: Path) -> None:
    path = tmp_path / "meta.csv"
    path.write_text("file,fold,class\na.wav,1,owl\n")
    (table,), _ = read_tables(path, ReadOptions(untimed=True))
    assert [(row.audio_name, row.event.start_s, row.event.label) for row in table.annotations] == [("a.wav", 0, "owl")]
