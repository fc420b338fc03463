"""The CSV of BioDCASE: its own rows are read, and what it needs is said."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from detector.errors import OutputError
from detector.events import Event
from detector.tables import Detection, Table, WriteOptions, read_tables, write_table
from detector.tables.biodcase import BiodcaseWriter
from detector.tables.sink import Sink

HEADER = "dataset,filename,annotation,start_datetime,end_datetime\n"
ROW = (
    "kerguelen2014,2014-02-18T21-00-00_000.wav,bma,2014-02-18T21:32:03.876700+00:00,2014-02-18T21:32:13.281600+00:00\n"
)


def read(folder: Path, text: str) -> Table:
    (folder / "a.csv").write_text(text)
    (table,), _ = read_tables(folder / "a.csv")
    return table


def test_a_row_of_the_challenge_gives_its_onset_in_the_recording(tmp_path: Path) -> None:
    (row,) = read(tmp_path, HEADER + ROW).annotations
    assert row.audio_name == "kerguelen2014/2014-02-18T21-00-00_000.wav"
    assert (row.event.start_s, row.event.end_s, row.event.label) == (1923.8767, 1933.2816, "bma")
    assert row.start_time == "2014-02-18T21:32:03.876700+00:00"


def test_annotations_of_the_challenge_have_bands(tmp_path: Path) -> None:
    header = "dataset,filename,annotation,annotator,low_frequency,high_frequency,start_datetime,end_datetime\n"
    (row,) = read(tmp_path, header + ROW.replace("bma,", "bma,me,20.5,30,")).annotations
    assert (row.event.low_hz, row.event.high_hz) == (20.5, 30)


def test_written_rows_are_those_of_the_challenge(tmp_path: Path) -> None:
    (row,) = read(tmp_path, HEADER + ROW).annotations
    stream = io.StringIO()
    detection = Detection(row.audio_name or "", "", row.event, row.start_time)
    write_table([detection], stream, "biodcase", WriteOptions(exact=True))
    assert stream.getvalue() == HEADER + ROW


@pytest.mark.parametrize(
    "changed",
    [
        ("2014-02-18T21-00-00_000.wav", "a.wav"),
        ("2014-02-18T21-00-00_000.wav", "2014-02-18T22-00-00_000.wav"),
        ("2014-02-18T21:32:03.876700+00:00", "soon"),
        ("2014-02-18T21:32:13.281600+00:00", ""),
    ],
)
def test_a_row_without_a_known_onset_is_a_problem_with_its_recording(tmp_path: Path, changed: tuple[str, str]) -> None:
    table = read(tmp_path, HEADER + ROW.replace(*changed))
    assert not table.annotations
    assert [(problem.row, bool(problem.audio_name)) for problem in table.problems] == [(1, True)]


def test_what_a_row_loses_is_counted_by_field() -> None:
    writer = BiodcaseWriter(Sink(io.StringIO()), WriteOptions(leave_out=True))
    named = "2014-02-18T21-00-00_000.wav"
    time = "2014-02-18T21:00:01+00:00"
    writer.add([Detection(named, "", Event(1, 2, "a"), time)])
    assert not writer.tally.dropped
    writer.add(
        [
            Detection(f"x/y/{named}", "0", Event(1, 2, "a", 5, None, 0.5), time),
            Detection("a.wav", "", Event(1, 2, "a"), time),
        ]
    )
    assert len(writer.tally.dropped) == 5
    assert set(writer.tally.dropped.values()) == {1}
    writer.add([Detection(named, "", Event(1, 2, "a"))])
    assert (writer.tally.n_written, writer.tally.n_left_out) == (3, 1)


def test_a_row_without_a_time_is_an_error_where_it_may_not_be_left_out() -> None:
    with pytest.raises(OutputError, match="'owl'"):
        write_table([Detection("a.wav", "", Event(1, 2, "owl"))], io.StringIO(), "biodcase")
