"""Tables round-trip through every format that can be written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.events import Event
from detector.tables import ReadOptions, read_tables, write_table

Located = tuple[str, str, Event]

# What a cell can hold: no control characters, no lone surrogates, and no spaces at the ends, which readers trim.
text = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12).filter(
    lambda label: label == label.strip()
)
seconds = st.floats(0, 1e6)
hertz = st.none() | st.floats(0, 250_000)
scores = st.none() | st.floats(0, 1)


@st.composite
def events(draw: st.DrawFn, recording: str | None = None, *, score: bool = True) -> Located:
    start = draw(seconds)
    low, high = draw(hertz), draw(hertz)
    if low is not None and high is not None:
        low, high = sorted((low, high))
    return (
        draw(text) if recording is None else recording,
        str(draw(st.integers(0, 9))),
        Event(start, start + draw(st.floats(1e-4, 1e3)), draw(text), low, high, draw(scores) if score else None),
    )


def read_back(rows: list[Located], name: str) -> list[Located]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.table"
        write_table(rows, path, name)
        (table,), _ = read_tables(path, ReadOptions(format=name))
    assert not table.problems
    return [(row.audio_name or "", row.channel or "", row.event) for row in table.annotations]


def near(one: float | None, other: float | None, tolerance: float) -> bool:
    return one is other if one is None or other is None else abs(one - other) <= tolerance


def same(one: Event, other: Event) -> bool:
    return (
        one.label == other.label
        and all(near(a, b, 1e-6) for a, b in zip(one.span, other.span))
        and near(one.low_hz, other.low_hz, 1e-3)
        and near(one.high_hz, other.high_hz, 1e-3)
        and near(one.score, other.score, 1e-6)
    )


@pytest.mark.parametrize("name", ["raven", "csv"])
@given(rows=st.lists(events(), max_size=5))
def test_recording_channel_and_event_survive(name: str, rows: list[Located]) -> None:
    back = read_back(rows, name)
    assert [row[:2] for row in back] == [row[:2] for row in rows]
    assert all(same(one[2], other[2]) for one, other in zip(back, rows, strict=True))


@given(rows=st.lists(events("a.wav", score=False), max_size=5))
def test_events_survive_an_audacity_label_file(rows: list[Located]) -> None:
    assert all(same(one[2], other[2]) for one, other in zip(read_back(rows, "audacity"), rows, strict=True))


@pytest.mark.parametrize("name", ["raven", "audacity"])
@given(rows=st.lists(events("a.wav", score=False), min_size=1, max_size=3))
def test_written_tables_are_recognised_by_their_content(name: str, rows: list[Located]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.txt"
        write_table(rows, path, name)
        (table,), problems = read_tables(path)
    assert not problems
    assert table.n_rows == len(rows)
    assert table.names_audio == (name == "raven")
