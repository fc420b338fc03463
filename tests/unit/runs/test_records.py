"""What a journal keeps of a result is the result."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from detector.audio.status import STATUSES
from detector.chronology import Chronology, Piece
from detector.events import Event
from detector.place import Identity, LocalPlace
from detector.runs.journal import Extent
from detector.runs.records import (
    Chunk,
    Finished,
    bytes_of,
    chronology_of,
    detections_of,
    finished_of,
    record_of,
    time_of,
)
from detector.scanning.outcome import Scanned
from detector.tables.effort import Effort

ZONES = st.sampled_from(
    [UTC, timezone(timedelta(hours=10)), timezone(-timedelta(hours=3, minutes=30)), ZoneInfo("Europe/Berlin")]
)
MOMENTS = (datetime(1990, 1, 1), datetime(2100, 1, 1))
SECONDS = st.floats(0, 1e7)
NAMES = st.text(st.characters(exclude_characters="\0/", codec="utf-8"), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


@st.composite
def chronologies(draw: st.DrawFn) -> Chronology | None:
    """Draw chronologies of up to three pieces."""
    offsets = sorted(draw(st.sets(SECONDS, max_size=3)))
    ends = [*offsets[1:], float("inf")]
    times = st.datetimes(*MOMENTS, timezones=draw(st.sampled_from([ZONES, st.none()])))
    pieces = [Piece(offset, draw(times), draw(st.text()), end) for offset, end in zip(offsets, ends)]
    return Chronology(tuple(pieces), draw(st.sampled_from(["guano", "filename"]))) if pieces else None


@st.composite
def results(draw: st.DrawFn) -> Finished:
    """Draw results."""
    place = LocalPlace(Path(draw(NAMES)))
    chronology = draw(chronologies())
    effort = tuple(
        Effort(
            place,
            channel,
            draw(st.sampled_from(STATUSES)),
            draw(st.none() | SECONDS),
            draw(SECONDS),
            chronology,
            draw(st.text()),
        )
        for channel in draw(st.sampled_from([("mix",), ("0", "1"), ("",)]))
    )
    extents = st.builds(Extent, st.integers(0, 2**50), st.integers(0, 2**30), st.integers(0, 2**32 - 1))
    identity = draw(st.none() | st.builds(Identity, st.integers(0, 2**60), st.integers(0, 2**62)))
    remarks = tuple(draw(st.lists(st.text(), max_size=2)))
    scanned = Scanned(place, chronology, effort, remarks=remarks, heard_s=draw(SECONDS), identity=identity)
    chunks = tuple(draw(st.lists(st.builds(Chunk, st.integers(1, 10**9), extents), max_size=3)))
    return Finished(scanned, draw(st.integers(0, 10**6)), draw(st.none() | extents), chunks)


@given(result=results())
def test_a_result_survives_its_record(result: Finished) -> None:
    assert finished_of(json.loads(json.dumps(record_of(result)))) == result


@given(
    rows=st.lists(st.tuples(st.text(), SECONDS, SECONDS, st.text(), st.none() | SECONDS, st.none() | st.floats(0, 1)))
)
def test_detections_survive_to_the_last_bit(
    rows: list[tuple[str, float, float, str, float | None, float | None]],
) -> None:
    detections = tuple(
        (channel, Event(start_s, end_s, label, hertz, hertz, score))
        for channel, start_s, end_s, label, hertz, score in rows
    )
    assert detections_of(bytes_of(detections)) == detections


def test_a_named_zone_keeps_its_daylight_saving_time() -> None:
    before = datetime(2024, 3, 30, 22, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    chronology = Chronology.since(before, "filename", "20240330_220000")
    kept = chronology_of(json.loads(json.dumps(time_of(chronology))))
    assert kept is not None
    assert [str(kept.at(hours * 3600)) for hours in range(8)] == [
        str(chronology.at(hours * 3600)) for hours in range(8)
    ]
    assert str(kept.at(6 * 3600)).endswith("+02:00")
