"""A user says where the time stands in file names; a pattern that cannot give a time is refused in one line."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from detector.audio.metadata import name_chronology
from detector.audio.reading import read_header
from detector.audio.times.evidence import Evidence
from detector.audio.times.pattern import TimePattern
from detector.errors import ParameterError
from detector.place import LocalPlace
from tests.recorders import guano, wav


def told(pattern: str, name: str) -> str:
    chronology = TimePattern(pattern).read(Evidence(LocalPlace(Path("20010101_000000") / name)))
    return "unknown" if chronology is None else chronology.pieces[0].start.isoformat()


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("%Y%m%d_%H%M%S", "SITE_20210315_142233.wav", "2021-03-15T14:22:33"),
        ("SITE_%y%j-%H%M", "SITE_21074-1422.wav", "2021-03-15T14:22:00"),
        ("%d.%m.%Y %H-%M", "Teich 15.03.2021 14-22.flac", "2021-03-15T14:22:00"),
        ("%d%b%Y_%I%M%p", "15Mar2021_0222PM.wav", "2021-03-15T14:22:00"),
        ("%y%m%d%H%M%S.%f", "210315142233.25.wav", "2021-03-15T14:22:33.250000"),
        ("%Y%m%dT%H%M%S%z", "20210315T142233+1000.wav", "2021-03-15T14:22:33+10:00"),
        ("%Y%m%dT%H%M%S%z", "20210315T142233Z.wav", "2021-03-15T14:22:33+00:00"),
        ("%%%Y-%j_%H.wav", "%2021-074_14.wav", "2021-03-15T14:00:00"),
        ("(%Y)[%j]%H", "(2021)[074]14.wav", "2021-03-15T14:00:00"),
        ("%Y%m%d_%H%M%S", "SITE_20211315_142233.wav", "unknown"),
        ("%Y%m%d_%H%M%S", "SITE.wav", "unknown"),
        ("%y%j-%H%M", "SITE_21400-1422.wav", "unknown"),
    ],
)
def test_a_pattern_is_found_anywhere_in_the_name_of_the_file(pattern: str, name: str, expected: str) -> None:
    assert told(pattern, name) == expected


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "year"), ("%H%M%S", "year"), ("%Y_%H", "day"), ("%Y%m_%H", "day"), ("%Y%m%d", "hour"),
        ("%Y%m%d_%I", "hour"), ("%Y%m%d_%H%Q", "%Q"), ("%Y%m%d_%H%", "'%'"), ("%Y%Y%m%d_%H", "%Y 2 times"),
        ("%Y%m%d_%H%\n", "%"),
    ],
)  # fmt: skip
def test_a_pattern_that_gives_no_time_is_refused(pattern: str, problem: str) -> None:
    with pytest.raises(ParameterError, match="time_pattern") as refused:
        TimePattern(pattern)
    assert problem in refused.value.problem


def test_the_pattern_goes_before_all_else_where_the_name_has_it(tmp_path: Path) -> None:
    pattern = TimePattern("%y%j-%H%M")
    stated = wav(tmp_path / "SITE_21074-1422.wav", [guano("2019-04-30T21:02:44Z")])
    chronology = read_header(stated, time_pattern=pattern).chronology
    assert chronology is not None
    assert str(chronology.at(0)) == "2021-03-15T14:22:00.000"
    assert chronology.time_source == "filename pattern, no zone"
    other = name_chronology(LocalPlace(Path("SITE_20210315_142233.wav")), time_pattern=pattern)
    assert other is not None
    assert other.time_source == "filename, no zone"


def test_a_pattern_crosses_processes() -> None:
    pattern = TimePattern("%y%j-%H%M")
    assert pickle.loads(pickle.dumps(pattern)) == pattern
