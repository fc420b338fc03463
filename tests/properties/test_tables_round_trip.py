"""Tables round-trip through every format that can be written: nothing is lost that a format has a place for."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
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
from detector.tables.sink import Sink
from detector.tables.writing import writing_of

patient = settings(deadline=None)  # files on a busy disk take their time
WRITABLE = [name for name, known in FORMATS.items() if known.writing]
WHOLE = ["csv", "jsonl", "parquet", "kaleidoscope"]
"""The formats that hold every field of these rows, also an absolute time without a zone."""

# What a cell can hold: no control characters, no characters that XML lacks, and no spaces at the ends, which readers
# trim.
text = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=12).filter(
    lambda label: label == label.strip()
)
paths = st.lists(text.filter(lambda part: "/" not in part and part not in (".", "..")), min_size=1, max_size=3).map(
    "/".join
)
seconds = st.floats(0, 1e6)
hertz = st.none() | st.floats(0, 250_000)
scores = st.none() | st.floats(0, 1)
zones = st.integers(-48, 56).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
moments = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=zones)
local = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1))
times = st.none() | (moments | local).map(lambda when: when.isoformat("T"))


@st.composite
def detections(draw: st.DrawFn, recording: str | None = None, when: st.SearchStrategy[str | None] = times) -> Detection:
    start = draw(seconds)
    low, high = draw(hertz), draw(hertz)
    if low is not None and high is not None:
        low, high = sorted((low, high))
    return Detection(
        draw(paths) if recording is None else recording,
        str(draw(st.integers(0, 9))),
        Event(start, start + draw(st.floats(0, 1e3)), draw(text), low, high, draw(scores)),
        draw(when),
    )


@st.composite
def challenge_detections(draw: st.DrawFn) -> Detection:
    """Draw a detection of BioDCASE, whose recordings are named by their beginning in UTC."""
    start = draw(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)))
    row = draw(detections(f"set/{start:%Y-%m-%dT%H-%M-%S}_000.wav"))
    onset = start.replace(microsecond=0, tzinfo=UTC) + timedelta(microseconds=round(row.event.start_s * 1e6))
    return replace(row, start_time=onset.astimezone(draw(zones)).isoformat())


def written(rows: list[Detection], name: str, path: Path, options: WriteOptions | None = None) -> Path:
    write_table(rows, path, name, options)
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


def decimals_of(name: str) -> Decimals:
    decimals = writing_of(name).open.DECIMALS  # type: ignore[attr-defined]  # every writer is a class
    assert isinstance(decimals, Decimals)
    return decimals


def test_every_format_that_can_be_written_is_tried_here() -> None:
    assert set(WRITABLE) == {*WHOLE, "raven", "audacity", "tethys", "biodcase"}


@pytest.mark.parametrize("name", ["raven", *WHOLE])
@pytest.mark.parametrize("decimals", [None, Decimals(6, 6, 6), Decimals(3, 1, 4, exact=True)])
@patient
@given(rows=st.lists(detections(), max_size=5))
def test_recording_channel_event_and_score_survive(name: str, decimals: Decimals | None, rows: list[Detection]) -> None:
    if decimals and decimals.exact:
        rows = [row for row in rows if row.event.duration_s > 0]
    back = read_back(rows, name, WriteOptions(decimals=decimals))
    assert [(row.recording, row.channel) for row in back] == [(row.recording, row.channel) for row in rows]
    expected = Decimals(9, 9, 9) if decimals and decimals.exact else decimals or decimals_of(name)
    assert all(same(one.event, other.event, expected) for one, other in zip(back, rows, strict=True))


@pytest.mark.parametrize("name", WHOLE)
@patient
@given(rows=st.lists(detections(), max_size=5))
def test_absolute_times_survive_with_or_without_a_zone(name: str, rows: list[Detection]) -> None:
    assert [row.start_time for row in read_back(rows, name)] == [row.start_time for row in rows]


@patient
@given(rows=st.lists(detections(when=moments.map(lambda when: when.isoformat())), max_size=5))
def test_everything_survives_a_tethys_document(rows: list[Detection]) -> None:
    for back, row in zip(read_back(rows, "tethys"), rows, strict=True):
        assert (back.recording, back.channel) == (row.recording, row.channel)
        assert same(back.event, row.event, decimals_of("tethys"))
        assert datetime.fromisoformat(back.start_time or "") == datetime.fromisoformat(row.start_time or "")


@patient
@given(rows=st.lists(challenge_detections(), max_size=5))
def test_recordings_times_and_labels_survive_a_biodcase_table(rows: list[Detection]) -> None:
    for back, row in zip(read_back(rows, "biodcase", WriteOptions(exact=True)), rows, strict=True):
        assert back.recording == row.recording
        assert datetime.fromisoformat(back.start_time or "") == datetime.fromisoformat(row.start_time or "")
        assert near(back.event.start_s, row.event.start_s, 6)
        assert near(back.event.duration_s, row.event.duration_s, 6) or back.event.duration_s < 2e-6
        assert back.event.label == row.event.label


@patient
@given(rows=st.lists(detections("a.wav"), max_size=5))
def test_times_labels_and_bands_survive_an_audacity_label_file(rows: list[Detection]) -> None:
    for back, row in zip(read_back(rows, "audacity"), rows, strict=True):
        event = row.event
        bare = Event(event.start_s, event.end_s, event.label, event.low_hz, event.high_hz)
        assert same(back.event, bare, decimals_of("audacity"))


@pytest.mark.parametrize("name", WRITABLE)
@patient
@given(rows=st.lists(challenge_detections(), min_size=1, max_size=3))
def test_written_tables_are_recognised_by_their_content(name: str, rows: list[Detection]) -> None:
    rows = [replace(row, recording=rows[0].recording) for row in rows] if name == "audacity" else rows
    ending = ".csv" if name in ("csv", "biodcase", "kaleidoscope") else ".txt"  # CSV may hold anything: its name tells
    with tempfile.TemporaryDirectory() as folder:
        (table,), problems = read_tables(written(rows, name, Path(folder) / f"a{ending}"))
    assert not problems
    assert not table.problems
    assert table.n_rows == len(rows)
    assert table.names_audio == (name != "audacity")


@pytest.mark.parametrize("name", WRITABLE)
@patient
@given(rows=st.lists(detections("a.wav"), max_size=6), cut=st.integers(0, 6))
def test_rows_that_come_in_two_lots_make_the_same_table(name: str, rows: list[Detection], cut: int) -> None:
    writing = writing_of(name)
    leave_out = WriteOptions(leave_out=True)
    whole, parts = (io.BytesIO(), io.BytesIO()) if writing.binary else (io.StringIO(), io.StringIO())
    write_table(rows, whole, name, leave_out)
    writer = writing.open(Sink(parts, "parts"), leave_out)
    writer.add(rows[:cut])
    writer.flush()
    writer.add(rows[cut:])
    writer.finish()
    assert parts.getvalue() == whole.getvalue()
    assert writer.tally.n_written + writer.tally.n_left_out == len(rows)


@pytest.mark.parametrize("name", ["raven", "audacity", "csv"])
@patient
@given(rows=st.lists(detections() | detections("a.wav"), max_size=6))
def test_a_file_for_each_recording_holds_its_rows_and_no_others(name: str, rows: list[Detection]) -> None:
    def expected() -> Iterator[list[str]]:
        for recording in sorted({row.recording for row in rows}):
            yield [row.event.label for row in rows if row.recording == recording]

    with tempfile.TemporaryDirectory() as folder:
        write_each(rows, Path(folder), name)
        paths = list(Path(folder).iterdir())
        tables, _ = read_tables(paths, ReadOptions(format=name)) if paths else ([], [])
    labels = [[row.event.label for row in table.annotations] for table in tables]
    assert sorted(labels) == sorted(expected())
