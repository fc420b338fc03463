"""Files and folders of this machine as places."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from detector.errors import RecordingError
from detector.place import Identity, LocalPlace, Place, paths_of, place_of


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a file of six bytes."""
    path = tmp_path / "a.wav"
    path.write_bytes(b"sounds")
    return LocalPlace(path)


def test_a_place_is_what_its_path_or_its_text_names(place: Place) -> None:
    assert place_of(Path(place.name)) == place_of(place.name) == place_of(place) == place
    assert paths_of([place]) == [Path(place.name)]


def test_places_and_identities_are_values_that_cross_processes(place: Place) -> None:
    for value in (place, place.identity()):
        assert pickle.loads(pickle.dumps(value)) == value
        assert {value: 1}[value] == 1
    with pytest.raises(AttributeError):
        place.path = Path()  # type: ignore[attr-defined]  # must fail


def test_a_file_is_what_it_was_until_it_changes(place: Place) -> None:
    before = place.identity()
    assert place.size() == before.size == 6
    with place.open(before) as file:
        assert place.identity(file) == before
        assert file.read() == b"sounds"
    os.utime(place.name, ns=(0, 0))
    assert place.identity() != before
    with pytest.raises(RecordingError, match=r"a\.wav"):
        place.open(before)


def test_another_file_of_the_same_name_size_and_time_is_another(place: Place, tmp_path: Path) -> None:
    before = place.identity()
    other = tmp_path / "other"
    other.write_bytes(b"noises")
    os.utime(other, ns=(before.modified_ns, before.modified_ns))
    other.replace(place.name)
    assert place.identity() != before


def test_a_file_has_the_same_identity_on_all_machines_that_share_its_disk(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = place.identity()
    status = list(Path(place.name).stat())
    status[2] += 1  # st_dev
    times = {"st_mtime_ns": before.modified_ns}
    monkeypatch.setattr(Path, "stat", lambda _: os.stat_result(status, times))
    assert place.identity() == before


def test_nothing_is_opened_to_tell_what_a_place_holds(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    pipe = LocalPlace(tmp_path / "pipe.wav")
    assert pipe.exists()
    for ask in (pipe.identity, pipe.size, pipe.open):
        with pytest.raises(RecordingError, match=r"pipe\.wav: is a named pipe"):
            ask()


@pytest.mark.parametrize("name", ["none.wav", "x\0y.wav", "n" * 5000])
def test_what_is_not_there_is_told_in_one_line(name: str) -> None:
    place = LocalPlace(Path(name))
    assert not place.exists()
    assert not place.is_folder()
    for ask in (place.identity, place.open):
        with pytest.raises(RecordingError) as caught:
            ask()
        assert "\n" not in str(caught.value)


def test_a_folder_lists_the_files_of_its_kind_below_it(place: Place, tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("b/c/d.FLAC", "b/.hidden.wav", "notes.txt"):
        (tmp_path / name).touch()
    children = LocalPlace(tmp_path).children(frozenset({"wav", "flac"}))
    assert [child.name for _, child in children.files] == [place.name, f"{tmp_path.as_posix()}/b/c/d.FLAC"]
    assert [canonical for canonical, _ in children.files] == [child.canonical() for _, child in children.files]
    assert children.unreadable == []


def test_every_way_to_a_file_has_one_canonical_name(place: Place, tmp_path: Path) -> None:
    (tmp_path / "link.wav").symlink_to("a.wav")
    (tmp_path / "folder").symlink_to(".")
    (tmp_path / "sub").mkdir()
    ways = ["a.wav", "link.wav", "folder/a.wav", "sub/../a.wav"]
    assert {LocalPlace(tmp_path / way).canonical() for way in ways} == {os.path.realpath(place.name)}


def test_an_identity_says_how_large_and_from_when(place: Place) -> None:
    os.utime(place.name, ns=(5, 7))
    assert place.identity() == Identity(6, 7, place.identity().tag)
