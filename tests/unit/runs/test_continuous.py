"""Runs over a continuous deployment: windows and calls go on across files, and a stopped run still goes on."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from threading import Lock

import numpy as np
import pytest

from detector.errors import ConfigurationError, RecordingError
from detector.place import LocalPlace
from detector.runs.folder import Run
from detector.runs.shard import Shard
from detector.runs.store import Store
from detector.scanning.parts import PartScorer, PartScores
from detector.scanning.plan import Part
from detector.scanning.setting import Setting
from detector.scanning.summary import Summary
from tests.unit.scanning.conftest import RATE, noise, with_tones, written

from .conftest import Archive

CONTINUOUS = Setting(workers=1, continuous=True)
SOUND = with_tones(noise(36, 7), (2.0, 2.5), (5.5, 6.5), (11.8, 18.3), (24.01, 24.4), (29.0, 29.5), (35.0, 36.0))
SECONDS = 6  # of a file


def name(number: int) -> str:
    return f"S_20240511_0530{SECONDS * number:02d}Z.wav"


def piece(number: int) -> np.ndarray:
    return SOUND[SECONDS * number * RATE : SECONDS * (number + 1) * RATE]


@pytest.fixture
def deployment(archive: Archive) -> Archive:
    """Write the first five of six files that follow one another, and some that do not."""
    for path in sorted(archive.recordings.rglob("*.wav"), reverse=True):
        path.unlink()
    for number in range(5):
        written(archive.recordings / name(number), piece(number))
    written(archive.recordings / "T_20240512_053000Z.wav", with_tones(noise(4, 1), (1.0, 1.5)))
    written(archive.recordings / "a.wav", with_tones(noise(5, 2), (1.0, 1.5)))
    (archive.recordings / "e.wav").write_bytes(b"no recording")
    return archive


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int]]:
    """Count how often each part is scored, by the first file of its series."""
    count: Counter[tuple[str, int]] = Counter()
    score = PartScorer.score

    def counting(scorer: PartScorer, part: Part, *rest: object) -> PartScores:
        scores = score(scorer, part, *rest)
        count[Path(part.header.place.name).name, part.first] += 1
        return scores

    monkeypatch.setattr(PartScorer, "score", counting)
    return count


def run(archive: Archive, folder: str = "run", model: str = "frame") -> Summary:
    return archive.run(folder, model, keep="none", setting=CONTINUOUS)


def files(scored: Counter[tuple[str, int]]) -> set[str]:
    return {file for file, _ in scored}


@pytest.mark.parametrize("model", ["window", "frame"])
def test_a_run_has_the_tables_of_a_scan(deployment: Archive, model: str) -> None:
    summary = run(deployment, model=model)
    assert deployment.tables("run") == deployment.scan("scan", model, CONTINUOUS)
    assert deployment.tables("run") != deployment.scan("apart", model)
    assert (summary.recordings, summary.failed, summary.joined) == (8, 1, 4)
    assert not list((deployment.folder / "run").glob("parts-*"))


def test_files_listed_in_any_order_are_joined(deployment: Archive) -> None:
    paths = sorted(deployment.recordings.rglob("*.wav"), reverse=True)
    backward = deployment.scan("backward", setting=CONTINUOUS, paths=paths)
    assert backward == deployment.scan("scan", setting=CONTINUOUS)
    deployment.run("run", keep="none", setting=CONTINUOUS, paths=paths)
    assert deployment.tables("run") == backward


def test_a_run_killed_at_any_write_goes_on_to_the_same_tables(
    deployment: Archive, monkeypatch: pytest.MonkeyPatch, scored: Counter[tuple[str, int]]
) -> None:
    append = Store._append
    between = Lock()
    snapshots: list[tuple[Path, Counter[tuple[str, int]]]] = []

    def snapshot(store: Store, file: object, path: Path, content: bytes, end: int) -> None:
        """Write half of what is to be written, keep what a kill would leave, then write all of it."""
        with between:
            append(store, file, path, content[: len(content) // 2], end)
            killed = deployment.folder / f"killed-{len(snapshots)}"
            shutil.copytree(deployment.folder / "run", killed)
            snapshots.append((killed, scored.copy()))
            append(store, file, path, content, end)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_append", snapshot)
        run(deployment)
    expected = deployment.tables("run")
    n_parts = len(scored)
    assert len(snapshots) > 30
    for killed, before in snapshots:
        scored.clear()
        summary = run(deployment, killed.name)
        assert deployment.tables(killed.name) == expected, killed
        assert (summary.recordings, summary.joined) == (8, 4)
        assert scored.total() + before.total() - n_parts <= 1, (killed, scored, before)


def test_a_finished_run_scans_nothing_again(deployment: Archive, scored: Counter[tuple[str, int]]) -> None:
    run(deployment)
    tables = deployment.tables("run")
    scored.clear()
    summary = run(deployment)
    assert not scored
    assert summary.joined == 4
    assert deployment.tables("run") == tables


def test_a_file_that_continues_the_deployment_joins_it(deployment: Archive, scored: Counter[tuple[str, int]]) -> None:
    run(deployment)
    written(deployment.recordings / name(5), piece(5))
    scored.clear()
    assert run(deployment).joined == 5
    assert files(scored) == {name(0)}
    assert deployment.tables("run") == deployment.scan("scan", setting=CONTINUOUS)


def test_a_new_recording_of_its_own_costs_only_itself(deployment: Archive, scored: Counter[tuple[str, int]]) -> None:
    run(deployment)
    for other in ("R_20240511_053000Z.wav", "S_20240511_053500Z.wav", "c.wav"):
        shutil.copy(deployment.recordings / "a.wav", deployment.recordings / other)
    scored.clear()
    run(deployment)
    assert files(scored) == {"R_20240511_053000Z.wav", "S_20240511_053500Z.wav", "c.wav"}
    assert deployment.tables("run") == deployment.scan("scan", setting=CONTINUOUS)


@pytest.mark.parametrize("seconds", [6, 3])
@pytest.mark.parametrize("number", [0, 2, 4])
def test_a_changed_file_is_scanned_again_with_its_series(deployment: Archive, number: int, seconds: int) -> None:
    run(deployment)
    written(deployment.recordings / name(number), with_tones(noise(seconds, 9), (0.0, 0.5)))
    run(deployment)
    assert deployment.tables("run") == deployment.scan("scan", setting=CONTINUOUS)
    tables = deployment.tables("run")
    run(deployment)
    assert deployment.tables("run") == tables


@pytest.mark.parametrize(
    ("number", "seconds", "tone"),
    [
        (2, 3, (0.0, 0.5)),  # now a pause follows
        (3, 6, (5.0, 6.0)),  # now a call goes on into file 4, where it began before
    ],
)
def test_a_run_killed_while_it_scans_a_changed_series_again_mixes_no_results(
    deployment: Archive, monkeypatch: pytest.MonkeyPatch, number: int, seconds: int, tone: tuple[float, float]
) -> None:
    run(deployment)
    written(deployment.recordings / name(number), with_tones(noise(seconds, 9), tone))
    add = Run.add
    n_left = 0

    def kill(self: Run, *rest: object) -> None:
        nonlocal n_left
        if n_left == 0:
            raise KeyboardInterrupt
        n_left -= 1
        add(self, *rest)

    expected = deployment.scan("scan", setting=CONTINUOUS)
    for n_kept in range(1, 5):
        killed = f"killed-{n_kept}"
        shutil.copytree(deployment.folder / "run", deployment.folder / killed)
        n_left = n_kept
        with monkeypatch.context() as patch:
            patch.setattr(Run, "add", kill)
            with pytest.raises(KeyboardInterrupt):
                run(deployment, killed)
        run(deployment, killed)
        assert deployment.tables(killed) == expected


def test_files_that_are_gone_keep_their_results(deployment: Archive, scored: Counter[tuple[str, int]]) -> None:
    run(deployment)
    tables = deployment.tables("run")
    gone = deployment.recordings / name(2)
    gone.rename(deployment.folder / "elsewhere")
    scored.clear()
    run(deployment)
    assert not scored
    assert deployment.tables("run") == tables
    shutil.copy(deployment.recordings / "a.wav", deployment.recordings / "S_20240511_053500Z.wav")
    run(deployment)
    assert files(scored) == {"S_20240511_053500Z.wav"}
    (deployment.folder / "elsewhere").rename(gone)
    run(deployment)
    assert deployment.tables("run") == deployment.scan("scan", setting=CONTINUOUS)


def test_a_file_that_could_not_be_read_is_tried_again_with_its_series(
    deployment: Archive, monkeypatch: pytest.MonkeyPatch, scored: Counter[tuple[str, int]]
) -> None:
    place_open = LocalPlace.open

    def failing(self: LocalPlace, expected: object = None) -> object:
        if self.name.endswith(name(2)) and expected is not None:  # its header could be read
            raise RecordingError(f"{self}: cannot be read: the network is away")
        return place_open(self, expected)

    with monkeypatch.context() as patch:
        patch.setattr(LocalPlace, "open", failing)
        assert run(deployment).failed == 2
    n_parts = scored.total()
    scored.clear()
    summary = run(deployment)
    assert (summary.failed, summary.joined) == (1, 4)
    assert scored.total() < n_parts
    assert deployment.tables("run") == deployment.scan("scan", setting=CONTINUOUS)


def test_a_shard_and_stored_scores_are_refused(deployment: Archive) -> None:
    with pytest.raises(ConfigurationError, match="shard"):
        deployment.run("run", keep="none", shard=Shard(number=1, count=2), setting=CONTINUOUS)
    with pytest.raises(ConfigurationError, match="keep_scores"):
        deployment.run("run", setting=CONTINUOUS)
    assert not (deployment.folder / "run").exists()


def test_a_run_without_the_option_does_not_go_on_with_it(deployment: Archive) -> None:
    deployment.run("run", keep="none")
    with pytest.raises(ConfigurationError, match=r"scan\.continuous"):
        run(deployment)
