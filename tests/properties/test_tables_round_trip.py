"""Tables round-trip through every format that can be written: nothing is lost that a format has a column for."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.events import Event
from detector.tables import (
    FORMATS,
    Decimals,
    Detection,
    ReadOptions,
    WriteOptions,
    read_tables,
    write_each,
    write_table,
)
from detector.tables.audacity import AudacityWriter
from detector.tables.csv_table import CsvWriter
from detector.tables.raven import RavenWriter
from detector.tables.sink import Sink

patient = settings(deadline=None)  # files on a busy disk take their time
WRITERS = {"raven": RavenWriter, "audacity": AudacityWriter, "csv": CsvWriter}

# What a cell can hold: no control characters, no lone surrogates, and no spaces at the ends, which readers trim.
text = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12).filter(
    lambda label: label == label.strip()
)
seconds = st.floats(0, 1e6)
hertz = st.none() | st.floats(0, 250_000)
scores = st.none() | st.floats(0, 1)
zones = st.integers(-48, 56).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
times = st.none() | st.datetimes(datetime(1980, 1, 1), timezones=zones).map(lambda when: when.isoformat("T"))


@st.composite
def detections(draw: st.DrawFn, recording: str | None = None) -> Detection:
    start = draw(seconds)
    low, high = draw(hertz), draw(hertz)
    if low is not None and high is not None:
        low, high = sorted((low, high))
    return Detection(
        draw(text) if recording is None else recording,
        str(draw(st.integers(0, 9))),
        Event(start, start + draw(st.floats(0, 1e3)), draw(text), low, high, draw(scores)),
        draw(times),
    )


def written(rows: list[Detection], name: str, path: Path, options: WriteOptions | None = None) -> Path:
    stream = io.StringIO()
    write_table(rows, stream, name, options)
    path.write_text(stream.getvalue(), encoding="utf-8", newline="")
    return path


def read_back(rows: list[Detection], name: str, options: WriteOptions | None = None) -> list[Detection]:
    with tempfile.TemporaryDirectory() as folder:
        path = written(rows, name, Path(folder) / "a.table", options)
        (table,), _ = read_tables(path, ReadOptions(format=name))
    assert not table.problems
    return [Detection(row.audio_name or "", row.channel or "", row.event, row.start_time) for row in table.annotations]


def near(one: float | None, other: float | None, decimals: int) -> bool:
    """Say whether two numbers differ by a rounding: half of the last decimal."""
    return one is other if one is None or other is None else abs(one - other) <= 0.5001 * 10**-decimals + 1e-9


def same(back: Event, event: Event, decimals: Decimals) -> bool:
    """Say whether an event has come back; an offset that rounds to its onset comes back as the next decimal."""
    shortest_s = 10**-decimals.seconds
    return (
        back.label == event.label
        and near(back.start_s, event.start_s, decimals.seconds)
        and (near(back.end_s, event.end_s, decimals.seconds) or near(back.end_s, back.start_s + shortest_s, 9))
        and near(back.low_hz, event.low_hz, decimals.hertz)
        and near(back.high_hz, event.high_hz, decimals.hertz)
        and near(back.score, event.score, decimals.score)
    )


def test_every_format_that_can_be_written_is_tried_here() -> None:
    assert {name for name, known in FORMATS.items() if known.writing} == set(WRITERS)


@pytest.mark.parametrize("name", ["raven", "csv"])
@pytest.mark.parametrize("decimals", [None, Decimals(6, 6, 6)])
@patient
@given(rows=st.lists(detections(), max_size=5))
def test_recording_channel_event_and_score_survive(name: str, decimals: Decimals | None, rows: list[Detection]) -> None:
    back = read_back(rows, name, WriteOptions(decimals=decimals))
    assert [(row.recording, row.channel) for row in back] == [(row.recording, row.channel) for row in rows]
    expected = decimals or WRITERS[name].DECIMALS
    assert all(same(one.event, other.event, expected) for one, other in zip(back, rows, strict=True))


@patient
@given(rows=st.lists(detections(), max_size=5))
def test_absolute_times_survive_the_table_of_detections(rows: list[Detection]) -> None:
    assert [row.start_time for row in read_back(rows, "csv")] == [row.start_time for row in rows]


@patient
@given(rows=st.lists(detections("a.wav"), max_size=5))
def test_times_labels_and_bands_survive_an_audacity_label_file(rows: list[Detection]) -> None:
    for back, row in zip(read_back(rows, "audacity"), rows, strict=True):
        event = row.event
        bare = Event(event.start_s, event.end_s, event.label, event.low_hz, event.high_hz)
        assert same(back.event, bare, AudacityWriter.DECIMALS)


@pytest.mark.parametrize("name", ["raven", "audacity"])
@patient
@given(rows=st.lists(detections("a.wav"), min_size=1, max_size=3))
def test_written_tables_are_recognised_by_their_content(name: str, rows: list[Detection]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (table,), problems = read_tables(written(rows, name, Path(folder) / "a.txt"))
    assert not problems
    assert table.n_rows == len(rows)
    assert table.names_audio == (name == "raven")


@pytest.mark.parametrize("name", WRITERS)
@patient
@given(rows=st.lists(detections("a.wav"), max_size=6), cut=st.integers(0, 6))
def test_rows_that_come_in_two_lots_make_the_same_table(name: str, rows: list[Detection], cut: int) -> None:
    whole, parts = io.StringIO(), io.StringIO()
    write_table(rows, whole, name)
    writer = WRITERS[name](Sink(parts, "parts"))
    writer.add(rows[:cut])
    writer.flush()
    writer.add(rows[cut:])
    writer.finish()
    assert parts.getvalue() == whole.getvalue()


@pytest.mark.parametrize("name", WRITERS)
@patient
@given(rows=st.lists(detections() | detections("a.wav"), max_size=6))
def test_a_file_for_each_recording_holds_its_rows_and_no_others(name: str, rows: list[Detection]) -> None:
    rows = [row for row in rows if "/" not in row.recording and row.recording not in (".", "..")]

    def expected() -> Iterator[list[str]]:
        for recording in sorted({row.recording for row in rows}):
            yield [row.event.label for row in rows if row.recording == recording]

    with tempfile.TemporaryDirectory() as folder:
        write_each(rows, Path(folder), name)
        paths = list(Path(folder).iterdir())
        tables, _ = read_tables(paths, ReadOptions(format=name)) if paths else ([], [])
    labels = [[row.event.label for row in table.annotations] for table in tables]
    assert sorted(labels) == sorted(expected())
