"""The tables that people really made."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from detector.tables import AnnotationSet, ReadOptions, read_annotations, read_tables

BAD_SYLLABLE = "G402_43362.23821076_9_19_6_37_1"
ZERO_LENGTH = "dalby_cotton_01_2981_772005_20210223_184230_30_0"


def boobook(data: Path, folder: str, options: ReadOptions) -> AnnotationSet:
    recordings = sorted((data / "boobook").rglob("*.flac"))
    assert len(recordings) == 37
    return read_annotations(data / "boobook" / folder, recordings, options)


def test_the_zebra_finch_table_loses_only_the_row_that_ends_before_it_starts(data: Path) -> None:
    recordings = sorted((data / "zebra-finch" / "recordings").glob("*.flac"))
    found = read_annotations(data / "zebra-finch" / "annotations.csv", recordings)
    assert [str(problem) for problem in found.problems] == [
        f"{data / 'zebra-finch' / 'annotations.csv'}, row 812: end_s 3.1131 is not after start_s 3.1431"
    ]
    assert len(found.annotations) == 2767
    assert len({(row.source, row.row) for row in found.annotations}) == 2767
    assert found.recordings == tuple(recordings)
    assert {row.event.label for row in found.annotations} == set("abcdefgins")


def test_the_original_zebra_finch_tables_agree_with_the_csv(data: Path) -> None:
    recordings = sorted((data / "zebra-finch" / "recordings").glob("*.flac"))
    csv = read_annotations(data / "zebra-finch" / "annotations.csv", recordings)
    mat = read_annotations(data / "zebra-finch" / "annotations", recordings)
    assert len(mat.tables) == 73
    assert set(mat.tables.values()) == set(recordings)
    assert [problem.source.name for problem in mat.problems] == [f"{BAD_SYLLABLE}.wav.not.mat"]

    def key(found: AnnotationSet) -> list[tuple[str, float, float, str]]:
        return sorted(
            (str(row.recording), row.event.start_s, row.event.end_s, row.event.label) for row in found.annotations
        )

    for one, other in zip(key(csv), key(mat), strict=True):
        assert (one[0], one[3]) == (other[0], other[3])
        assert one[1:3] == pytest.approx(other[1:3], abs=6e-5)  # the csv has four decimals


def test_the_fifty_boobook_rows_are_forty_nine_calls_in_ten_recordings(data: Path) -> None:
    found = boobook(data, "positive", ReadOptions(label="boobook"))
    (problem,) = found.problems
    assert problem.source.name.startswith(ZERO_LENGTH)
    assert (problem.row, problem.reason) == (1, "end_s 17.104396487 is not after start_s 17.104396487")
    assert len(found.annotations) == 49
    assert len(found.recordings) == 10
    assert {recording.parent.name for recording in found.recordings} == {"positive"}
    assert {row.event.label for row in found.annotations} == {"boobook"}
    assert {row.channel for row in found.annotations} == {"0"}


def test_every_boobook_row_without_a_label_is_named(data: Path) -> None:
    found = boobook(data, "positive", ReadOptions())
    assert not found.annotations
    assert Counter(problem.reason for problem in found.problems) == {
        "its label is empty; give one with `label`": 49,
        "end_s 17.104396487 is not after start_s 17.104396487": 1,
    }


def test_boobook_tables_of_one_name_in_two_folders_keep_to_their_own_recordings(data: Path) -> None:
    found = boobook(data, ".", ReadOptions(label="any"))
    assert len(found.tables) == 19
    stems = Counter(table.name for table in found.tables)
    assert max(stems.values()) == 2
    for table, recording in found.tables.items():
        assert recording is not None
        assert (recording.parent, recording.stem) == (table.parent, table.name.removesuffix(".Table.1.selections.txt"))


def test_boobook_tables_do_not_borrow_the_audio_of_another_folder(data: Path) -> None:
    recordings = sorted((data / "boobook" / "negative").rglob("*.flac"))
    found = read_annotations(data / "boobook", recordings, ReadOptions(label="any"))
    assert {row.source.parent.name for row in found.annotations} == {"neg_2"}
    assert sum("no audio for" in problem.reason for problem in found.problems) == 10


def test_opensoundscape_tables_read(data: Path) -> None:
    tables, problems = read_tables(data / "formats" / "opensoundscape")
    empty, birds, single = tables
    assert not problems
    assert (empty.n_rows, empty.annotations, empty.problems) == (0, (), ())
    assert (birds.n_rows, len(birds.annotations)) == (10, 9)
    assert Counter(row.event.label for row in birds.annotations) == {"WOTH": 4, "EATO": 4, "LOWA": 1}
    assert [(problem.row, problem.reason[:18]) for problem in birds.problems] == [(10, "its label is empty")]
    assert [row.event.label for row in single.annotations] == ["CSWA"]


def test_perch_table_reads(data: Path) -> None:
    (table,), _ = read_tables(data / "formats" / "perch")
    assert [row.event.label for row in table.annotations] == ["NOCA", "WOTH", "EATO", "EATO", "EATO"]
    assert table.annotations[0].event.low_hz == 1389.4
