"""Outputs: whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.errors import OutputError
from detector.outputs import new_folder


def listed(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_folder_appears_under_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep" / "out", force=False) as folder:
        (folder / "a").write_text("1")
        assert not (tmp_path / "deep" / "out").exists()
    assert listed(tmp_path) == ["deep", "deep/out", "deep/out/a"]


def write_and_raise(output: Path, error: type[BaseException], *, force: bool = False) -> None:
    with new_folder(output, force=force) as folder:
        (folder / "a").write_text("1")
        raise error("broken")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_nothing_behind_not_even_the_folders_above(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error):
        write_and_raise(tmp_path / "deep" / "deeper" / "out", error)
    assert listed(tmp_path) == []


def test_an_output_that_exists_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("1")
    with pytest.raises(OutputError, match=r"out: exists already; .*--force"), new_folder(tmp_path / "out", force=False):
        raise AssertionError("the block must not run")
    assert listed(tmp_path) == ["out", "out/mine"]


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_force_replaces_what_is_there_once_the_new_one_is_whole(tmp_path: Path, kind: str) -> None:
    old = tmp_path / "out"
    if kind == "folder":
        old.mkdir()
        (old / "old").write_text("1")
    else:
        old.write_text("1")
    with new_folder(old, force=True) as folder:
        (folder / "new").write_text("2")
        assert old.exists()
    assert listed(tmp_path) == ["out", "out/new"]


def test_force_keeps_what_is_there_when_the_new_one_fails(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("1")
    with pytest.raises(ValueError, match="broken"):
        write_and_raise(tmp_path / "out", ValueError, force=True)
    assert listed(tmp_path) == ["out", "out/old"]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("1")
    with pytest.raises(OutputError, match=r"file/out: cannot be written"):
        write_and_raise(tmp_path / "file" / "out", AssertionError)
