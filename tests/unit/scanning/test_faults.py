"""Faults of long runs: each costs the recording that it hits, and no other."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

import pytest
import soundfile

from detector.place import Place
from detector.scanning.outcome import Scanned
from detector.scanning.plan import Part
from detector.scanning.scanner import Scanner, Setting
from tests.places import Failing

from .conftest import RATE, noise, short_parts, tone_model, written


def statuses(results: list[Scanned]) -> list[str]:
    return [row.status for scanned in results for row in scanned.effort]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_folder_that_vanishes_leaves_failed_recordings_and_none_that_looks_finished(
    tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_parts(monkeypatch, 5.0)
    folder = tmp_path / "season"
    folder.mkdir()
    recordings = [written(folder / f"{n:02d}.wav", noise(20, n)) for n in range(30)]
    results: list[Scanned] = []
    for scanned in Scanner(tone_model(), Setting(workers=workers)).scan_all(recordings):
        results.append(scanned)
        if len(results) == 2:
            shutil.rmtree(folder)
    found = statuses(results)
    assert [scanned.recording.name for scanned in results] == [path.as_posix() for path in recordings]
    assert set(found) == {"ok", "failed"}
    assert found[-1] == "failed"
    for scanned in results:
        if scanned.failed:
            (line,) = scanned.remarks
            assert str(scanned.recording) in line
            assert os.strerror(errno.ENOENT) in line
            assert scanned.bug is None


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg"])
def test_a_recording_whose_disk_fails_has_failed_and_the_next_one_is_scanned(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_parts(monkeypatch)
    path = tmp_path / name
    soundfile.write(path, noise(20), RATE)
    place = Failing(name, path.read_bytes())
    place.outage.first = len(place.content) // 2
    failing, healthy = Scanner(tone_model()).scan_all([place, path])
    assert statuses([failing, healthy]) == ["failed", "ok"]
    (line,) = failing.remarks
    assert name in line
    assert os.strerror(errno.EIO) in line
    assert failing.bug is None
    place.outage.first = None
    assert statuses([Scanner(tone_model()).scan(place)]) == ["ok"]


@pytest.mark.parametrize("step", ["plan", "score"])
def test_a_library_that_ends_a_worker_costs_one_recording(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = [written(tmp_path / f"{n}.wav", noise(3, n)) for n in range(5)]
    before = getattr(Scanner, step)

    def deadly(self: Scanner, work: Place | Part, *rest: object) -> object:
        place = work.header.place if isinstance(work, Part) else work
        if place.name.endswith("2.wav"):
            sys.exit("no licence")
        return before(self, work, *rest)

    monkeypatch.setattr(Scanner, step, deadly)
    results = list(Scanner(tone_model(), Setting(workers=2)).scan_all(recordings))
    assert statuses(results) == ["ok", "ok", "failed", "ok", "ok"]
    (line,) = results[2].remarks
    assert str(recordings[2]) in line
    assert "no licence" in line
    assert "\n" not in line
