"""Shards become the run that one scan would have made, or the missing ones are named."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from detector.errors import ConfigurationError, OutputError
from detector.runs.lock import run_lock
from detector.runs.merge import merge_runs
from detector.runs.shard import Shard, parse_shard
from detector.scanning.setting import Setting

from .conftest import Archive, damage


def shards(archive: Archive, count: int, *numbers: int, **options: object) -> None:
    """Scan shards into runs that are called by their number."""
    for number in numbers:
        archive.run(str(number), shard=Shard(number=number, count=count), **options)


@pytest.mark.parametrize("count", [1, 3, 9])
@pytest.mark.parametrize("keep", ["all", "none"])
def test_merged_shards_are_the_run_of_one_scan(archive: Archive, count: int, keep: str) -> None:
    numbers = range(1, count + 1)
    shards(archive, count, *numbers, keep=keep)
    summary = merge_runs([archive.folder / str(number) for number in reversed(numbers)], archive.folder / "merged")
    assert archive.tables("merged") == archive.scan("scan")
    assert (summary.recordings, summary.failed) == (7, 1)
    assert archive.run("merged", keep=keep).recordings == 7
    assert archive.tables("merged") == archive.tables("scan")


def test_a_missing_shard_is_named_and_nothing_is_written(archive: Archive) -> None:
    shards(archive, 4, 1, 3)
    with pytest.raises(ConfigurationError, match="2/4, 4/4"):
        merge_runs([archive.folder / "1", archive.folder / "3"], archive.folder / "merged")
    assert not (archive.folder / "merged").exists()


def test_an_unfinished_shard_is_named(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    shards(archive, 2, 1)
    with monkeypatch.context() as patch:
        patch.setattr("detector.runs.scoring.PartStore.drop", stop)
        with pytest.raises(KeyboardInterrupt):
            shards(archive, 2, 2)
    with pytest.raises(ConfigurationError, match=r"2: .*2 of 3"):
        merge_runs([archive.folder / "1", archive.folder / "2"], archive.folder / "merged")


def test_shards_that_do_not_belong_together_are_refused(archive: Archive) -> None:
    shards(archive, 2, 1)
    archive.run("whole")
    archive.run("other", shard=Shard(number=2, count=3))
    archive.run("again", shard=Shard(number=1, count=2))
    archive.run("hop", shard=Shard(number=2, count=2), setting=Setting(hop_s=0.2))
    for other, problem in {
        "whole": "no shard",
        "other": "is shard 2/3",
        "again": "both shard 1/2",
        "hop": "hop_s",
    }.items():
        with pytest.raises(ConfigurationError, match=problem):
            merge_runs([archive.folder / "1", archive.folder / other], archive.folder / "merged")


def test_an_output_that_exists_stays(archive: Archive) -> None:
    shards(archive, 1, 1)
    archive.run("merged")
    with pytest.raises(OutputError, match="exists already"):
        merge_runs([archive.folder / "1"], archive.folder / "merged")


def test_a_shard_of_a_list_that_has_changed_is_refused(archive: Archive) -> None:
    shards(archive, 2, 1)
    (archive.recordings / "new.wav").touch()
    with pytest.raises(ConfigurationError, match=r"new\.wav is new"):
        shards(archive, 2, 1)
    (archive.recordings / "new.wav").unlink()
    (archive.recordings / "c.wav").unlink()
    with pytest.raises(ConfigurationError, match=r"c\.wav is gone"):
        shards(archive, 2, 1)


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "1", "1/", "-1/4", "1/4/2", "a/b", "1/1000000", " 1/4"])
def test_a_text_that_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="I/N"):
        parse_shard(text)


def test_shards_divide_a_list() -> None:
    items = list(range(11))
    for count in (1, 2, 5, 11, 12):
        slices = [list(Shard(number=n + 1, count=count).slice(items)) for n in range(count)]
        assert sorted(item for part in slices for item in part) == items
        assert max(map(len, slices)) - min(map(len, slices)) <= 1


def test_a_damaged_result_is_named_with_its_shard(archive: Archive) -> None:
    shards(archive, 2, 1, 2)
    damage(archive.folder / "2", "1.wav", 0)
    with pytest.raises(OutputError, match=r"2: .*1\.wav"):
        merge_runs([archive.folder / "1", archive.folder / "2"], archive.folder / "merged")
    assert not (archive.folder / "merged").exists()


def test_a_run_that_is_being_written_is_not_replaced(archive: Archive) -> None:
    shards(archive, 1, 1)
    archive.run("merged")
    tables = archive.tables("merged")
    with run_lock(archive.folder / "merged" / "lock"), pytest.raises(OutputError, match="merged: process"):
        merge_runs([archive.folder / "1"], archive.folder / "merged", force=True)
    assert archive.tables("merged") == tables
    merge_runs([archive.folder / "1"], archive.folder / "merged", force=True)


def test_more_shards_than_files_may_be_open_at_once(archive: Archive) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = 40
    shards(archive, count, *range(1, count + 1))
    n_open = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (n_open + 30, hard))
    try:
        merge_runs([archive.folder / str(n) for n in range(1, count + 1)], archive.folder / "merged")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert archive.tables("merged") == archive.scan("scan")
