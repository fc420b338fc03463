from __future__ import annotations

from pathlib import Path

import pytest

from detector.audio.files import EXTENSIONS, find_recordings
from detector.errors import ConfigurationError, RecordingError


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
    return [path.relative_to(folder).as_posix() for path in find_recordings([folder])]


def test_a_folder_gives_its_audio_sorted_by_the_path_below_it_and_nothing_hidden(archive: Path) -> None:
    assert below(archive) == ["a/B.mp3", "a/z.FLAC", "b.wav", "c/d/e.Opus"]


def test_a_file_is_taken_whatever_its_extension(archive: Path) -> None:
    assert find_recordings([archive / "a.txt", archive / ".hidden.wav"]) == [archive / "a.txt", archive / ".hidden.wav"]


def test_paths_keep_the_order_in_which_they_are_given_and_come_once(archive: Path) -> None:
    given = [archive / "c", archive / "b.wav", archive / "a", archive / "b.wav", archive]
    found = [path.relative_to(archive).as_posix() for path in find_recordings(given)]
    assert found == ["c/d/e.Opus", "b.wav", "a/B.mp3", "a/z.FLAC"]


def test_relative_paths_stay_relative(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(archive)
    assert find_recordings([Path("b.wav"), archive / "b.wav", Path("c")]) == [Path("b.wav"), Path("c/d/e.Opus")]


def test_a_missing_path_is_named(archive: Path) -> None:
    with pytest.raises(RecordingError, match=r"nowhere\.wav: no such file"):
        find_recordings([archive / "b.wav", archive / "nowhere.wav"])


def test_linked_folders_are_searched_and_circles_end(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    disk = tmp_path_factory.mktemp("disk")
    (disk / "far.wav").touch()
    (archive / "disk").symlink_to(disk)
    (archive / "c" / "up").symlink_to(archive)
    assert below(archive) == ["a/B.mp3", "a/z.FLAC", "b.wav", "c/d/e.Opus", "disk/far.wav"]


def test_a_folder_that_may_not_be_read_is_named_not_passed_over(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    iterdir = Path.iterdir

    def guarded(folder: Path) -> object:
        if folder.name == "a":
            raise PermissionError(13, "Permission denied")
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", guarded)
    with pytest.raises(ConfigurationError, match="a: cannot be searched: Permission denied"):
        find_recordings([archive])


def test_every_extension_is_lower_case_without_a_dot() -> None:
    assert {"wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "aifc", "w64", "rf64"} == EXTENSIONS
