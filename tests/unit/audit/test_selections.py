"""A sample goes through Raven and comes back."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from detector.audit.answers import read_answers
from detector.audit.detections import Detections, fingerprint
from detector.audit.items import Item
from detector.audit.sample import AuditRequest, draw
from detector.audit.selections import read_selections, write_selections
from detector.audit.tables import write_sample
from detector.errors import AnnotationError
from detector.events import Event
from detector.tables import Detection, read_tables
from tests.unit.audit.worlds import detections_of

FOUND = detections_of([0.5, 0.75, 1.0, 0.25], apart_s=100.0)


def written(folder: Path, verdicts: dict[str, str], *, twice: bool = False) -> Path:
    """Write the tables with verdicts; `twice`, as Raven does, a row for each of two views."""
    folder.mkdir()
    write_selections(draw(FOUND, AuditRequest(n=4, n_strata=1)), folder)
    for path in folder.iterdir():
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        cells = [row.split("\t") for row in rows]
        rows = ["\t".join([*row[:-2], verdicts.get(row[-1], ""), row[-1]]) for row in cells]
        rows += [row.replace("Spectrogram 1", "Waveform 1") for row in rows] if twice else []
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("twice", [False, True])
def test_verdicts_come_back_by_item(tmp_path: Path, twice: bool) -> None:
    folder = written(tmp_path / "tables", {"D1": "y", "D2": "no", "D4": "unsure"}, twice=twice)
    assert read_selections(folder) == {"D1": 1, "D2": 0, "D3": None, "D4": "unsure"}


def test_there_is_a_table_for_each_recording_in_order_of_time_with_scores(tmp_path: Path) -> None:
    tables, problems = read_tables(written(tmp_path / "tables", {}))
    assert not problems
    found = [(row.audio_name, row.event.start_s, row.event.score) for table in tables for row in table.annotations]
    assert [table.source.name for table in tables] == [f"00{n}.Table.1.selections.txt" for n in (0, 1)]
    assert found == [("000.wav", 0.0, 0.5), ("000.wav", 100.0, 0.75), ("000.wav", 200.0, 1.0), ("001.wav", 0.0, 0.25)]


def text_of(item: Item, folder: Path) -> str:
    write_selections([item], folder)
    (path,) = folder.iterdir()
    return path.read_text(encoding="utf-8")


def test_score_and_band_of_a_detection_come_back(tmp_path: Path) -> None:
    event = Event(1.0, 2.0, "owl", 250.0, 900.5, 0.75)
    rows = (Detection("a.wav", "0", event),)
    write_selections(draw(Detections(tmp_path, rows, fingerprint(rows)), AuditRequest(n=1)), tmp_path)
    ((table,), _) = read_tables(tmp_path)
    assert [row.event for row in table.annotations] == [event]


def test_recordings_of_the_same_name_have_tables_of_their_own(tmp_path: Path) -> None:
    items = [Item(f"D{n}", f"{n}/a.wav", "0", 0.0, 1.0, "owl", 0.5, 1, 3, 3, 1.0) for n in (1, 2, 3)]
    write_selections(items, tmp_path)
    assert sorted(path.name.split(".")[0] for path in tmp_path.iterdir()) == ["a", "a-2", "a-3"]


def test_each_row_says_where_raven_finds_it(tmp_path: Path) -> None:
    item = Item("D1", "site/a.wav", "0", 2.0, 4.0, "owl", 0.5, 1, 3, 3, 1.0)
    header, row = (line.split("\t") for line in text_of(item, tmp_path).splitlines())
    told = dict(zip(header, row, strict=True))
    assert (told["Begin File"], told["Begin Path"], float(told["File Offset (s)"])) == ("a.wav", "site/a.wav", 2.0)


def test_background_is_said_to_be_such(tmp_path: Path) -> None:
    item = Item("B1", "a.wav", "1", 2.0, 4.0, "owl", None, None, 9, 3, 0.3)
    header, row = (line.split("\t") for line in text_of(item, tmp_path).splitlines())
    assert dict(zip(header, row, strict=True))["Annotation"] == "background owl"
    assert dict(zip(header, row, strict=True))["Channel"] == "2"


def sample(tmp_path: Path, verdict: str) -> Path:
    stream = io.StringIO()
    write_sample(draw(FOUND, AuditRequest(n=4, n_strata=1)), FOUND.fingerprint, stream)
    path = tmp_path / "sample.csv"
    path.write_text(stream.getvalue().replace(",owl,,", f",owl,{verdict},"), encoding="utf-8")
    return path


def test_verdicts_from_raven_fill_the_sample(tmp_path: Path) -> None:
    folder = written(tmp_path / "tables", {"D1": "y", "D2": "n"})
    answers = read_answers(sample(tmp_path, ""), FOUND, folder)
    assert {one.score: one.verdict for one in answers} == {0.5: 1, 0.75: 0, 1.0: None, 0.25: None}


def test_two_verdicts_that_differ_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "tables", {"D2": "no"})
    with pytest.raises(AnnotationError, match=r"tables: D2 .*0 and 1"):
        read_answers(sample(tmp_path, "yes"), FOUND, folder)


def test_tables_of_another_sample_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "tables", {"D2": "no"})
    (table, _) = sorted(folder.iterdir())
    table.write_text(table.read_text().replace("D2", "D77"))
    with pytest.raises(AnnotationError, match="'D77' is not in the sample"):
        read_answers(sample(tmp_path, ""), FOUND, folder)


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="no selection table"):
        read_selections(tmp_path)


def test_a_verdict_that_is_none_is_named_with_table_and_row(tmp_path: Path) -> None:
    folder = written(tmp_path / "tables", {"D2": "perhaps"})
    with pytest.raises(AnnotationError, match=r"000\.Table\.1\.selections\.txt, row 2: verdict 'perhaps' must be"):
        read_selections(folder)


def test_a_selection_that_was_not_drawn_is_named_with_table_and_row(tmp_path: Path) -> None:
    folder = written(tmp_path / "tables", {"D2": "no"})
    table = sorted(folder.iterdir())[0]
    n_rows = len(table.read_text().splitlines()) - 1
    table.write_text(table.read_text() + "9\tSpectrogram 1\t1\t3.0\t4.0\n")
    with pytest.raises(AnnotationError, match=rf"selections\.txt, row {n_rows + 1}: has no Audit ID"):
        read_selections(folder)
