"""Raven selection tables, in the shapes in which they arrive."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.errors import AnnotationError
from detector.events import Event
from detector.tables import ReadOptions, Table, read_tables

HEADER = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)"


def read(folder: Path, text: str | bytes, options: ReadOptions | None = None) -> Table:
    path = folder / "a.Table.1.selections.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (table,), problems = read_tables(path, options)
    assert not problems
    return table


def test_a_row_gives_times_band_label_and_a_channel_from_zero(tmp_path: Path) -> None:
    table = read(tmp_path, f"{HEADER}\tSpecies\tScore\n7\tSpectrogram 1\t2\t1.5\t2.25\t300\t900.5\tEATO\t0.75\n")
    (row,) = table.annotations
    assert row.event == Event(1.5, 2.25, "EATO", 300.0, 900.5, 0.75)
    assert (row.channel, row.row, row.audio_name, row.recording) == ("1", 1, None, None)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\tAnnotation\t\n1\tSpectrogram 1\t1\t1\t2\t3\t4\towl",  # a trailing tab, no final line end
        f"{HEADER}\tAnnotation\r\n1\tSpectrogram 1\t1\t1\t2\t3\t4\towl\r\n",
        f"\ufeff{HEADER}\tAnnotation\n\n1\tSpectrogram 1\t1\t1\t2\t3\t4\towl\t\t\n\n",
        f"{HEADER}\tAnnotation\n1\tSpectrogram 1\t1\t1\t2\t3\t4\towl\n".encode("utf-16"),
    ],
    ids=["trailing tab", "CRLF", "BOM and blank lines", "UTF-16"],
)
def test_how_a_table_was_saved_does_not_matter(tmp_path: Path, text: str | bytes) -> None:
    assert [row.event for row in read(tmp_path, text).annotations] == [Event(1, 2, "owl", 3, 4)]


def test_latin_1_labels_stay_whole_even_with_a_byte_that_unicode_calls_a_line_end(tmp_path: Path) -> None:
    raw = f"{HEADER}\tAnnotation\n1\tSpectrogram 1\t1\t1\t2\t3\t4\t".encode() + b"Gr\xfcn\x85fink\n"
    assert [row.event.label for row in read(tmp_path, raw).annotations] == ["Grün\x85fink"]


def test_quotes_are_characters_like_others(tmp_path: Path) -> None:
    table = read(tmp_path, f'{HEADER}\tAnnotation\n1\tS 1\t1\t1\t2\t3\t4\t"hoot\n2\tS 1\t1\t5\t6\t3\t4\tsay "u"\n')
    assert [row.event.label for row in table.annotations] == ['"hoot', 'say "u"']


def test_missing_trailing_cells_are_empty(tmp_path: Path) -> None:
    table = read(tmp_path, f"{HEADER}\tAnnotation\n1\tSpectrogram 1\t1\t1\t2\n", ReadOptions(label="owl"))
    assert [row.event for row in table.annotations] == [Event(1, 2, "owl")]


def test_a_row_with_more_cells_than_columns_is_a_problem(tmp_path: Path) -> None:
    table = read(tmp_path, f"{HEADER}\tAnnotation\n1\tS 1\t1\t1\t2\t3\t4\towl\tlost\n2\tS 1\t1\t5\t6\t3\t4\towl\n")
    assert [str(problem) for problem in table.problems] == [f"{table.source}, row 1: it has 9 cells under 8 columns"]
    assert [row.row for row in table.annotations] == [2]


VIEWS = (
    f"{HEADER}\tAnnotation\n"
    "1\tWaveform 1\t1\t1\t2\t0\t24000\t{0}\n1\tSpectrogram 1\t1\t1\t2\t300\t900\t{0}\n"
    "2\tWaveform 1\t1\t4\t5\t0\t24000\t{0}\n2\tSpectrogram 1\t1\t4\t5\t310\t910\t{0}\n"
)


@pytest.mark.parametrize("label", ["owl", ""])
def test_a_selection_in_two_views_counts_once_with_the_band_of_the_spectrogram(tmp_path: Path, label: str) -> None:
    table = read(tmp_path, VIEWS.format(label), ReadOptions(label="owl"))
    assert [row.event for row in table.annotations] == [Event(1, 2, "owl", 300, 900), Event(4, 5, "owl", 310, 910)]
    assert not table.problems


def test_selections_drawn_on_the_waveform_alone_stay(tmp_path: Path) -> None:
    table = read(tmp_path, f"{HEADER}\tAnnotation\n1\tWaveform 1\t1\t1\t2\t\t\towl\n2\tWaveform 1\t1\t4\t5\t\t\towl\n")
    assert [row.event.start_s for row in table.annotations] == [1, 4]


def test_two_labels_of_one_selection_are_two_annotations(tmp_path: Path) -> None:
    table = read(tmp_path, f"{HEADER}\tAnnotation\n1\tWaveform 1\t1\t1\t2\t\t\ta\n1\tSpectrogram 1\t1\t1\t2\t\t\tb\n")
    assert [row.event.label for row in table.annotations] == ["a", "b"]


def test_the_first_known_label_column_is_taken_whatever_its_case(tmp_path: Path) -> None:
    table = read(tmp_path, f"{HEADER}\ttype\tSPECIES\tCommon Name\n1\tS 1\t1\t1\t2\t3\t4\tsong\tEATO\tTowhee\n")
    assert [row.event.label for row in table.annotations] == ["EATO"]


def test_label_column_chooses_another_column(tmp_path: Path) -> None:
    text = f"{HEADER}\tSpecies\tCall kind\n1\tS 1\t1\t1\t2\t3\t4\tEATO\tsong\n"
    table = read(tmp_path, text, ReadOptions(label_column="call kind"))
    assert [row.event.label for row in table.annotations] == ["song"]


def test_an_unknown_label_column_names_the_file_and_the_columns(tmp_path: Path) -> None:
    text = f"{HEADER}\tSpecies\n1\tS 1\t1\t1\t2\t3\t4\tEATO\n"
    with pytest.raises(AnnotationError, match=r"a\.Table.*no column 'Kind'; it has Selection, View.*, Species$"):
        read(tmp_path, text, ReadOptions(label_column="Kind"))


def test_label_fills_empty_labels_and_leaves_the_others(tmp_path: Path) -> None:
    text = f"{HEADER}\tSpecies\n1\tS 1\t1\t1\t2\t3\t4\t\n2\tS 1\t1\t4\t5\t3\t4\tEATO\n"
    assert [row.event.label for row in read(tmp_path, text, ReadOptions(label="owl")).annotations] == ["owl", "EATO"]
    table = read(tmp_path, text)
    assert [row.event.label for row in table.annotations] == ["EATO"]
    assert [str(problem) for problem in table.problems] == [
        f"{table.source}, row 1: its label is empty; give one with `label`"
    ]


def test_file_offset_counts_from_the_rows_own_file(tmp_path: Path) -> None:
    text = (
        f"{HEADER}\tBegin File\tFile Offset (s)\tAnnotation\n"
        "1\tS 1\t1\t10\t12.5\t3\t4\ta.wav\t10\towl\n2\tS 1\t1\t70\t71\t3\t4\tb.wav\t10\towl\n"
    )
    rows = read(tmp_path, text).annotations
    assert [(row.audio_name, row.event.span) for row in rows] == [("a.wav", (10, 12.5)), ("b.wav", (10, 11))]


def test_begin_path_tells_more_than_begin_file(tmp_path: Path) -> None:
    text = (
        f"{HEADER}\tBegin File\tBegin Path\n1\tS 1\t1\t1\t2\t3\t4\ta.wav\tD:\\x\\a.wav\n2\tS 1\t1\t1\t2\t3\t4\tb.wav\n"
    )
    rows = read(tmp_path, text, ReadOptions(label="owl")).annotations
    assert [row.audio_name for row in rows] == ["D:\\x\\a.wav", "b.wav"]
