from __future__ import annotations

from pathlib import Path

from detector.evaluation.pairing import own_recordings, pair

TABLE = Path("/notes/calls.csv")


def paired(names: list[str | None], recordings: list[str], table: Path = TABLE) -> dict[str | None, str]:
    found = pair([(table, name) for name in names], [Path(path) for path in recordings]).recordings
    return {name: path.as_posix() for (_, name), path in found.items()}


def test_recordings_are_found_by_path_by_file_name_and_by_stem() -> None:
    recordings = ["/data/site/x.flac", "/data/other/y.flac"]
    expected = "/data/site/x.flac"
    for name in ("/data/site/x.flac", "site/x.flac", "x.flac", "x.wav", "C:\\old\\x.wav"):
        assert paired([name], recordings) == {name: expected}
    assert paired([None], recordings, Path("/notes/x.Table.1.selections.txt")) == {None: expected}


def test_a_name_that_several_recordings_have_is_nobodys() -> None:
    recordings = [Path("/data/a/x.wav"), Path("/data/b/x.wav")]
    found = pair([(TABLE, "x.wav")], recordings)
    assert found.recordings == {}
    assert found.lost[TABLE, "x.wav"] == recordings


def test_folders_tell_recordings_of_one_name_apart() -> None:
    recordings = ["/data/a/x.wav", "/data/b/x.wav"]
    assert paired(["b/x.wav", "a/x.wav"], recordings) == {"b/x.wav": "/data/b/x.wav", "a/x.wav": "/data/a/x.wav"}


def test_a_recording_that_was_not_scanned_does_not_take_the_place_of_its_namesake() -> None:
    found = pair([(TABLE, "a/x.wav"), (TABLE, "b/x.wav")], [Path("/data/a/x.wav")])
    assert dict(found.recordings) == {(TABLE, "a/x.wav"): Path("/data/a/x.wav")}
    assert found.lost[TABLE, "b/x.wav"] == [Path("/data/a/x.wav")]
    both = pair([(TABLE, "a/x.wav"), (TABLE, "b/x.wav")], [Path("/data/c/x.wav")])
    assert dict(both.recordings) == {}


def test_one_recording_may_be_called_by_several_names_that_mean_the_same() -> None:
    names: list[str | None] = ["a/x.wav", "a\\x.wav", "a/x.flac"]
    assert paired([*names, "x.wav"], ["/data/a/x.flac"]) == dict.fromkeys([*names, "x.wav"], "/data/a/x.flac")


def test_tables_of_two_people_are_about_one_recording() -> None:
    names = [(Path(f"{person}/x.Table.1.selections.txt"), None) for person in ("ann", "bob")]
    assert set(pair(names, [Path("/data/x.wav")]).recordings.values()) == {Path("/data/x.wav")}


def test_a_table_without_names_stands_for_the_recording_that_it_is_called_after() -> None:
    names = [(Path(f"notes/{name}"), None) for name in ("x.Table.1.selections.txt", "y.wav.Table.1.selections.txt")]
    assert [path.as_posix() for path in own_recordings(names).values()] == ["notes/x", "notes/y.wav"]
