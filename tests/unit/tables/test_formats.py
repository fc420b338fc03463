"""The table of formats: telling formats apart, folders, errors, writing."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from detector.errors import AnnotationError, OutputError, ParameterError
from detector.events import Event
from detector.tables import (
    FORMATS,
    Decimals,
    Detection,
    ReadOptions,
    WriteOptions,
    Writer,
    read_annotations,
    read_tables,
    write_each,
    write_table,
    writing,
)
from detector.tables.formats import Writing

RAVEN = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tAnnotation\n1\tSpectrogram 1\t1\t1\t2\towl\n"
AUDACITY = "3.0\t4.0\tfrog\n"
CSV = "start_s,end_s,label\n5,6,bat\n"


def test_a_folder_is_searched_for_tables_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "raven.txt").write_text(RAVEN)
    (tmp_path / "audacity.txt").write_text(AUDACITY)
    (tmp_path / "c.csv").write_text(CSV)
    for name in ("LICENSE", "README.md", "a.flac", "._audacity.txt"):
        (tmp_path / name).write_text(AUDACITY)
    (tmp_path / "notes.txt").write_text("Heard an owl at 3.\n")
    (tmp_path / "effort.csv").write_text("recording,seconds\na.wav,30\n")
    tables, problems = read_tables(tmp_path)
    assert [row.event.label for table in tables for row in table.annotations] == ["frog", "owl", "bat"]
    assert [problem.source.name for problem in problems] == ["effort.csv", "notes.txt"]
    assert "it has recording, seconds" in problems[0].reason


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv", "a.data"])
@pytest.mark.parametrize(("text", "label"), [(RAVEN, "owl"), (AUDACITY, "frog")])
def test_raven_and_audacity_are_told_by_content(tmp_path: Path, name: str, text: str, label: str) -> None:
    (tmp_path / name).write_text(text)
    (table,), _ = read_tables(tmp_path / name)
    assert [row.event.label for row in table.annotations] == [label]


@pytest.mark.parametrize("text", ["", "\n\n", "no table\n", "1.0 2.0 spaces\n"])
def test_a_text_that_is_no_table_is_refused_alone_and_a_problem_in_a_folder(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    (tmp_path / "b.txt").write_text(AUDACITY)
    with pytest.raises(AnnotationError, match=r"a\.txt: is empty, or .*\(notmat, .*csv\)"):
        read_tables(tmp_path / "a.txt")
    found = read_annotations(tmp_path, [tmp_path / "a.wav", tmp_path / "b.wav"])
    assert [problem.source.name for problem in found.problems] == ["a.txt"]
    assert found.recordings == (tmp_path / "b.wav",)


def test_an_empty_label_file_reads_where_its_format_is_given(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    found = read_annotations(tmp_path / "a.txt", [tmp_path / "a.wav"], ReadOptions(format="audacity"))
    assert found.recordings == (tmp_path / "a.wav",)


def test_a_format_that_is_given_searches_a_folder_for_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(AUDACITY)
    (tmp_path / "b.csv").write_text(CSV)
    tables, problems = read_tables(tmp_path, ReadOptions(format="csv"))
    assert [table.source.name for table in tables] == ["b.csv"]
    assert not problems


def test_tables_given_twice_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(AUDACITY)
    (tmp_path / "b.csv").write_text(CSV)
    (tmp_path / "c.txt").write_text("no table")
    tables, problems = read_tables([tmp_path / "b.csv", tmp_path, tmp_path])
    assert [table.source.name for table in tables] == ["b.csv", "a.txt"]
    assert len(problems) == 1


def test_a_label_column_that_one_table_lacks_is_an_error_unless_that_table_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("start_s,end_s,kind\n1,2,owl\n")
    (tmp_path / "b.csv").write_text("start_s,end_s\n")
    tables, _ = read_tables(tmp_path, ReadOptions(label_column="kind"))
    assert [table.n_rows for table in tables] == [1, 0]
    (tmp_path / "b.csv").write_text(CSV)
    with pytest.raises(AnnotationError, match=r"b\.csv: no column 'kind'; it has start_s, end_s, label"):
        read_tables(tmp_path, ReadOptions(label_column="kind"))


def test_missing_paths_folders_without_tables_and_unknown_formats_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="absent: no such file or folder"):
        read_tables(tmp_path / "absent")
    with pytest.raises(AnnotationError, match=r"no table \(.*\.not\.mat, .*\.tsv\)"):
        read_tables(tmp_path)
    with pytest.raises(ParameterError) as caught:
        read_tables(tmp_path, ReadOptions(format="word"))
    assert (caught.value.parameter, caught.value.value) == ("format", "word")
    assert caught.value.allowed == ", ".join(FORMATS)


WRITABLE = ("raven", "audacity", "jsonl", "parquet", "tethys", "biodcase", "kaleidoscope", "csv")
EVENTS = [
    Detection("x/a.wav", "1", Event(1.5, 2, "owl", 100, 200.25, 0.5), "2024-05-11T05:30:01.500+00:00"),
    Detection("x/b.wav", "mix", Event(3, 4.25, "frog")),
]


def test_raven_tables_are_written_as_raven_reads_them() -> None:
    stream = io.StringIO()
    write_table(EVENTS, stream, "raven")
    header, first, second = stream.getvalue().splitlines()
    assert header.split("\t")[:5] == ["Selection", "View", "Channel", "Begin Time (s)", "End Time (s)"]
    assert first.split("\t") == [
        *("1", "Spectrogram 1", "2", "1.500000000", "2.000000000"),
        *("100.000", "200.250", "a.wav", "x/a.wav", "1.500000000", "owl", "0.500000"),
    ]
    assert second.split("\t")[2:7] == ["1", "3.000000000", "4.250000000", "", ""]


def test_a_raven_table_of_many_recordings_says_where_each_row_is_and_comes_back(tmp_path: Path) -> None:
    write_table(EVENTS, tmp_path / "all.txt", "raven")
    header, *rows = (tmp_path / "all.txt").read_text().splitlines()
    for row, written in zip(rows, EVENTS, strict=True):
        told = dict(zip(header.split("\t"), row.split("\t"), strict=True))
        assert (told["Begin Path"], float(told["File Offset (s)"])) == (written.recording, written.event.start_s)
    ((table,), _) = read_tables(tmp_path / "all.txt")
    assert [(row.audio_name, row.event) for row in table.annotations] == [(row.recording, row.event) for row in EVENTS]


def test_csv_tables_have_the_columns_of_detections() -> None:
    stream = io.StringIO()
    write_table(EVENTS, stream, "csv")
    assert stream.getvalue() == (
        "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time\n"
        "x/a.wav,1,1.500,2.000,100.0,200.2,owl,0.5000,2024-05-11T05:30:01.500+00:00\nx/b.wav,mix,3.000,4.250,,,frog,,\n"
    )


@pytest.mark.parametrize("name", ["raven", "audacity"])
def test_a_label_that_would_break_the_table_is_refused(name: str) -> None:
    with pytest.raises(OutputError, match=r"'a\\tb'.* holds a tab"):
        write_table([Detection("a.wav", "0", Event(1, 2, "a\tb"))], io.StringIO(), name)


@pytest.mark.parametrize("name", [name for name, known in FORMATS.items() if known.writing is None])
def test_a_format_that_is_only_read_says_what_can_be_written(name: str) -> None:
    with pytest.raises(ParameterError) as caught:
        write_table(EVENTS, io.StringIO(), name)
    assert (caught.value.value, caught.value.allowed) == (name, ", ".join(WRITABLE))


def test_a_table_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def failing() -> Iterator[Detection]:
        yield EVENTS[0]
        raise RuntimeError

    target = tmp_path / "out.csv"
    target.write_text("before")
    with pytest.raises(RuntimeError):
        write_table(failing(), target, "csv")
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]
    write_table(EVENTS, target, "csv")
    assert target.read_text().count("\n") == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_disk_that_is_full_is_told_with_the_name_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    monkeypatch.setattr(writing, "_opened", lambda _path, _writing: full.open("w"))
    with pytest.raises(OutputError, match=r"out\.csv: cannot be written: No space left"):
        write_table(EVENTS, tmp_path / "out.csv", "csv")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"out\.csv: "):
        write_table(EVENTS, tmp_path / "absent" / "out.csv", "csv")


@pytest.mark.parametrize(("name", "delimiter"), [("raven", "\t"), ("csv", ",")])
def test_extra_columns_follow_those_of_the_format(name: str, delimiter: str) -> None:
    plain, stream = io.StringIO(), io.StringIO()
    write_table(EVENTS, plain, name)
    rows = [replace(row, extra=("", row.recording)) for row in EVENTS]
    write_table(rows, stream, name, WriteOptions(("Verdict", "From")))
    ends = [("Verdict", "From"), ("", "x/a.wav"), ("", "x/b.wav")]
    lines = [delimiter.join([line, *end]) for line, end in zip(plain.getvalue().splitlines(), ends, strict=True)]
    assert stream.getvalue().splitlines() == lines


@pytest.mark.parametrize("name", [name for name, known in FORMATS.items() if known.writing])
def test_only_a_format_of_one_recording_refuses_a_second_one(name: str) -> None:
    known = FORMATS[name].writing
    assert known
    stream = io.BytesIO() if known.binary else io.StringIO()
    options = WriteOptions(leave_out=True)
    if known.one_recording:
        with pytest.raises(OutputError, match=r"x/a\.wav and x/b\.wav"):
            write_table(EVENTS, stream, name, options)
    else:
        write_table(EVENTS, stream, name, options)


def test_a_row_without_a_cell_for_each_extra_column_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="0 extra cells for 1"):
        write_table(EVENTS, io.StringIO(), "csv", WriteOptions(("Verdict",)))


def test_a_format_without_columns_refuses_extra_ones_by_name() -> None:
    with pytest.raises(OutputError, match="'Verdict'"):
        write_table([], io.StringIO(), "audacity", WriteOptions(("Verdict",)))


def test_a_format_may_be_binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Packed(Writer):
        DECIMALS = Decimals(3, 1, 4)

        def _write(self, detections: Iterable[Detection]) -> None:
            for row in detections:
                self._sink.write(struct.pack("<d", row.event.start_s))

        def finish(self) -> None:
            self._sink.write(b"end")

    known = replace(FORMATS["csv"], writing=Writing(Packed, ".bin", binary=True))
    monkeypatch.setitem(FORMATS, "packed", known)
    write_table(EVENTS, tmp_path / "all.bin", "packed")
    assert (tmp_path / "all.bin").read_bytes() == struct.pack("<dd", 1.5, 3) + b"end"
    stream = io.BytesIO()
    write_table(EVENTS, stream, "packed")
    assert stream.getvalue() == (tmp_path / "all.bin").read_bytes()
    write_each(EVENTS, tmp_path, "packed")
    assert (tmp_path / "b.bin").read_bytes() == struct.pack("<d", 3) + b"end"


def test_a_name_that_is_no_text_is_written_byte_for_byte(tmp_path: Path) -> None:
    write_each([Detection("\udce9.wav", "0", Event(1, 2, "owl"))], tmp_path, "raven")
    (path,) = tmp_path.iterdir()
    assert b"\t\xe9.wav\t" in path.read_bytes()
