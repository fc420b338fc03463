"""JSON lines, from us and from other programs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from detector.errors import AnnotationError
from detector.events import Event
from detector.tables import Detection, ReadOptions, Table, WriteOptions, read_tables, write_table


def read(folder: Path, text: str, name: str = "a.jsonl") -> Table:
    (folder / name).write_text(text, encoding="utf-8")
    (table,), _ = read_tables(folder / name)
    return table


def test_every_line_is_an_object_with_the_columns_of_detections_and_null_for_unknown() -> None:
    stream = io.StringIO()
    rows = [
        Detection("a.wav", "0", Event(1.25, 2, "ü"), extra=("yes",)),
        Detection("", "", Event(0, 1, "b"), extra=("",)),
    ]
    write_table(rows, stream, "jsonl", WriteOptions(("Verdict",)))
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert list(first) == [
        *("recording", "channel", "start_s", "end_s", "low_hz", "high_hz", "label", "score", "start_time", "Verdict")
    ]
    assert (first["start_s"], first["score"], first["label"], first["Verdict"]) == (1.25, None, "ü", "yes")
    assert (second["recording"], second["channel"]) == (None, None)
    assert "ü" in stream.getvalue()


def test_names_of_other_programs_and_numbers_of_any_kind_are_read(tmp_path: Path) -> None:
    table = read(tmp_path, '{"file": "a.wav", "onset": 1, "offset": 2.5e0, "species": "owl", "confidence": 1}\n')
    assert [(row.audio_name, row.event) for row in table.annotations] == [("a.wav", Event(1, 2.5, "owl", score=1))]


def test_objects_may_lack_keys(tmp_path: Path) -> None:
    lines = '{"start_s": 1, "end_s": 2, "label": "a"}\n\n{"label": "b", "end_s": 4, "start_s": 3, "low_hz": 5}\n'
    table = read(tmp_path, lines)
    assert [row.event for row in table.annotations] == [Event(1, 2, "a"), Event(3, 4, "b", 5)]


@pytest.mark.parametrize("line", ["{", "[1]", "7", '{"a": 1} x', "{" * 50, '{"start_s": ' + "9" * 5000 + "}"])
def test_a_line_that_is_no_object_is_a_problem_of_its_row(tmp_path: Path, line: str) -> None:
    table = read(tmp_path, '{"start_s": 1, "end_s": 2, "label": "a"}\n' + line + "\n")
    assert [row.row for row in table.annotations] == [1]
    assert [problem.row for problem in table.problems] == [2]


@pytest.mark.parametrize("form", [None, "jsonl"])
def test_nothing_is_a_table_without_rows_as_a_scan_without_detections_writes_it(
    tmp_path: Path, form: str | None
) -> None:
    write_table([], tmp_path / "a.jsonl", "jsonl")
    (table,), _ = read_tables(tmp_path / "a.jsonl", ReadOptions(format=form))
    assert (table.n_rows, table.names_audio) == (0, True)


def test_objects_without_times_are_no_table(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=r"a\.jsonl: no column start_s .*; it has a$"):
        read(tmp_path, '{"a": 1}\n')


def test_a_name_that_is_no_text_comes_back_and_the_file_is_text_all_the_same(tmp_path: Path) -> None:
    write_table([Detection("\udce9.wav", "0", Event(1, 2, "owl"))], tmp_path / "a.jsonl", "jsonl")
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8")
    (table,), _ = read_tables(tmp_path / "a.jsonl")
    assert table.annotations[0].audio_name == "\udce9.wav"
