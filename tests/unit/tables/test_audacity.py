"""Audacity label files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from detector.errors import OutputError
from detector.events import Event
from detector.tables import Detection, ReadOptions, read_tables, write_table


def test_labels_with_and_without_a_band_mix(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1.0\t2.0\towl\n\\\t300.0\t900.0\n3.0\t4.0\tfrog\n5.0\t6.0\towl\n\\\t-1.000\t2000.0\n")
    (table,), _ = read_tables(path)
    assert [row.event for row in table.annotations] == [
        Event(1, 2, "owl", 300, 900),
        Event(3, 4, "frog"),
        Event(5, 6, "owl", None, 2000),
    ]
    assert [row.row for row in table.annotations] == [1, 2, 3]


@pytest.mark.parametrize("line", ["1.0\t2.0\t", "1.0\t2.0"])
def test_an_empty_label_takes_the_label_that_is_given(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(line)
    (table,), _ = read_tables(path, ReadOptions(label="owl"))
    assert [row.event for row in table.annotations] == [Event(1, 2, "owl")]
    (table,), _ = read_tables(path)
    assert [problem.row for problem in table.problems] == [1]


def test_a_broken_line_costs_itself_and_its_band(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1.0\t2.0\towl\nnonsense\n\\\t300.0\t900.0\n3.0\t4.0\tfrog\n")
    (table,), _ = read_tables(path)
    assert [row.event for row in table.annotations] == [Event(1, 2, "owl"), Event(3, 4, "frog")]
    assert [problem.row for problem in table.problems] == [2]
    assert "'nonsense'" in table.problems[0].reason


def test_latin_1_labels_and_a_mark_at_the_start_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"1.0\t2.0\tGr\xfcn\x85fink\r\n3.0\t4.0\towl\r\n")
    (table,), _ = read_tables(path)
    assert [row.event.label for row in table.annotations] == ["Grün\x85fink", "owl"]
    path.write_bytes("\ufeff1.0\t2.0\tGrünfink\n".encode())
    (table,), _ = read_tables(path)
    assert [row.event.label for row in table.annotations] == ["Grünfink"]


def test_a_label_file_holds_one_recording() -> None:
    events = [Detection(name, "0", Event(1, 2, "x")) for name in ("a.wav", "b.wav")]
    with pytest.raises(OutputError, match=r"one recording, not a\.wav and b\.wav"):
        write_table(events, io.StringIO(), "audacity")
