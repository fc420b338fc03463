"""A survey opens each file once, and tells what its header tells; folders sum up what their recordings say."""

from __future__ import annotations

import errno
import os
from collections import Counter
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.errors import ConfigurationError
from detector.place.local import LocalPlace
from detector.survey.folders import FolderInfo
from detector.survey.recording import RecordingInfo
from detector.survey.schedule import Schedule
from detector.survey.survey import Survey
from tests.recorders import RATE, comment, harp, wav


def survey(*paths: Path, **options: Any) -> tuple[list[RecordingInfo], list[FolderInfo], Survey]:
    made = Survey(paths, **options)
    return list(made.rows()), made.folders(), made


def test_a_row_says_what_the_header_says(tmp_path: Path) -> None:
    text = "Recorded at 21:00:00 05/10/2018 (UTC+2) by AudioMoth 0123456789ABCDEF at gain setting 2"
    wav(tmp_path / "a.wav", [comment(text)], samples=np.ones((RATE // 2, 2), np.int16))
    ((row,), _, _) = survey(tmp_path)
    assert (row.format, row.sample_rate_hz, row.channels, row.seconds) == ("WAV PCM_16", RATE, 2, 0.5)
    assert (row.start_time, row.time_source) == ("2018-10-05T21:00:00.000+02:00", "audiomoth")
    assert row.time_text in text
    assert not row.faults


def test_each_file_is_opened_once_and_folders_are_summed_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for n in range(3):
            wav(tmp_path / folder / f"S_20240511_0530{n:02d}Z.wav")
    opened: Counter[str] = Counter()
    open_file = LocalPlace.open

    def counted(place: LocalPlace, *rest: Any) -> Any:
        opened[place.path.name] += place.path.suffix == ".wav"
        return open_file(place, *rest)

    monkeypatch.setattr(LocalPlace, "open", counted)
    first = next(Survey([tmp_path]).rows())
    assert sum(opened.values()) == 1  # a row is known before the next file is read
    opened.clear()
    rows, folders, _ = survey(tmp_path)
    assert rows[0] == first
    assert set(opened.values()) == {2}  # a file of each folder
    assert [Path(folder.folder).name for folder in folders] == ["a", "b"]
    assert sum(folder.seconds for folder in folders) == sum(row.seconds or 0 for row in rows) == 6
    assert all(folder.schedule == Schedule(1, 1) for folder in folders)


def test_a_file_that_cannot_be_read_is_a_row_with_its_fault(tmp_path: Path) -> None:
    wav(tmp_path / "good.wav")
    (tmp_path / "bad.wav").write_bytes(b"RIFF and no more")
    rows, (folder,), made = survey(tmp_path, tmp_path / "none.wav")
    assert [row.failed for row in rows] == [True, False, True]
    assert all(len(row.faults) == 1 and str(tmp_path) not in row.faults[0] for row in rows if row.failed)
    assert (made.failed, folder.failed, folder.recordings, folder.untimed) == (2, 2, 3, 3)


def test_a_folder_that_cannot_be_searched_is_a_row_and_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wav(tmp_path / "a.wav")
    (tmp_path / "locked").mkdir()
    list_folder = os.scandir

    def denied(path: Path) -> Any:
        if Path(path).name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied")
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", denied)
    rows, folders, made = survey(tmp_path)
    assert [(Path(row.recording).name, row.failed) for row in rows] == [("locked", True), ("a.wav", False)]
    assert "Permission denied" in rows[0].faults[0]
    assert (made.failed, len(folders)) == (1, 1)


def test_a_file_that_holds_less_than_it_claims_is_truncated_and_counts_what_it_holds(tmp_path: Path) -> None:
    whole = wav(tmp_path / "a.wav", samples=np.ones(2 * RATE, np.int16))
    whole.write_bytes(whole.read_bytes()[: -2 * RATE])
    ((row,), _, made) = survey(tmp_path)
    assert row.seconds == pytest.approx(1)
    assert "truncated" in row.faults[-1]
    assert made.failed == 0


def test_the_pauses_within_a_file_are_pauses_of_its_folder(tmp_path: Path) -> None:
    starts = [(24, 5, 11, hour, 0, second, 0) for hour in range(5, 9) for second in (0, 1)]
    before = harp(starts, [2 * RATE] * len(starts))
    wav(tmp_path / "a.x.wav", [before], samples=np.ones(len(starts) * RATE, np.int16))
    _, (folder,), _ = survey(tmp_path)
    assert folder.schedule == Schedule(2, 3600)
    assert folder.coverage is not None
    assert not folder.coverage.gaps
    assert folder.coverage.share == pytest.approx(8 / (3 * 3600 + 2))
    assert (str(folder.first), str(folder.last)) == ("2024-05-11 05:00:00+00:00", "2024-05-11 08:00:02+00:00")


def test_times_with_and_without_a_zone_are_not_compared(tmp_path: Path) -> None:
    for name in ("S_20240511_053000Z.wav", "S_20240511_053100Z.wav", "S_20300511_053000.wav", "no time.wav"):
        wav(tmp_path / name)
    _, (folder,), _ = survey(tmp_path)
    assert folder.untimed == 2
    assert folder.last is not None
    assert folder.last.year == 2024
    zone = timezone(timedelta(hours=10))
    _, (zoned,), _ = survey(tmp_path, timezone=zone)
    assert zoned.untimed == 1


def test_a_clock_that_was_never_set_is_noted_and_spoils_no_folder(tmp_path: Path) -> None:
    wav(tmp_path / "S_19700101_000000Z.wav")
    wav(tmp_path / "S_20240511_053000Z.wav")
    _, (folder,), made = survey(tmp_path)
    assert folder.first is not None
    assert folder.first.year == 2024
    assert any("1970" in note for note in made.notes())


def test_a_folder_without_audio_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=tmp_path.name):
        Survey([tmp_path])
