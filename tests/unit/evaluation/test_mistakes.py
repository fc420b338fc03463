from __future__ import annotations

import io
from pathlib import Path

from detector.evaluation.evaluate import evaluate
from detector.evaluation.material import Material, Unit
from detector.evaluation.mistakes import write_mistakes
from detector.evaluation.settings import EvaluateSettings
from detector.tables.formats import read_tables

from .conftest import event


def test_misses_and_false_alarms_come_back_from_a_selection_table(tmp_path: Path) -> None:
    a, b = Unit("a.wav", "1"), Unit("b.wav", "mix")
    reference = {a: [event(0, 1, "x"), event(10, 11, "x")], b: [event(3, 4, "y")]}
    estimated = {a: [event(0, 1, "x", 0.9), event(20, 21, "x", 0.8), event(30, 31, "x", 0.2)], b: []}
    told = evaluate(Material(reference, estimated), EvaluateSettings(threshold=0.5, draws=0))
    stream = io.StringIO()
    assert write_mistakes(told, stream) == 3
    path = tmp_path / "errors.txt"
    path.write_text(stream.getvalue(), encoding="utf-8")
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)")
    assert [line.split("\t")[-1] for line in lines] == ["Outcome", "miss", "false alarm", "miss"]
    ((table,), _) = read_tables(path)
    rows = [
        (row.audio_name, row.channel, row.event.start_s, row.event.label, row.event.score) for row in table.annotations
    ]
    assert rows == [("a.wav", "1", 10, "x", None), ("a.wav", "1", 20, "x", 0.8), ("b.wav", "0", 3, "y", None)]


def test_each_row_says_where_raven_finds_it() -> None:
    unit = Unit("site/a.wav", "mix")
    stream = io.StringIO()
    write_mistakes(evaluate(Material({unit: [event(2, 3)]}, {}), EvaluateSettings(draws=0)), stream)
    head, row = (line.split("\t") for line in stream.getvalue().splitlines())
    told = dict(zip(head, row, strict=True))
    assert (told["Begin File"], told["Begin Path"]) == ("a.wav", "site/a.wav")
    assert float(told["File Offset (s)"]) == float(told["Begin Time (s)"]) == 2


def test_where_nothing_names_the_audio_raven_is_told_none() -> None:
    named, bare, table = Unit("x/a.wav"), Unit("x/b"), Unit("x/c")
    reference = {unit: [event(2, 3)] for unit in (named, bare, table)}
    stream = io.StringIO()
    audio = {"x/b": "b.wav", "x/c": ""}
    write_mistakes(evaluate(Material(reference, {}, audio=audio), EvaluateSettings(draws=0)), stream)
    head, *rows = (line.split("\t") for line in stream.getvalue().splitlines())
    columns = ("Begin File", "Begin Path", "File Offset (s)", "Recording", "Outcome")
    assert [tuple(dict(zip(head, row, strict=True))[name] for name in columns) for row in rows] == [
        ("a.wav", "x/a.wav", "2.000000000", "x/a.wav", "miss"),
        ("b.wav", "b.wav", "2.000000000", "x/b", "miss"),
        ("", "", "", "x/c", "miss"),
    ]


def test_a_label_may_hold_what_only_text_takes_for_a_line_break() -> None:
    unit = Unit("a\x1cb.wav")
    stream = io.StringIO()
    assert (
        write_mistakes(evaluate(Material({unit: [event(2, 3, "o\u2028wl")]}, {}), EvaluateSettings(draws=0)), stream)
        == 1
    )
    assert stream.getvalue().split("\n")[1].endswith("\tmiss")
