from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from math import inf
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, tuples

from detector.chronology import Chronology, Piece, absolute_time

NOON = datetime(2024, 5, 11, 12, tzinfo=UTC)
DUTY_CYCLE = Chronology((Piece(0, NOON, "a", 10.0), Piece(10, NOON + timedelta(hours=1), "b", 20.0)), "header")


def test_times_have_milliseconds_and_the_offset_of_their_zone() -> None:
    start = datetime(2024, 5, 11, 23, 59, 59, tzinfo=timezone(timedelta(hours=9, minutes=30)))
    assert absolute_time(Chronology.since(start, "header", ""), 1.2345) == "2024-05-12T00:00:00.234+09:30"
    assert absolute_time(None, 1.0) == ""


def test_clocks_that_are_put_forward_meanwhile_are_followed() -> None:
    start = datetime(2024, 3, 31, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert absolute_time(Chronology.since(start, "filename", ""), 3600.0) == "2024-03-31T03:30:00.000+02:00"


def test_a_moment_says_where_it_is_known_from() -> None:
    moment = Chronology.since(NOON, "filename", "20240511_120000Z").at(5)
    assert moment is not None
    assert (moment.when, moment.source, moment.raw) == (NOON + timedelta(seconds=5), "filename", "20240511_120000Z")


@pytest.mark.parametrize(
    ("offset_s", "hour", "second", "raw"), [(0, 12, 0, "a"), (9, 12, 9, "a"), (10, 13, 0, "b"), (20, 13, 10, "b")]
)
def test_absolute_time_jumps_between_pieces(offset_s: float, hour: int, second: int, raw: str) -> None:
    moment = DUTY_CYCLE.at(offset_s)
    assert moment is not None
    assert (moment.when.hour, moment.when.second, moment.raw) == (hour, second, raw)


@pytest.mark.parametrize("offset_s", [-0.1, 20.1, 29.9])
def test_outside_of_all_pieces_nobody_knows_the_time(offset_s: float) -> None:
    gap = Chronology((*DUTY_CYCLE.pieces, Piece(30, NOON, "c")), "header")
    assert gap.at(offset_s) is None
    assert absolute_time(gap, offset_s) == ""
    assert gap.at(30) is not None


def test_a_time_without_a_zone_stays_without_one_until_the_zone_is_given() -> None:
    local = Chronology.since(datetime(2024, 3, 31, 1, 30), "filename", "")
    assert absolute_time(local, 3600.25) == "2024-03-31T02:30:00.250"
    assert (local.zoned, local.time_source) == (False, "filename, no zone")
    assert local.in_zone(None) == local
    berlin = local.in_zone(ZoneInfo("Europe/Berlin"))
    assert absolute_time(berlin, 3600.25) == "2024-03-31T03:30:00.250+02:00"
    assert berlin.time_source == "filename"
    assert berlin.in_zone(UTC) == berlin


def test_breaks_are_where_time_jumps_or_is_unknown_and_not_where_it_goes_on() -> None:
    def piece(offset_s: float, second: float, end_s: float = inf) -> Piece:
        return Piece(offset_s, NOON + timedelta(seconds=second), "", end_s)

    goes_on = Chronology((piece(0, 0, 10), piece(10, 10.05, 20), piece(20, 19.95)), "xwav")
    assert goes_on.breaks() == Chronology.since(NOON, "xwav", "").breaks() == ()
    jumps = Chronology((piece(0, 0, 10), piece(10, 11, 20), piece(20, 20.5, 30), piece(32, 32.5)), "xwav")
    assert jumps.breaks() == (10, 20, 30, 32)
    assert Chronology((piece(5, 0),), "xwav").breaks() == (5,)


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Europe/Berlin")])
def test_a_chronology_crosses_processes_and_cannot_be_changed(zone: timezone | ZoneInfo) -> None:
    whole = Chronology.since(NOON.astimezone(zone), "header", "noon")
    assert pickle.loads(pickle.dumps(whole)) == whole
    with pytest.raises(AttributeError):
        whole.source = "filename"  # type: ignore[misc]  # must fail


def test_what_is_no_chronology_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="zone"):
        Chronology((Piece(0, NOON.replace(tzinfo=None), "", 10), Piece(10, NOON, "")), "xwav")
    with pytest.raises(ValueError, match="offset_s"):
        Piece(5, NOON, "", 5)
    with pytest.raises(ValueError, match="at least one"):
        Chronology((), "header")
    with pytest.raises(ValueError, match="10"):
        Chronology((Piece(0, NOON, "", 11), Piece(10, NOON, "")), "header")


@given(lists(tuples(integers(1, 50), integers(0, 3)), min_size=1, max_size=12), integers(1, 700))
def test_stretches_hold_the_whole_recording_and_nothing_twice(drawn: list[tuple[int, int]], length_s: int) -> None:
    pieces = []
    offset_s = 0
    when = NOON
    for seconds, pause_s in drawn:
        pieces.append(Piece(offset_s, when, "x", offset_s + seconds))
        offset_s += seconds
        when += timedelta(seconds=seconds + pause_s)
    chronology = Chronology(tuple(pieces), "xwav")
    stretches = [(piece.offset_s, end_s) for piece, end_s in chronology.stretches(length_s)]
    inside = [offset for offset in chronology.breaks() if offset < length_s]
    edges = [0, *inside, min(length_s, offset_s)]
    assert stretches == list(pairwise(edges))
