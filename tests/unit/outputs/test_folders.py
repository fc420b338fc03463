"""Outputs: whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from detector.errors import OutputError
from detector.outputs import FolderKind, new_folder, refuse_folder

KIND = FolderKind("a box", ("recipe.toml", "power-*.npy"))


def listed(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_folder_appears_under_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep" / "out", KIND, force=False) as folder:
        (folder / "a").write_text("1")
        assert not (tmp_path / "deep" / "out").exists()
    assert listed(tmp_path) == ["deep", "deep/out", "deep/out/a"]


def write_and_raise(output: Path, error: type[BaseException], *, force: bool = False) -> None:
    with new_folder(output, KIND, force=force) as folder:
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
    with (
        pytest.raises(OutputError, match=r"out: exists already; .*`force`"),
        new_folder(tmp_path / "out", KIND, force=False),
    ):
        raise AssertionError("the block must not run")
    assert listed(tmp_path) == ["out", "out/mine"]


@pytest.mark.parametrize(
    "old", [["recipe.toml", "power-0000.npy"], ["recipe.toml", ".recipe.toml.0123456789abcdef.part"], []]
)
def test_force_replaces_a_folder_of_the_same_kind_once_the_new_one_is_whole(tmp_path: Path, old: list[str]) -> None:
    output = tmp_path / "out"
    output.mkdir()
    for name in old:
        (output / name).write_text("1")
    with new_folder(output, KIND, force=True) as folder:
        (folder / "new").write_text("2")
        assert output.exists()
    assert listed(tmp_path) == ["out", "out/new"]


def test_force_never_replaces_what_is_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.doc").write_text("1")
    (tmp_path / "home" / "recipe.toml").write_text("1")
    (tmp_path / "file").write_text("1")
    (tmp_path / "link").symlink_to(tmp_path / "home")
    for name in ("home", "file", "link"):
        with (
            pytest.raises(OutputError, match=f"{name}: is not a box"),
            new_folder(tmp_path / name, KIND, force=True),
        ):
            raise AssertionError("the block must not run")
    assert listed(tmp_path) == ["file", "home", "home/recipe.toml", "home/thesis.doc", "link"]


def test_force_keeps_what_is_there_when_the_new_one_fails(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "recipe.toml").write_text("")
    with pytest.raises(ValueError, match="broken"):
        write_and_raise(tmp_path / "out", ValueError, force=True)
    assert listed(tmp_path) == ["out", "out/recipe.toml"]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("1")
    with pytest.raises(OutputError, match=r"file/out: cannot be written"):
        write_and_raise(tmp_path / "file" / "out", AssertionError)


def test_what_came_to_be_in_the_meantime_is_kept(tmp_path: Path) -> None:
    def write_while_another_does() -> None:
        with new_folder(tmp_path / "out", KIND, force=False):
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "theirs").write_text("1")

    with pytest.raises(OutputError, match="exists already"):
        write_while_another_does()
    assert listed(tmp_path) == ["out", "out/theirs"]


def test_a_kill_while_a_folder_is_replaced_loses_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "out"
    old.mkdir()
    (old / "recipe.toml").write_text("old")
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if target == old and path.name != "old":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), new_folder(old, KIND, force=True) as folder:
        (folder / "recipe.toml").write_text("new")
    assert (old / "recipe.toml").read_text() == "old"
    assert listed(tmp_path) == ["out", "out/recipe.toml"]


def test_a_folder_that_is_being_written_is_refused(tmp_path: Path) -> None:
    with new_folder(tmp_path / "out", KIND, force=False) as folder:
        (folder / "a").write_text("1")
        for force in (False, True):
            with pytest.raises(OutputError, match="another process is writing it"):
                refuse_folder(tmp_path / "out", KIND, force=force)
        with new_folder(tmp_path / "ou", KIND, force=False):
            pass
    assert listed(tmp_path) == ["ou", "out", "out/a"]


def test_what_a_killed_process_left_of_a_folder_is_removed(tmp_path: Path) -> None:
    for name in ("out.partial-abcdef_1/deep", "out.partial-mine", "out2.partial-abcdef_1"):
        (tmp_path / name).mkdir(parents=True)
    with new_folder(tmp_path / "out", KIND, force=False) as folder:
        (folder / "a").write_text("1")
    assert listed(tmp_path) == ["out", "out.partial-mine", "out/a", "out2.partial-abcdef_1"]


def test_a_folder_that_was_being_replaced_when_its_process_was_killed_comes_back(tmp_path: Path) -> None:
    old = tmp_path / "out.partial-abcdef_1" / "old"
    old.mkdir(parents=True)
    (old / "recipe.toml").write_text("old")
    with pytest.raises(OutputError, match="exists already"):
        refuse_folder(tmp_path / "out", KIND, force=False)
    assert listed(tmp_path) == ["out", "out/recipe.toml"]


def test_what_a_folder_holds_is_flushed_to_disk_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, flushed = tmp_path / "out", []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append((os.fstat(descriptor).st_ino, output.exists())))
    with new_folder(output, KIND, force=False) as folder:
        (folder / "a").write_text("1")
    files = [(output / "a").stat().st_ino, output.stat().st_ino]
    assert flushed == [*((number, False) for number in files), (tmp_path.stat().st_ino, True)]


def test_a_path_that_leads_through_the_folder_itself_replaces_it_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "recipe.toml").write_text("old", encoding="utf-8")
    for place, output in ((tmp_path, Path("out/../out")), (folder, Path("../out"))):
        monkeypatch.chdir(place)
        with new_folder(output, KIND, force=True) as new:
            (new / "recipe.toml").write_text(str(output), encoding="utf-8")
        assert (folder / "recipe.toml").read_text(encoding="utf-8") == str(output)
        assert [path.name for path in tmp_path.iterdir()] == ["out"]
