"""Plain CSV and TSV, from people and from other tools."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import text

from detector.errors import AnnotationError
from detector.events import Event
from detector.tables import ReadOptions, Table, read_tables
from detector.tables.sheet import read_sheet
from detector.tables.table import UnreadableTableError


def read(folder: Path, text: str, options: ReadOptions | None = None, name: str = "a.csv") -> Table:
    (folder / name).write_text(text)
    (table,), _ = read_tables(folder / name, options)
    return table


def test_the_table_of_detections_reads_back(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time\n"
        "x/a.wav,0,1.5,2.5,,,owl,0.91,2021-01-01T00:00:00+10:00\nx/b.wav,mix,3,4,100,200,owl,0.5,\n",
    )
    assert [(row.audio_name, row.channel, row.event) for row in table.annotations] == [
        ("x/a.wav", "0", Event(1.5, 2.5, "owl", score=0.91)),
        ("x/b.wav", "mix", Event(3, 4, "owl", 100, 200, 0.5)),
    ]
    assert [row.start_time for row in table.annotations] == ["2021-01-01T00:00:00+10:00", None]


def test_a_column_that_holds_onsets_tells_no_absolute_time(tmp_path: Path) -> None:
    table = read(tmp_path, "file,start_time,end_time,class\na.wav,1.5,2.5,owl\n")
    assert [(row.event.start_s, row.start_time) for row in table.annotations] == [(1.5, None)]


@pytest.mark.parametrize(
    "text",
    [
        "filename\tonset\toffset\tspecies\na.wav\t1.5\t2.5\towl\n",
        "Begin Path;Begin Time (s);End Time (s);Common Name\na.wav;1,5;2,5;owl\n",
        "label,onset_s,offset_s,notated_path\nowl,1.5,2.5,a.wav\n",
        'file,start_time,end_time,class\n"a.wav",1.5,2.5,"owl"\n',
        "\ufeffstart,stop,label,path\n1.5,2.5,owl,a.wav\n",
    ],
    ids=["tabs", "semicolons and decimal commas", "crowsetta's generic-seq", "quoted", "BOM"],
)
def test_other_delimiters_and_column_names_mean_the_same(tmp_path: Path, text: str) -> None:
    (row,) = read(tmp_path, text).annotations
    assert (row.audio_name, row.event) == ("a.wav", Event(1.5, 2.5, "owl"))


def test_a_quoted_label_keeps_its_comma_and_an_unquoted_one_is_a_problem(tmp_path: Path) -> None:
    table = read(tmp_path, 'start_s,end_s,label\n1,2,"owl, hooting"\n3,4,owl, hooting\n')
    assert [row.event.label for row in table.annotations] == ["owl, hooting"]
    assert [problem.row for problem in table.problems] == [2]


def test_a_quote_that_never_closes_swallows_no_rows(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=r"a\.csv: line 3 cannot be read"):
        read(tmp_path, 'start_s,end_s,label\n1,2,"owl\n3,4,owl\n')


def test_a_missing_column_names_the_columns_there_are(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=r"a\.csv: no column end_s .*; it has file, start_s, label$"):
        read(tmp_path, "file,start_s,label\na.wav,1,owl\n")


def test_a_table_without_a_header_says_so_by_its_columns(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=r"no column start_s .*; it has a\.wav, 1, 2, owl$"):
        read(tmp_path, "a.wav,1,2,owl\n")


REFUSED = [
    ("3.1431,3.1131", "end_s 3.1131 is not after start_s 3.1431"),
    ("2,2", "end_s 2 is not after start_s 2"),
    ("one,2", "start_s 'one' is not a number"),
    ("1,", "end_s '' is not a number"),
    ("nan,2", "start_s 'nan' is not a number"),
    ("1,inf", "end_s 'inf' is not a number"),
    ("1_0,20", "start_s '1_0' is not a number"),
    ("-0.5,1", "start_s -0.5 is before the start of the recording"),
    ("-0.009,-0.001", "start_s -0.009 is before the start of the recording"),
]


@pytest.mark.parametrize(("times", "reason"), REFUSED)
def test_a_row_without_a_usable_span_is_named_and_skipped(tmp_path: Path, times: str, reason: str) -> None:
    table = read(tmp_path, f"start_s,end_s,label\n8,9,owl\n{times},owl\n10,11,owl\n")
    assert [str(problem) for problem in table.problems] == [f"{table.source}, row 2: {reason}"]
    assert [row.row for row in table.annotations] == [1, 3]


def test_a_start_rounded_below_zero_is_zero(tmp_path: Path) -> None:
    assert [row.event.span for row in read(tmp_path, "start_s,end_s,label\n-0.001,1,owl\n").annotations] == [(0, 1)]


@pytest.mark.parametrize(
    ("cells", "event", "reason"),
    [
        ("900,300,0.5", Event(1, 2, "owl", score=0.5), "low_hz 900 is above high_hz 300; the row is kept"),
        ("x,300,0.5", Event(1, 2, "owl", None, 300, 0.5), "low_hz 'x' is not a number; the row is kept"),
        ("100,300,high", Event(1, 2, "owl", 100, 300), "score 'high' is not a number; the row is kept"),
    ],
)
def test_a_wrong_band_or_score_costs_only_itself(tmp_path: Path, cells: str, event: Event, reason: str) -> None:
    table = read(tmp_path, f"start_s,end_s,label,low_hz,high_hz,score\n1,2,owl,{cells}\n")
    assert [row.event for row in table.annotations] == [event]
    assert len(table.problems) == 1
    assert table.problems[0].reason.startswith(reason)


def test_unknown_bands_and_channels_with_gaps_are_no_problem(tmp_path: Path) -> None:
    table = read(tmp_path, "start_s,end_s,label,low_hz,channel\n1,2,owl,NA,1.0\n3,4,owl,nan,\n,,,,\n")
    assert [(row.event.low_hz, row.channel) for row in table.annotations] == [(None, "1"), (None, None)]
    assert not table.problems


def test_a_table_of_scores_is_not_taken_for_detections(tmp_path: Path) -> None:
    for options in (ReadOptions(), ReadOptions(label="owl")):
        with pytest.raises(AnnotationError, match=r"a\.csv: .*scores"):
            read(tmp_path, "recording,channel,start_s,end_s,owl\na.wav,mix,0.000,1.000,0.123456\n", options)
    table = read(tmp_path, "recording,channel,start_s,end_s,how\na.wav,mix,0,1,0.5\n", ReadOptions(label="owl"))
    assert [row.event.label for row in table.annotations] == ["owl"]


@given(text('ab,"\r\n\x0b\u2028', max_size=30))
def test_lines_and_cells_are_those_of_a_csv_in_a_text_stream(
    tmp_path_factory: pytest.TempPathFactory, body: str
) -> None:
    path = tmp_path_factory.mktemp("sheet") / "a.csv"
    path.write_bytes(f"x,y,z\n{body}".encode())
    try:
        lines = list(csv.reader(io.StringIO(body, newline=""), strict=True))
    except csv.Error:
        with pytest.raises(UnreadableTableError):
            read_sheet(path, ",", quoted=True)
        return
    filled = [[cell.strip() for cell in line] for line in lines if any(cell.strip() for cell in line)]
    expected = [(*line, "", "", "")[:3] for line in filled if not any(line[3:])]
    assert [cells for _, cells in read_sheet(path, ",", quoted=True).rows] == expected
