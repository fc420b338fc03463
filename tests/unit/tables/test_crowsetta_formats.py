"""What crowsetta reads for us."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from detector.errors import AnnotationError
from detector.events import Event
from detector.tables import ReadOptions, read_annotations, read_tables

TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "calls"
        xmin = 0
        xmax = 2
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 0.51234
            text = ""
        intervals [2]:
            xmin = 0.51234
            xmax = 1.25
            text = "whale"
        intervals [3]:
            xmin = 1.25
            xmax = 2
            text = ""
"""


def notmat(folder: Path, onsets: list[float], offsets: list[float], labels: str) -> Path:
    path = folder / "bird.wav.not.mat"
    savemat(path, {"onsets": np.array(onsets), "offsets": np.array(offsets), "labels": labels})
    return path


def test_notmat_gives_seconds_unrounded_and_finds_its_audio(tmp_path: Path) -> None:
    path = notmat(tmp_path, [100.1234, 300.0], [250.5678, 310.0], "ab")
    found = read_annotations(path, [tmp_path / "bird.flac"])
    assert [row.event.label for row in found.annotations] == ["a", "b"]
    assert found.annotations[0].event.span == pytest.approx((0.1001234, 0.2505678), abs=1e-12)
    assert found.tables == {path: tmp_path / "bird.flac"}


def test_a_notmat_of_one_syllable_and_one_of_none_read(tmp_path: Path) -> None:
    (one,), _ = read_tables(notmat(tmp_path, [100.0], [250.0], "a"))
    assert [row.event for row in one.annotations] == [Event(0.1, 0.25, "a")]
    (none,), _ = read_tables(notmat(tmp_path, [], [], ""))
    assert none.n_rows == 0


def test_textgrid_gives_labelled_intervals_and_no_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    path.write_text(TEXTGRID)
    (table,), _ = read_tables(path, ReadOptions(label="never used"))
    assert [row.event for row in table.annotations] == [Event(0.51234, 1.25, "whale")]


@pytest.mark.parametrize("name", ["a.wav.not.mat", "a.TextGrid"])
@pytest.mark.parametrize("content", [b"", b"not such a file\nat all\n", TEXTGRID[:120].encode()])
def test_a_broken_file_is_one_line_alone_and_a_problem_in_a_folder(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AnnotationError, match=r"is not a (NotMat|TextGrid|MAT-)"):
        read_tables(path)
    tables, problems = read_tables(tmp_path)
    assert not tables
    assert [problem.source for problem in problems] == [path]


def test_labels_that_do_not_fit_the_onsets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="is not a NotMat file"):
        read_tables(notmat(tmp_path, [100.0, 200.0], [150.0, 250.0], "abc"))


def test_without_crowsetta_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = notmat(tmp_path, [100.0], [250.0], "a")
    monkeypatch.setitem(sys.modules, "crowsetta", None)
    for where in (path, tmp_path):
        with pytest.raises(AnnotationError, match=r'bird.*needs crowsetta: pip install "detector\[annot\]"'):
            read_tables(where)
