from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import soundfile

from detector.audio.metadata import name_chronology
from detector.audio.reading import read_header
from detector.chronology import Moment
from detector.errors import RecordingError
from detector.place import LocalPlace

from .conftest import noise

BRISBANE = timezone(timedelta(hours=10))
BY_AUDIOMOTH = "by AudioMoth 24526B065D325963 at gain setting 2 while battery state was 4.7V."


def start_time(path: Path, zone: tzinfo | None = None) -> Moment | None:
    """Find out when a recording began, as a scan does."""
    try:
        chronology = read_header(path, timezone=zone).chronology
    except RecordingError:
        chronology = name_chronology(LocalPlace(path), zone)
    return None if chronology is None else chronology.at(0)


def commented(path: Path, comment: str) -> Path:
    with soundfile.SoundFile(path, "w", 48000, 1) as sound:
        sound.comment = comment
        sound.write(noise(0.1))
    return path


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ("21:00:00 05/10/2018 (UTC)", "2018-10-05T21:00:00+00:00"),
        ("21:00:00 05/10/2018 (UTC+2)", "2018-10-05T21:00:00+02:00"),
        ("21:00:00 05/10/2018 (UTC-3:30)", "2018-10-05T21:00:00-03:30"),
        ("21:00:00 05/10/2018 (UTC+10)", "2018-10-05T21:00:00+10:00"),
        ("21:00:00.125 05/10/2018 (UTC)", "2018-10-05T21:00:00.125000+00:00"),
    ],
)
def test_an_audiomoths_comment_tells_the_time_with_its_zone(tmp_path: Path, said: str, when: str) -> None:
    found = start_time(commented(tmp_path / "20200101_000000Z.wav", f"Recorded at {said} {BY_AUDIOMOTH}"))
    assert found is not None
    assert (found.when.isoformat(), found.source) == (when, "audiomoth")
    assert found.raw == f"Recorded at {said}"


@pytest.mark.parametrize("said", ["21:00:00 05/13/2018 (UTC)", "25:00:00 05/10/2018 (UTC)"])
def test_a_comment_with_no_true_time_leaves_it_to_the_name(tmp_path: Path, said: str) -> None:
    found = start_time(commented(tmp_path / "20200601_000000Z.wav", f"Recorded at {said} {BY_AUDIOMOTH}"))
    assert found is not None
    assert found.source == "filename"
    assert start_time(commented(tmp_path / "x.wav", f"Recorded at {said} {BY_AUDIOMOTH}")) is None


def test_what_opensoundscape_says_of_a_cut_file_goes_before_what_the_recorder_said_of_the_whole(tmp_path: Path) -> None:
    inside = {"comment": f"Recorded at 10:00:00 28/05/2024 (UTC) {BY_AUDIOMOTH}"}
    cut = commented(
        tmp_path / "a.wav", "opso_metadata" + json.dumps(inside | {"recording_start_time": "2024-05-28T10:05:00+00:00"})
    )
    found = start_time(cut)
    assert found is not None
    assert found.when == datetime(2024, 5, 28, 10, 5, tzinfo=UTC)
    assert start_time(commented(tmp_path / "b.wav", "opso_metadata" + json.dumps(inside))) is None
    assert start_time(commented(tmp_path / "c.wav", 'opso_metadata["broken')) is None


@pytest.mark.parametrize(
    ("name", "when"),
    [
        ("20210219_175100Z", "2021-02-19T17:51:00+00:00"),
        ("20210219T175100Z", "2021-02-19T17:51:00+00:00"),
        ("20210219T175100+1000", "2021-02-19T17:51:00+10:00"),
        ("20210219T175100+1000_REC", "2021-02-19T17:51:00+10:00"),
        ("20210219T175100-0330_REC", "2021-02-19T17:51:00-03:30"),
        ("S20210219T175100.250+1000_-27.4+153.0", "2021-02-19T17:51:00.250000+10:00"),
        ("2021-02-19_17-51-00Z", "2021-02-19T17:51:00+00:00"),
        ("5BB5F1A0", "2018-10-04T10:55:28+00:00"),
    ],
)
def test_a_name_with_a_zone_tells_the_time(name: str, when: str) -> None:
    found = start_time(Path(f"somewhere/{name}.WAV"))
    assert found is not None
    assert (found.when.isoformat(), found.source) == (when, "filename")
    assert found.raw in name


@pytest.mark.parametrize(
    "name",
    [
        "20210219_175100", "SITE1_20210219_175100", "SM4-12_0+1_20210219_175100", "20210219_175100T", "20210219T175100",
        "2021-02-19_17-51-00", "2021-02-19T17:51:00", "20210219175100", "20210219_175100-0001", "20210219_175100-0000",
        "20210219_175100_0003", "20210219_175100-0517", "5146.210219175100",
    ],
)  # fmt: skip
def test_a_name_without_a_zone_tells_the_time_of_the_clock_until_the_zone_is_given(name: str) -> None:
    for zone, offset, source in ((None, "", "filename, no zone"), (BRISBANE, "+10:00", "filename")):
        found = start_time(Path(f"{name}.wav"), zone)
        assert found is not None
        assert (found.when.isoformat(), found.source) == (f"2021-02-19T17:51:00{offset}", source)


@pytest.mark.parametrize(
    "name",
    [
        "20211319_175100Z", "20210230_175100Z", "20210219_245100Z", "20210219_176100Z", "20210219_1751", "20210219",
        "120210219_175100", "20210219_1751009", "LOCA_2021_09_24_652_3", "MSD-0003_20180427_2minstart00",
        "00000001", "DEADBEEF", "5BB5F1A", "x5BB5F1A0", "5bb5f1a0", "5146.219919175100", "",
        "recording",
    ],
)  # fmt: skip
def test_unknown_is_better_than_wrong(name: str) -> None:
    assert start_time(Path(f"{name}.wav"), BRISBANE) is None


def test_a_named_zone_follows_its_summer_time() -> None:
    zone = ZoneInfo("Europe/Berlin")
    summer, winter = (start_time(Path(f"20210{month}15_120000.wav"), zone) for month in (7, 1))
    assert summer is not None
    assert winter is not None
    assert summer.when.utcoffset() == timedelta(hours=2)
    assert winter.when.utcoffset() == timedelta(hours=1)


def test_real_headers_of_audiomoth_and_opensoundscape_are_read(data: Path) -> None:
    folder = data / "formats" / "opensoundscape"
    expected = {
        "audiomoth_gps.wav": "2024-05-28T10:00:00+00:00",
        "metadata.wav": "2020-04-04T10:25:00+00:00",
        "LOCA_2021_09_24_652_3.wav": "2021-09-24T06:52:00+00:00",
        "veryshort.wav": "2021-09-24T06:52:00+00:00",
    }
    for path in sorted(folder.glob("*.wav")):
        found = start_time(path)
        assert (found and found.when.isoformat()) == expected.get(path.name), path.name
        assert found is None or found.source in {"audiomoth", "opensoundscape"}
