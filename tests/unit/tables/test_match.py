"""Tables and rows find their recordings, and say so where they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.tables import AnnotationSet, read_annotations
from detector.tables.match import table_stems

RAVEN = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tAnnotation\n"
ROW = "1\tSpectrogram 1\t1\t1\t2\towl\n"
CSV = "file,start_s,end_s,label\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def matched(found: AnnotationSet, root: Path) -> list[str | None]:
    return [row.recording.relative_to(root).as_posix() if row.recording else None for row in found.annotations]


def reasons(found: AnnotationSet) -> list[str]:
    return [problem.reason for problem in found.problems]


@pytest.mark.parametrize(
    "name",
    [
        "A 1.5.txt",
        "A 1.5.selections.txt",
        "A 1.5.Table.1.selections.txt",
        "A 1.5.Table.12.selections.txt",
        "A 1.5.selection.table.txt",
        "A 1.5.BirdNET.selection.table.txt",
        "A 1.5.wav.Table.1.selections.txt",
        "A 1.5.wav.txt",
        "A 1.5_labels.txt",
    ],
)
def test_a_tables_own_name_gives_its_recording(tmp_path: Path, name: str) -> None:
    table = write(tmp_path / name, RAVEN + ROW)
    found = read_annotations(table, [tmp_path / "A 1.5.flac", tmp_path / "A 1.flac", tmp_path / "A.flac"])
    assert matched(found, tmp_path) == ["A 1.5.flac"]
    assert found.tables == {table: tmp_path / "A 1.5.flac"}


def test_a_name_in_full_comes_before_a_shorter_one() -> None:
    assert table_stems(Path("x/a_labels.Table.1.selections.txt"))[0] == "a_labels.Table.1.selections"
    assert table_stems(Path("x/a.north.txt")) == ["a.north"]


def test_a_copy_with_a_number_is_another_recording(tmp_path: Path) -> None:
    recordings = [tmp_path / "a.flac", tmp_path / "a (1).flac"]
    write(tmp_path / "a.Table.1.selections.txt", RAVEN + ROW)
    write(tmp_path / "a (1).Table.1.selections.txt", RAVEN + ROW)
    assert matched(read_annotations(tmp_path, recordings), tmp_path) == ["a (1).flac", "a.flac"]


def test_the_recording_beside_the_table_comes_first(tmp_path: Path) -> None:
    recordings = [tmp_path / "p" / "a.flac", tmp_path / "n" / "m" / "a.flac"]
    write(tmp_path / "n" / "m" / "a.txt", RAVEN + ROW)
    assert matched(read_annotations(tmp_path, recordings), tmp_path) == ["n/m/a.flac"]


def test_folders_of_the_same_name_belong_together(tmp_path: Path) -> None:
    recordings = [tmp_path / "audio" / site / "a.flac" for site in ("north", "south")]
    write(tmp_path / "tables" / "south" / "a.txt", RAVEN + ROW)
    assert matched(read_annotations(tmp_path / "tables", recordings), tmp_path) == ["audio/south/a.flac"]


def test_folders_with_more_of_their_path_in_common_belong_together(tmp_path: Path) -> None:
    recordings = [tmp_path / site / "audio" / "a.flac" for site in ("north", "south")]
    write(tmp_path / "south" / "tables" / "a.txt", RAVEN + ROW)
    assert matched(read_annotations(tmp_path, recordings), tmp_path) == ["south/audio/a.flac"]


def test_an_ambiguous_name_is_a_problem_that_lists_the_candidates(tmp_path: Path) -> None:
    recordings = [tmp_path / "north" / "a.flac", tmp_path / "south" / "a.flac"]
    table = write(tmp_path / "a.txt", RAVEN + ROW)
    found = read_annotations(table, recordings)
    assert reasons(found) == [f"ambiguous audio for 1 row: a is one of {recordings[0]}, {recordings[1]}"]
    assert (found.annotations, found.recordings, found.tables) == ((), (), {table: None})


def test_two_formats_of_one_recording_are_ambiguous_by_stem_and_clear_by_name(tmp_path: Path) -> None:
    recordings = [tmp_path / "a.flac", tmp_path / "a.mp3"]
    assert reasons(read_annotations(write(tmp_path / "a.txt", RAVEN + ROW), recordings))[0].startswith("ambiguous")
    found = read_annotations(write(tmp_path / "elsewhere" / "t.csv", CSV + "a.mp3,1,2,owl\n"), recordings)
    assert matched(found, tmp_path) == ["a.mp3"]


@pytest.mark.parametrize(
    "name", ["b/x.flac", "./b/x.flac", "../set/b/x.flac", "b/x.wav", "b\\x.wav", "D:\\data\\b\\x.wav", "/old/b/x.flac"]
)
def test_the_folders_in_a_rows_name_choose_among_files_of_one_name(tmp_path: Path, name: str) -> None:
    root = tmp_path / "set"
    found = read_annotations(
        write(root / "t.csv", f"{CSV}{name},1,2,owl\n"), [root / f / "x.flac" for f in ("a", "b", "c")]
    )
    assert matched(found, root) == ["b/x.flac"]


def test_a_name_relative_to_where_the_user_stands_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = write(tmp_path / "out" / "detections.csv", CSV + "x.wav,1,2,owl\n")
    found = read_annotations(table, [Path("x.wav"), Path("b/x.wav")])
    assert [row.recording for row in found.annotations] == [Path("x.wav")]


def test_rows_without_audio_are_one_problem_with_their_number(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", CSV + "a.wav,1,2,owl\nb.wav,1,2,owl\nb.wav,3,4,owl\n")
    found = read_annotations(table, [tmp_path / "a.wav"])
    assert [str(problem) for problem in found.problems] == [f"{table}: no audio for 2 rows: b.wav"]
    assert found.recordings == (tmp_path / "a.wav",)
    assert found.tables == {table: None}


@pytest.mark.parametrize("names", [("p/x.txt", "n/x.txt"), ("p.csv", "n.csv")])
def test_a_recording_that_is_meant_exactly_is_not_lent_to_a_name_whose_own_is_missing(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    lost, kept = (tmp_path / name for name in names)
    for table in (lost, kept):
        write(table, RAVEN + ROW if table.suffix == ".txt" else f"{CSV}{table.stem}/x.wav,1,2,owl\n")
    audio = tmp_path / "n" / "x.flac"
    found = read_annotations(tmp_path, [audio])
    assert [row.source for row in found.annotations] == [kept]
    assert [problem.source for problem in found.problems] == [lost]
    assert f"{audio} belongs to another" in found.problems[0].reason


def test_an_empty_table_vouches_for_its_recording(tmp_path: Path) -> None:
    table = write(tmp_path / "a.Table.1.selections.txt", RAVEN)
    found = read_annotations(table, [tmp_path / "a.flac", tmp_path / "b.flac"])
    assert (found.annotations, found.problems) == ((), ())
    assert found.tables == {table: tmp_path / "a.flac"}
    assert found.recordings == (tmp_path / "a.flac",)


def test_an_empty_table_without_audio_is_a_problem_unless_rows_would_name_it(tmp_path: Path) -> None:
    write(tmp_path / "a.Table.1.selections.txt", RAVEN)
    write(tmp_path / "detections.csv", CSV)
    assert reasons(read_annotations(tmp_path, [])) == ["no audio for this empty table: a"]


def test_exact_repetitions_count_once_even_in_two_tables(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", RAVEN + ROW + ROW)
    write(tmp_path / "a.Table.1.selections.txt", RAVEN + ROW + ROW.replace("2\towl", "2.5\towl"))
    found = read_annotations(tmp_path, [tmp_path / "a.flac"])
    assert [row.event.end_s for row in found.annotations] == [2, 2.5]
    assert not found.problems
