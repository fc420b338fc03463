from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from detector.audio.metadata import StartTime
from detector.scanning.effort import COLUMNS, Effort, absolute_time


def test_a_time_is_the_start_and_the_seconds_after_it_in_the_same_zone() -> None:
    start = StartTime(datetime(2024, 5, 11, 23, 59, 59, tzinfo=timezone(timedelta(hours=9, minutes=30))), "header")
    assert absolute_time(start, 1.2345) == "2024-05-12T00:00:00.234+09:30"
    assert absolute_time(None, 1.0) == ""


def test_seconds_are_counted_through_a_change_of_the_clocks() -> None:
    start = StartTime(datetime(2024, 3, 31, 1, 30, tzinfo=ZoneInfo("Europe/Berlin")), "filename")
    assert absolute_time(start, 3600.0) == "2024-03-31T03:30:00.000+02:00"


def test_what_is_not_known_is_empty_rather_than_zero() -> None:
    row = dict(zip(COLUMNS, Effort(Path("a/b.wav"), "", "failed", detail="broken").row()))
    assert row == {
        "recording": "a/b.wav",
        "channel": "",
        "status": "failed",
        "seconds": "",
        "scanned_s": "0.000",
        "start_time": "",
        "time_source": "",
        "detail": "broken",
    }
