"""Time that is spread over hours is neither lost nor made, in any zone, through every change of summer time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis.strategies import builds, datetimes, integers, just, none, one_of, sampled_from

from detector.activity.hours import HOUR_MS, Hour, local, spread

ZONES = one_of(
    none(),
    builds(timezone, builds(timedelta, minutes=integers(-14 * 60, 14 * 60))),
    sampled_from([ZoneInfo(name) for name in ("Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu")]),
    just(UTC),
)
STARTS = datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=ZONES)


@given(STARTS, integers(1, 100 * HOUR_MS), integers(0, 100 * HOUR_MS))
def test_the_hours_add_up_to_the_scanned_time(start: datetime, covered_ms: int, scanned_ms: int) -> None:
    scanned_ms = min(scanned_ms, covered_ms)
    assert sum(ms for _, ms in spread(start, covered_ms, scanned_ms)) == scanned_ms


@given(STARTS, integers(1, 100 * HOUR_MS))
def test_no_hour_gets_more_than_an_hour_and_those_within_get_all_of_it(start: datetime, covered_ms: int) -> None:
    hours = list(spread(start, covered_ms, covered_ms))
    assert all(0 < ms <= HOUR_MS for _, ms in hours)
    is_steady = start.tzinfo is None or isinstance(start.tzinfo, timezone)
    if is_steady:
        assert all(ms == HOUR_MS for _, ms in hours[1:-1])
        stamps = [datetime.combine(day, datetime.min.time()) + timedelta(hours=hour) for (day, hour), _ in hours]
        assert all(later - stamp == timedelta(hours=1) for stamp, later in pairwise(stamps))


@given(STARTS, integers(1, 30 * HOUR_MS), integers(1, 29))
def test_two_halves_of_a_recording_make_the_whole(start: datetime, covered_ms: int, part: int) -> None:
    first_ms = covered_ms * part // 30
    whole: Counter[Hour] = Counter()
    for hour, ms in spread(start, covered_ms, covered_ms):
        whole[hour] += ms
    halves: Counter[Hour] = Counter()
    middle = start + timedelta(milliseconds=first_ms)
    if start.tzinfo is not None:
        middle = (start.astimezone(UTC) + timedelta(milliseconds=first_ms)).astimezone(start.tzinfo)
    for at, ms in ((start, first_ms), (middle, covered_ms - first_ms)):
        for hour, spent_ms in spread(at, ms, ms):
            halves[hour] += spent_ms
    assert halves == whole


def test_summer_time_leaves_one_hour_out_and_has_another_twice() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spring = dict(spread(datetime(2021, 3, 28, 1, 30, tzinfo=berlin), 2 * HOUR_MS, 2 * HOUR_MS))
    assert [(hour.hour, ms // 60000) for hour, ms in spring.items()] == [(1, 30), (3, 60), (4, 30)]
    autumn: Counter[int] = Counter()
    for hour, ms in spread(datetime(2021, 10, 31, 1, 30, tzinfo=berlin), 3 * HOUR_MS, 3 * HOUR_MS):
        autumn[hour.hour] += ms // 60000
    assert autumn == {1: 30, 2: 120, 3: 30}


def test_a_scan_with_holes_is_spread_evenly() -> None:
    hours = list(spread(datetime(2021, 3, 1, 23, 30), HOUR_MS, HOUR_MS // 2))
    assert hours == [(Hour(date(2021, 3, 1), 23), HOUR_MS // 4), (Hour(date(2021, 3, 2), 0), HOUR_MS // 4)]


def test_a_time_without_a_zone_is_one_of_the_clock_that_is_asked_for() -> None:
    zone = timezone(timedelta(hours=10))
    assert local(datetime(2021, 3, 1, 5), zone).hour == 5
    assert local(datetime(2021, 3, 1, 5, tzinfo=UTC), zone).hour == 15
    assert local(datetime(2021, 3, 1, 5), None).tzinfo is None
