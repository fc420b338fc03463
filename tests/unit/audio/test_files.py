from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from detector.audio.files import EXTENSIONS, find_recordings
from detector.errors import ConfigurationError, RecordingError
from detector.place import paths_of


def listed(paths: list[Path], **options: Any) -> list[Path]:
    return paths_of(find_recordings(paths, **options))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    names = [
        "b.wav",
        "a/z.FLAC",
        "a/B.mp3",
        "a.txt",
        ".hidden.wav",
        "._b.wav",
        ".git/x.wav",
        "c/d/e.Opus",
        "notes/n.csv",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def below(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in listed([folder])]


def test_a_folder_gives_its_audio_sorted_by_the_path_below_it_and_nothing_hidden(archive: Path) -> None:
    assert below(archive) == ["a/B.mp3", "a/z.FLAC", "b.wav", "c/d/e.Opus"]


def test_a_file_is_taken_whatever_its_extension(archive: Path) -> None:
    assert listed([archive / "a.txt", archive / ".hidden.wav"]) == [archive / "a.txt", archive / ".hidden.wav"]


def test_paths_keep_the_order_in_which_they_are_given_and_come_once(archive: Path) -> None:
    given = [archive / "c", archive / "b.wav", archive / "a", archive / "b.wav", archive]
    found = [path.relative_to(archive).as_posix() for path in listed(given)]
    assert found == ["c/d/e.Opus", "b.wav", "a/B.mp3", "a/z.FLAC"]


def test_relative_paths_stay_relative(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(archive)
    assert listed([Path("b.wav"), archive / "b.wav", Path("c")]) == [Path("b.wav"), Path("c/d/e.Opus")]


def test_a_missing_path_is_named(archive: Path) -> None:
    with pytest.raises(RecordingError, match=r"nowhere\.wav: no such file"):
        listed([archive / "b.wav", archive / "nowhere.wav"])


def test_linked_folders_are_searched_and_circles_end(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    disk = tmp_path_factory.mktemp("disk")
    (disk / "far.wav").touch()
    (archive / "disk").symlink_to(disk)
    (archive / "c" / "up").symlink_to(archive)
    assert below(archive) == ["a/B.mp3", "a/z.FLAC", "b.wav", "c/d/e.Opus", "disk/far.wav"]


def test_a_folder_that_may_not_be_read_is_named_and_passed_over_only_where_somebody_hears_of_it(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def guarded(folder: Path) -> object:
        if folder.name == "a":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.raises(ConfigurationError, match="a: cannot be searched: Permission denied"):
        listed([archive])
    heard: list[tuple[str, str]] = []
    found = listed([archive], passed_over=lambda folder, reason: heard.append((str(folder), reason)))
    assert [path.name for path in found] == ["b.wav", "e.Opus"]
    assert heard == [(str(archive / "a"), "Permission denied")]


def test_folders_that_link_to_each_other_are_searched_once(tmp_path: Path) -> None:
    names = [f"{n:02}" for n in range(40)]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.wav").touch()
        for other in names:
            (tmp_path / name / f"to-{other}").symlink_to(tmp_path / other)
    assert below(tmp_path) == [f"{name}/{name}.wav" for name in names]


def test_a_file_that_two_paths_lead_to_comes_once_under_the_path_without_a_link(tmp_path: Path) -> None:
    for name in ("b/real.wav", "far/other.wav"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    root = tmp_path / "root"
    (tmp_path / "b").rename(root)
    (root / "z").mkdir()
    for link, target in {
        "a.wav": "real.wav",
        "far": "../far",
        "also": "../far",
        "z/up": "..",
        "lost.wav": "none",
    }.items():
        (root / link).symlink_to(target)
    assert below(root) == ["also/other.wav", "lost.wav", "real.wav"]
    assert listed([root / "a.wav", root]) == [root / "a.wav", root / "also/other.wav", root / "lost.wav"]
    assert listed([root / "z/../real.wav", root / "real.wav"]) == [root / "z/../real.wav"]


def test_hard_links_are_two_recordings(tmp_path: Path) -> None:
    (tmp_path / "site_20240511_053000.wav").touch()
    (tmp_path / "site_20240512_053000.wav").hardlink_to(tmp_path / "site_20240511_053000.wav")
    assert len(below(tmp_path)) == 2


def test_folders_nested_too_deep_for_a_path_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    root = here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        if here != root:
            os.close(here)
        here = deeper
    os.close(here)
    heard: list[str] = []
    try:
        assert listed([tmp_path], passed_over=lambda _, reason: heard.append(reason)) == [tmp_path / "a.wav"]
        assert heard == ["File name too long"]
    finally:
        subprocess.run(["rm", "-rf", "d"], cwd=tmp_path, check=True)
        os.close(root)


def test_a_name_that_no_file_can_have_is_a_missing_one() -> None:
    names = [Path("x\0y.wav"), Path("n" * 5000), Path("here/" * 2000)]
    assert listed(names, missing=True) == names


def test_every_extension_is_lower_case_without_a_dot() -> None:
    assert {"wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "aifc", "w64", "rf64"} == EXTENSIONS
