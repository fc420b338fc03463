"""A run that is stopped at any instant goes on, repeats next to nothing, and ends with the tables of one scan."""

from __future__ import annotations

import dataclasses
import errno
import io
import os
import shutil
from collections import Counter
from pathlib import Path
from threading import Lock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.audio.reading import read_header
from detector.audio.verdict import Facts
from detector.errors import ConfigurationError, DetectorError, OutputError
from detector.operating.target import parse_target
from detector.place import LocalPlace
from detector.runs.folder import RUN_FOLDER, Run
from detector.runs.listing import merged_list
from detector.runs.parts import PartStore
from detector.runs.settings import NO_RESULT_CHANGES, OPTIONS
from detector.runs.store import Store
from detector.scanning.parts import PartScorer, PartScores
from detector.scanning.plan import Part
from detector.scanning.setting import Setting

from .conftest import Archive, damage


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int]]:
    """Count how often each part of each recording is scored."""
    count: Counter[tuple[str, int]] = Counter()
    score = PartScorer.score

    def counting(scorer: PartScorer, part: Part, *rest: object) -> PartScores:
        scores = score(scorer, part, *rest)
        count[part.header.place.name, part.first] += 1
        return scores

    monkeypatch.setattr(PartScorer, "score", counting)
    return count


@pytest.mark.parametrize("model", ["window", "frame"])
def test_a_run_has_the_tables_of_a_scan(archive: Archive, model: str) -> None:
    summary = archive.run("run", model)
    assert archive.tables("run") == archive.scan("scan", model)
    assert (summary.recordings, summary.failed) == (7, 1)
    assert RUN_FOLDER.is_kind_of(archive.folder / "run")
    assert not list((archive.folder / "run").glob("parts-*"))


@pytest.mark.parametrize("keep", ["all", "none"])
def test_a_run_killed_at_any_write_goes_on_to_the_same_tables(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, scored: Counter[tuple[str, int]], keep: str
) -> None:
    append = Store._append
    between = Lock()
    snapshots: list[tuple[Path, Counter[tuple[str, int]]]] = []

    def snapshot(store: Store, file: object, path: Path, content: bytes, end: int) -> None:
        """Write half of what is to be written, keep what a kill would leave, then write all of it."""
        with between:
            append(store, file, path, content[: len(content) // 2], end)
            killed = archive.folder / f"killed-{len(snapshots)}"
            shutil.copytree(archive.folder / "run", killed)
            snapshots.append((killed, scored.copy()))
            append(store, file, path, content, end)

    one_worker = Setting(workers=1)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_append", snapshot)
        archive.run("run", keep=keep, setting=one_worker)
    expected = archive.tables("run")
    n_parts = len(scored)
    assert len(snapshots) > 30
    for killed, before in snapshots:
        scored.clear()
        summary = archive.run(killed.name, keep=keep, setting=one_worker)
        assert archive.tables(killed.name) == expected, killed
        assert summary.recordings == 7
        repeated = scored.total() + before.total() - n_parts
        assert repeated <= 1, (killed, scored, before)


def test_a_finished_run_scans_nothing_again_not_even_what_failed_through_its_content(
    archive: Archive, scored: Counter[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.run("run")
    first = archive.tables("run")
    scored.clear()
    monkeypatch.setattr("detector.runs.scoring.load_model", None)  # so that it cannot be loaded
    summary = archive.run("run")
    assert scored.total() == 0
    assert archive.tables("run") == first
    assert summary.failed == 1


def test_a_recording_that_failed_through_its_content_is_tried_again_when_it_changes(archive: Archive) -> None:
    archive.run("run")
    shutil.copy(archive.recordings / "f.wav", archive.recordings / "e.wav")
    assert archive.run("run").failed == 0
    assert archive.tables("run") == archive.scan("scan")


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), MemoryError(), ZeroDivisionError("a bug")])
def test_a_recording_that_failed_otherwise_is_tried_again(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    score = PartScorer.score

    def failing(scorer: PartScorer, part: Part, *rest: object) -> PartScores:
        if part.header.place.name.endswith("f.wav"):
            raise error
        return score(scorer, part, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(PartScorer, "score", failing)
        assert archive.run("run").failed == 2
    assert archive.run("run").failed == 1
    assert archive.tables("run") == archive.scan("scan")


def test_recordings_in_another_order_are_written_in_that_order(archive: Archive) -> None:
    paths = [archive.recordings / "f.wav", archive.recordings / "b"]
    archive.run("run", paths=paths)
    archive.run("run", paths=paths[::-1])
    assert archive.tables("run") == archive.scan("scan", paths=paths[::-1])


def test_damaged_detections_are_found_again(archive: Archive, scored: Counter[tuple[str, int]]) -> None:
    archive.run("run")
    tables = archive.tables("run")
    damage(archive.folder / "run", "1.wav", -1)
    (archive.folder / "run" / "detections.csv").unlink()
    scored.clear()
    archive.run("run")
    assert {Path(name).name for name, _ in scored} == {"1.wav"}
    assert any("1.wav" in line and "damaged" in line for line in archive.lines)
    assert archive.tables("run") == tables


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"threshold": parse_target("fa=2/h")}, "fa=2/h"),
        ({"setting": Setting(hop_s=99.0)}, "99"),
        ({"setting": Setting(precision="tf32")}, "tf32"),
        ({"model": "untrained"}, "untrained"),
    ],
)
@pytest.mark.parametrize("exists", [False, True])
def test_a_run_that_cannot_begin_leaves_nothing(
    archive: Archive, change: dict[str, object], named: str, exists: bool
) -> None:
    (archive.folder / "untrained").mkdir()
    shutil.copy(archive.folder / "frame" / "recipe.toml", archive.folder / "untrained")
    if exists:
        (archive.folder / "deep" / "run").mkdir(parents=True)
    before = sorted(archive.folder.rglob("*"))
    with pytest.raises(DetectorError, match=named):
        archive.run("deep/run", **change)
    assert sorted(archive.folder.rglob("*")) == before
    archive.run("deep/run")


def test_a_full_disk_ends_a_run_at_the_next_part_and_what_was_written_is_kept(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, scored: Counter[tuple[str, int]]
) -> None:
    append = Store._append
    n_left = [4]

    def full(store: Store, file: object, path: Path, content: bytes, end: int) -> None:
        n_left[0] -= 1
        if n_left[0] < 0:
            raise OutputError(f"{path}: cannot be written: No space left on device")
        append(store, file, path, content, end)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_append", full)
        with pytest.raises(OutputError, match="No space left"):
            archive.run("run", setting=Setting(workers=1), paths=[archive.recordings / "b" / "2.wav"])
    assert 1 <= scored.total() < 7
    archive.run("run")
    assert archive.tables("run") == archive.scan("scan")


def test_a_run_whose_drive_fails_ends_with_one_line_and_goes_on_later(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(io.FileIO):
        """A file on a network drive that vanishes after a few writes."""

        n_left = 6

        def write(self, content: memoryview) -> int:  # type: ignore[override]
            Failing.n_left -= 1
            if Failing.n_left < 0:
                raise OSError(errno.ESTALE, "Stale file handle")
            return super().write(content)

        def truncate(self, size: int | None = None) -> int:
            if Failing.n_left < 0:
                raise OSError(errno.ESTALE, "Stale file handle")
            return super().truncate(size)

    with monkeypatch.context() as patch:
        patch.setattr("detector.runs.store.FileIO", Failing)
        with pytest.raises(OutputError, match="Stale file handle"):
            archive.run("run")
    archive.run("run")
    assert archive.tables("run") == archive.scan("scan")


def test_a_part_that_comes_after_the_end_writes_nothing(archive: Archive) -> None:
    archive.run("run")
    store = PartStore(archive.folder / "run", lambda _: True)
    store.close()
    part = Part(read_header(archive.recordings / "f.wav"), ("mix",), 0, None, "model")
    store.add(part, PartScores(0, "model", np.zeros((1, 1, 1), np.float32), Facts((True,)), ended=True))
    assert store.scores(part) is None
    assert not list((archive.folder / "run").glob("parts-*"))


def test_tables_that_were_deleted_are_written_again(archive: Archive) -> None:
    archive.run("run")
    tables = archive.tables("run")
    for name in tables:
        (archive.folder / "run" / name).unlink()
    archive.run("run")
    assert archive.tables("run") == tables


def test_a_changed_recording_is_scanned_again_and_named(archive: Archive, scored: Counter[tuple[str, int]]) -> None:
    archive.run("run")
    changed = archive.recordings / "b" / "1.wav"
    shutil.copy(archive.recordings / "f.wav", changed)
    scored.clear()
    archive.run("run")
    assert {name for name, _ in scored} == {changed.as_posix()}
    assert any(line.startswith(f"{changed}: has changed") for line in archive.lines)
    assert archive.tables("run") == archive.scan("scan")


def test_a_touched_recording_counts_as_changed(archive: Archive, scored: Counter[tuple[str, int]]) -> None:
    archive.run("run")
    scored.clear()
    os.utime(archive.recordings / "f.wav", (1, 1))
    archive.run("run")
    assert {name for name, _ in scored} == {(archive.recordings / "f.wav").as_posix()}


def test_a_recording_that_changes_while_it_is_read_fails_and_is_scanned_at_the_next_resume(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = archive.recordings / "f.wav"
    score = PartScorer.score

    def grow(scorer: PartScorer, part: Part, *rest: object) -> PartScores:
        if part.header.place.name == growing.as_posix():
            with growing.open("ab") as file:
                file.write(bytes(400))
        return score(scorer, part, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(PartScorer, "score", grow)
        summary = archive.run("run")
    assert summary.failed == 2
    assert any(line.startswith(f"{growing}: ") for line in archive.lines)
    summary = archive.run("run")
    assert summary.failed == 1
    assert archive.tables("run") == archive.scan("scan")


def test_new_recordings_are_scanned_and_those_that_are_gone_keep_their_results(archive: Archive) -> None:
    archive.run("run")
    everything = archive.tables("run")
    moved = archive.recordings / "b"
    moved.rename(archive.folder / "elsewhere")
    archive.run("run")
    assert archive.tables("run") == everything
    shutil.copy(archive.recordings / "f.wav", archive.recordings / "aa.wav")
    archive.run("run")
    (archive.folder / "elsewhere").rename(moved)
    expected = archive.scan("scan")
    for name, table in archive.tables("run").items():
        assert sorted(table.splitlines()) == sorted(expected[name].splitlines())
    archive.run("run")
    assert archive.tables("run") == expected


@given(before=st.sets(st.integers(0, 30)), now=st.sets(st.integers(0, 30)))
def test_two_sorted_lists_merge_into_all_of_both_in_the_order_of_the_later(before: set[int], now: set[int]) -> None:
    places = [[LocalPlace(Path(str(n))) for n in sorted(numbers)] for numbers in (before, now)]
    merged = [int(place.name) for place in merged_list(*places)]
    assert sorted(merged) == sorted(before | now)
    assert [n for n in merged if n in now] == sorted(now)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"threshold": 0.9}, "`scan.threshold` as by default, not 0.9"),
        ({"setting": Setting(hop_s=0.3)}, "`scan.hop_s` as by default, not 0.3"),
        ({"setting": Setting(engine="windows")}, "`scan.engine` auto, not windows"),
        ({"model": "window"}, "window (recipe.toml"),
        ({"keep": "none"}, "`scan.keep_scores` all, not none"),
    ],
)
def test_another_option_or_model_is_refused_with_both_and_changes_nothing(
    archive: Archive, change: dict[str, object], named: str
) -> None:
    archive.run("run")
    files = {path.name: path.read_bytes() for path in (archive.folder / "run").iterdir()}
    with pytest.raises(ConfigurationError) as error:
        archive.run("run", **change)
    assert named in str(error.value)
    assert {path.name: path.read_bytes() for path in (archive.folder / "run").iterdir()} == files


def test_options_that_change_no_byte_may_differ_at_each_resume(archive: Archive) -> None:
    archive.run("run", setting=Setting(workers=2, block_s=3.0))
    tables = archive.tables("run")
    archive.run("run", setting=Setting(workers=1, block_s=0.7))
    assert archive.tables("run") == tables


def test_a_model_that_was_tuned_meanwhile_is_refused(archive: Archive) -> None:
    archive.run("run")
    path = archive.folder / "frame" / "operating.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("threshold = 0.5", "threshold = 0.6"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"operating\.toml"):
        archive.run("run")


def test_other_recordings_are_refused(archive: Archive) -> None:
    archive.run("run")
    archive.recordings.rename(archive.folder / "other")
    (archive.folder / "recordings").mkdir()
    shutil.copy(archive.folder / "other" / "f.wav", archive.folder / "recordings" / "z.wav")
    with pytest.raises(ConfigurationError, match=r"z\.wav"):
        archive.run("run")


def test_a_folder_with_other_files_is_no_run_and_stays_as_it_is(archive: Archive) -> None:
    (archive.folder / "run").mkdir()
    (archive.folder / "run" / "thesis.tex").touch()
    with pytest.raises(OutputError, match="run: "):
        archive.run("run")
    assert [path.name for path in (archive.folder / "run").iterdir()] == ["thesis.tex"]


def test_a_run_without_results_cannot_be_read(archive: Archive) -> None:
    with pytest.raises(ConfigurationError, match="none: "):
        Run(archive.folder / "none")
    (archive.folder / "empty").mkdir()
    with pytest.raises(ConfigurationError, match="empty: "):
        Run(archive.folder / "empty")


def test_every_attribute_of_a_setting_is_an_option_of_runs_or_changes_no_result() -> None:
    names = {field.name for field in dataclasses.fields(Setting)}
    assert names == (OPTIONS.keys() | set(NO_RESULT_CHANGES)) - {"device", "threshold"}
