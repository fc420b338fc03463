"""Doubtful clocks are named: each kind in one line, and only where there is a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from detector.audio.metadata import name_chronology
from detector.audio.times.names import BY_PATTERN
from detector.chronology import Chronology, Piece
from detector.errors import Fault, Parameter
from detector.place import LocalPlace
from detector.scanning.clocks import ClockWatch
from detector.scanning.outcome import Scanned, failed
from detector.tables.effort import Effort

NOW = datetime(2024, 6, 1, tzinfo=UTC)
FEW = 50


def scanned(name: str, chronology: Chronology | None = None, seconds: float = 60.0, channel: str = "mix") -> Scanned:
    place = LocalPlace(Path(name))
    chronology = chronology or name_chronology(place)
    return Scanned(place, chronology, (Effort(place, channel, "ok", seconds, seconds, chronology),), heard_s=seconds)


def by_header(name: str, when: str, seconds: float = 60.0) -> Scanned:
    return scanned(name, Chronology.since(datetime.fromisoformat(when), "guano", when), seconds)


def lines(*recordings: Scanned, patterned: bool = False) -> list[str]:
    watch = ClockWatch(NOW, patterned=patterned)
    for recording in recordings:
        watch.add(recording)
    return list(watch.lines())


def test_sound_clocks_are_not_mentioned() -> None:
    assert lines() == []
    assert lines(*(scanned(f"a/S_20240511_0530{minute}Z.wav", seconds=1) for minute in ("00", "02", "59"))) == []
    minute_by_minute = [by_header(f"{n}.wav", f"2024-05-11T05:{n:02d}:00Z", 60.9) for n in range(9)]
    assert lines(*minute_by_minute) == []


def test_clocks_without_a_zone_are_counted_and_the_option_that_helps_is_named() -> None:
    (line,) = lines(*(scanned(f"a/S_20240511_05{minute}00.wav") for minute in range(10, 13)))
    assert "3 recordings" in line
    assert "a/S_20240511_051000.wav" in line
    assert str(Parameter("timezone", "scan")) in line


def test_recordings_without_a_time_are_counted_and_the_option_that_helps_is_named() -> None:
    place = LocalPlace(Path("gone.wav"))
    gone = failed(place, None, Fault("gone.wav: cannot be read"))
    (line,) = lines(gone, scanned("a/no time.wav"), scanned("20240511_053000Z.wav"), scanned("none.wav"))
    assert "2 recordings" in line
    assert "a/no time.wav" in line
    assert str(Parameter("time_pattern", "scan")) in line
    (line,) = lines(scanned("a/no time.wav"), patterned=True)
    assert "does not fit" in line


@pytest.mark.parametrize("name", ["19700101_000012Z.wav", "19800101_000012Z.wav", "19891231_235959Z.wav"])
def test_a_clock_that_was_never_set_is_named(name: str) -> None:
    (line,) = lines(scanned(name), scanned("20240511_053000Z.wav"))
    assert "1 recording:" in line
    assert name in line


def test_the_future_is_named_and_tomorrow_s_date_only_where_the_zone_is_known() -> None:
    assert len(lines(scanned("20240601_000001Z.wav"))) == 1
    (zoneless,) = lines(scanned("20240601_130000.wav"))
    assert "timezone" in zoneless
    assert len(lines(scanned("20240603_000000.wav"))) == 2


@pytest.mark.parametrize(
    ("first", "second", "n_lines"),
    [
        (scanned("a/S_20240511_053000Z.wav"), scanned("a/S_20240511_053030Z.wav"), 1),
        (scanned("a/S_20240511_053000Z.wav"), scanned("a/S_20240511_053058Z.wav"), 0),  # clocks write whole seconds
        (scanned("a/S_20240511_053000Z.wav"), scanned("b/S_20240511_053030Z.wav"), 0),  # another folder
        (scanned("a/S_20240511_053000Z.wav"), scanned("a/T_20240511_053030Z.wav"), 0),  # another recorder
        (scanned("a/S_20240511_053000Z_1.wav"), scanned("a/S_20240511_053000Z_2.wav"), 0),  # another channel
        (scanned("a/S_20240511_053000Z.wav"), scanned("a/S_20240511_053000Z.flac"), 1),  # a copy
        (scanned("a/S_20240511_053000Z.wav"), scanned("a/S_20240511_053030Z.wav", channel="0"), 0),
        (by_header("a/R1.wav", "2024-05-11T05:30:00Z"), by_header("a/R2.wav", "2024-05-11T05:30:30Z"), 1),
        (by_header("a/R1.wav", "2024-05-11T05:30:00Z"), by_header("a/R2.wav", "2024-05-11T04:30:00Z"), 1),
        (by_header("a/R10.wav", "2024-05-11T05:30:00Z"), by_header("a/R2.wav", "2024-05-11T04:30:00Z"), 0),
        (scanned("a/20240511_053000Z.wav"), scanned("a/20240510_053000Z.wav"), 0),  # a user may name them in any order
    ],
)
def test_recordings_of_one_recorder_follow_one_another(first: Scanned, second: Scanned, n_lines: int) -> None:
    found = lines(first, second)
    assert len(found) == n_lines
    assert all(str(second.recording) in line and str(first.recording) in line for line in found)


def test_a_clock_that_is_set_back_within_a_file_is_named() -> None:
    late = NOW - timedelta(days=9)
    back = Chronology((Piece(0, late, "", 9), Piece(9, late - timedelta(hours=1), "")), "xwav")
    (line,) = lines(scanned("a.x.wav", back))
    assert "a.x.wav" in line


def test_each_kind_is_named_once_however_many_recordings_have_it() -> None:
    overlapping = [scanned(f"S_20240511_0530{second:02d}.wav") for second in range(0, 50, 5)]
    never_set = [scanned(f"T_197001{day}_000000.wav") for day in range(10, 20)]
    found = lines(*overlapping, *never_set)
    assert len(found) == 3
    assert sum("9 recordings" in line for line in found) == 1
    assert sum("20 recordings" in line for line in found) == 1


def test_a_pattern_that_does_not_fit_is_named() -> None:
    fits = Chronology.since(NOW - timedelta(days=1), BY_PATTERN, "21074")
    assert lines(scanned("a.wav", fits), patterned=True) == []
    (line,) = lines(scanned("a.wav", fits), scanned("b.wav"), patterned=True)
    assert "b.wav" in line
    assert str(Parameter("time_pattern", "scan")) in line


def test_times_with_and_without_a_zone_are_never_compared() -> None:
    recordings = [scanned("S_20240511_053000Z.wav"), scanned("S_20240511_053030.wav")]
    for order in permutations(recordings):
        assert len(lines(*order)) == 1


def test_memory_does_not_grow_with_the_recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.scanning.clocks._MOST_RECORDERS", FEW)
    watch = ClockWatch(NOW)
    for n in range(10 * FEW):
        watch.add(scanned(f"{n}/S_20240511_053000Z.wav"))
    assert len(watch._last) == FEW
