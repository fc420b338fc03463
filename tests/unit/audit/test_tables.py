"""A sample goes through a spreadsheet and comes back; what is no sample or no verdict is named."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from detector.audit.answers import read_answers
from detector.audit.items import Item
from detector.audit.sample import AuditRequest, draw
from detector.audit.tables import COLUMNS, read_verdict, write_sample
from detector.errors import AnnotationError
from tests.unit.audit.worlds import detections_of

FOUND = detections_of([0.5, 0.75, 1.0, 0.25])
BACKGROUND = Item("B1", "000.wav", "mix", 20.0, 25.5, "owl", None, None, 7, 2, 0.25)


def sample_text(verdicts: dict[str, str]) -> str:
    stream = io.StringIO()
    write_sample([*draw(FOUND, AuditRequest(n=4, n_strata=1)), BACKGROUND], FOUND.fingerprint, stream)
    header, *lines = stream.getvalue().splitlines()
    cells = [line.split(",") for line in lines]
    place = COLUMNS.index("verdict")
    rows = [",".join([*row[:place], verdicts.get(row[0], ""), *row[place + 1 :]]) for row in cells]
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "sample.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def as_excel_saves_it_where_commas_are_decimal(text: str) -> str:
    return "\ufeff" + text.replace(".wav", "_wav").replace(",", ";").replace(".", ",").replace("\n", "\r\n")


@pytest.mark.parametrize(
    "saved", [str, as_excel_saves_it_where_commas_are_decimal, lambda text: text.replace(",", "\t")]
)
def test_verdicts_come_back_with_what_they_are_about(write: Callable[[str], Path], saved: Callable[[str], str]) -> None:
    path = write(saved(sample_text({"D1": "Yes", "D2": "n", "D3": "?", "B1": "3"})))
    answers = {(one.score, one.stratum): one for one in read_answers(path, FOUND)}
    assert answers[0.5, 1].verdict == 1
    assert answers[0.75, 1].verdict == 0
    assert answers[1.0, 1].verdict == "unsure"
    assert answers[0.25, 1].verdict is None
    window = answers[0.0, None]
    assert (window.verdict, window.probability, window.seconds) == (3, 0.25, 5.5)
    assert (window.stratum_size, window.stratum_drawn) == (7, 2)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        *((text, 1) for text in ("yes", "YES", "y", " Y ", "1", "1.0", "true", "TRUE")),
        *((text, 0) for text in ("no", "No", "n", "0", "0.0", "false", "False")),
        *((text, "unsure") for text in ("unsure", "Unsure", "?")),
        ("", None),
        ("  ", None),
    ],
)
def test_verdicts_are_read_in_any_case(text: str, verdict: int | str | None) -> None:
    assert read_verdict(text, background=False, where="") == verdict
    assert read_verdict(text, background=True, where="") == verdict


@pytest.mark.parametrize("text", ["maybe", "2", "-1", "yes no", "0.5"])
def test_what_is_no_verdict_is_named_with_file_and_row(write: Callable[[str], Path], text: str) -> None:
    path = write(sample_text({"D3": text}))
    row = next(n for n, line in enumerate(path.read_text().splitlines()) if line.startswith("D3"))
    with pytest.raises(AnnotationError) as fault:
        read_answers(path, FOUND)
    assert str(fault.value) == (
        f"{path}, row {row}: verdict '{text}' must be yes, no or unsure (y, n, 1, 0, true, false, ?)"
    )


def test_a_number_of_calls_is_a_verdict_on_background_only() -> None:
    assert read_verdict("12", background=True, where="") == 12
    with pytest.raises(AnnotationError, match=r"or the number of calls$"):
        read_verdict("many", background=True, where="sample.csv, row 1")


def test_a_sample_of_other_detections_is_refused_and_both_are_named(write: Callable[[str], Path]) -> None:
    path, others = write(sample_text({"D1": "yes"})), detections_of([0.5, 0.75, 1.0, 0.26])
    with pytest.raises(AnnotationError) as fault:
        read_answers(path, others)
    assert str(fault.value) == (
        f"{path}, row 1: was drawn from other detections ({FOUND.fingerprint}) than those of detections.csv "
        f"({others.fingerprint})"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text + text.splitlines()[1] + "\n", "row 6: D3 "),
        (lambda text: text.replace("D2,", "D9,"), "'D9' must be from D1 to D4"),
        (lambda text: text.replace("D2,000.wav,mix,3.000", "D2,000.wav,mix,6.000"), "were cells moved?"),
        (lambda text: text.replace("verdict", "answer"), "no column verdict; it has id, recording"),
        (lambda text: text.replace("D1,000.wav,mix,0.000", "D1,000.wav,mix,soon"), "start_s 'soon' is not a number"),
        (lambda text: text.replace(",0.25,d", ",0,d"), "B1 must have"),
        (lambda text: text.replace(",1,4,4,1,", ",1,0,4,1,"), "stratum_drawn 4 is not from 1 to stratum_size 0"),
        (lambda text: text.replace("25.500,owl", "25.500,frog"), "label 'frog' must be"),
    ],
)
def test_a_sample_that_was_spoilt_is_refused(
    write: Callable[[str], Path], change: Callable[[str], str], told: str
) -> None:
    whole = sample_text({"D1": "yes"})
    assert change(whole) != whole
    with pytest.raises(AnnotationError, match=r".*") as fault:
        read_answers(write(change(whole)), FOUND)
    assert told in str(fault.value)


def test_a_sample_without_any_verdict_is_not_yet_one(write: Callable[[str], Path]) -> None:
    with pytest.raises(AnnotationError, match="has no verdict yet; write yes, no or unsure into the column verdict"):
        read_answers(write(sample_text({})), FOUND)
