"""What is known of the recordings stays with the clips and is read back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.clips import ANNOTATIONS_FILE, RECORDINGS_FILE, UNCERTAIN
from detector.errors import ClipsError
from detector.events import Event
from detector.extraction.known import read_known, write_known
from detector.extraction.sources import Source
from detector.labels import LabelRules
from tests.unit.extraction.conftest import run


def test_sources_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    calls = [(Event(0.1, 1 / 3, "NA", 100.5, None), None), (Event(2.0, 3.0, UNCERTAIN), "1")]
    one = Source(Path("a, b/c.wav"), calls, [(Event(4.0, 5.0, UNCERTAIN), "0")], True, "007", "train")
    other = Source(Path("without calls.wav"), complete=False, group="x", split="validation")
    write_known([one, other], tmp_path)
    assert read_known(tmp_path) == [one, other]


def test_extraction_keeps_every_recording_and_annotation_also_those_without_clips(
    tmp_path: Path, one: tuple[Path, Path]
) -> None:
    run(one, tmp_path / "clips", negatives=0, rules=LabelRules({}, frozenset({"high"}), frozenset()))
    (source,) = read_known(tmp_path / "clips")
    assert (source.path, source.complete, source.split) == (one[1] / "a.wav", True, "train")
    assert [(event.span, event.label) for event, _ in source.calls] == [((0.0, 0.3), "low"), ((5.8, 6.0), "low")]
    assert [event.span for event, _ in source.confusing] == [(3.0, 3.3)]


@pytest.mark.parametrize("name", [RECORDINGS_FILE, ANNOTATIONS_FILE])
def test_clips_without_these_tables_are_refused_in_one_line(tmp_path: Path, name: str, one: tuple[Path, Path]) -> None:
    run(one, tmp_path / "clips")
    (tmp_path / "clips" / name).unlink()
    with pytest.raises(ClipsError, match=r"clips: has no recordings\.csv and annotations\.csv.*extract again"):
        read_known(tmp_path / "clips")


@pytest.mark.parametrize("rows", ["", "recording,split\nx,train\n", "recording,split,group,complete\nx,train,x,2\n"])
def test_broken_tables_are_refused_in_one_line(tmp_path: Path, rows: str, one: tuple[Path, Path]) -> None:
    run(one, tmp_path / "clips")
    (tmp_path / "clips" / RECORDINGS_FILE).write_text(rows)
    with pytest.raises(ClipsError, match="clips: is not a whole folder of clips"):
        read_known(tmp_path / "clips")
