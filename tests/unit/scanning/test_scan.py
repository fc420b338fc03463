from __future__ import annotations

from pathlib import Path

import pytest

from detector.errors import ConfigurationError
from detector.place import paths_of
from detector.scanning.listing import list_recordings


def test_recordings_stand_in_the_order_of_their_names_each_once(tmp_path: Path) -> None:
    for name in ("b.wav", "a.flac", "notes.txt", "deep/c.mp3"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    listed = paths_of(list_recordings([tmp_path / "b.wav", tmp_path, tmp_path / "none.wav"]))
    assert [path.relative_to(tmp_path).as_posix() for path in listed] == ["b.wav", "a.flac", "deep/c.mp3", "none.wav"]


def test_sorted_recordings_of_one_folder_follow_one_another_whatever_the_order_of_the_paths(tmp_path: Path) -> None:
    names = ["a/1.wav", "a/3.wav", "a-b/1.wav", "a/2/0.wav"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for paths in ([tmp_path], [tmp_path / name for name in reversed(names)]):
        listed = paths_of(list_recordings(paths, by_name=True))
        assert [path.relative_to(tmp_path).as_posix() for path in listed] == names


def test_it_is_an_error_if_not_one_recording_is_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.wav: no such file"):
        list_recordings([tmp_path / "none.wav", tmp_path / "other.wav"])
    with pytest.raises(ConfigurationError, match=f"{tmp_path.name}: holds no audio"):
        list_recordings([tmp_path])
    with pytest.raises(ConfigurationError, match="an empty list: holds no audio"):
        list_recordings([])
