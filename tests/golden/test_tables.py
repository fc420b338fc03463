"""The bytes of every format of tables, and what independent readers find in them."""

from __future__ import annotations

import importlib.metadata
import re
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import crowsetta
import pandas as pd
import pyarrow.parquet
import pytest

from tests.golden.make_tables import FOLDER, ROWS, WRITABLE, write

SCORES = [row.event.score for row in ROWS]
STARTS = [row.event.start_s for row in ROWS]
ENDS = [row.event.end_s for row in ROWS]
LABELS = [row.event.label for row in ROWS]
INSTANTS = [datetime.fromisoformat(row.start_time or "") for row in ROWS]
TETHYS = "{http://tethys.sdsu.edu/schema/1.0}"


def golden(name: str) -> Path:
    return FOLDER / f"{name}{WRITABLE[name].ending}"


def none_for_nan(values: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in values]


@pytest.mark.parametrize("name", [name for name in WRITABLE if name != "parquet"])
def test_a_table_is_written_as_it_always_was(tmp_path: Path, name: str) -> None:
    text = write(name, tmp_path).read_text(encoding="utf-8")
    ours = f"<Version>{importlib.metadata.version('detector')}</Version>"
    assert re.sub(r"<Version>.*?</Version>", ours, golden(name).read_text(encoding="utf-8")) == text


def test_pyarrow_reads_the_same_values_from_a_parquet_table_of_today_and_of_then(tmp_path: Path) -> None:
    then = pyarrow.parquet.read_table(golden("parquet"))
    assert then.equals(pyarrow.parquet.read_table(write("parquet", tmp_path)))
    assert then.column("score").to_pylist() == SCORES
    assert then.column("start_s").to_pylist() == STARTS
    assert str(then.schema.field("score").type) == "double"
    assert then.column("start_time").to_pylist() == [row.start_time for row in ROWS]


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet"])
def test_pandas_reads_the_columns_of_detections(name: str) -> None:
    path = golden(name)
    table = (
        pd.read_csv(path)
        if name == "csv"
        else pd.read_json(path, lines=True, dtype=False)
        if name == "jsonl"
        else pd.read_parquet(path)
    )
    assert (table["start_s"].tolist(), table["end_s"].tolist(), table["label"].tolist()) == (STARTS, ENDS, LABELS)
    assert none_for_nan(table["score"]) == SCORES
    assert none_for_nan(table["low_hz"]) == [row.event.low_hz for row in ROWS]
    assert table["start_time"].tolist() == [row.start_time for row in ROWS]


def test_crowsetta_reads_a_selection_table() -> None:
    boxes = crowsetta.formats.bbox.Raven.from_file(golden("raven"), annot_col="Annotation").to_annot().bboxes
    assert [(box.onset, box.offset, box.label) for box in boxes] == list(zip(STARTS, ENDS, LABELS))
    bands = [(box.low_freq, box.high_freq) for box in boxes]  # an edge that is unknown is that of the model's band
    assert bands == [(1200.0, 8500.5), (50.0, 12000.0), (100.0, 900.0), (50.0, 900.0)]


def test_pandas_reads_the_score_and_the_place_of_a_selection() -> None:
    table = pd.read_csv(golden("raven"), sep="\t", quoting=3)
    assert table["Selection"].tolist() == [1, 2, 3, 4]
    assert none_for_nan(table["Score"]) == SCORES
    assert table["File Offset (s)"].tolist() == STARTS
    assert set(table["Begin Path"]) == {ROWS[0].recording}


def test_crowsetta_reads_labels_without_a_band(tmp_path: Path) -> None:
    lines = golden("audacity").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "a.txt").write_text("".join(line for line in lines if not line.startswith("\\")), encoding="utf-8")
    segments = crowsetta.formats.seq.AudSeq.from_file(tmp_path / "a.txt").to_seq().segments
    assert [(segment.onset_s, segment.offset_s, segment.label) for segment in segments] == list(
        zip(STARTS, ENDS, LABELS)
    )


def test_pandas_reads_a_biodcase_table_as_the_challenge_does() -> None:
    table = pd.read_csv(golden("biodcase"), parse_dates=["start_datetime", "end_datetime"])
    assert table.columns.tolist() == ["dataset", "filename", "annotation", "start_datetime", "end_datetime"]
    assert [when.to_pydatetime() for when in table["start_datetime"]] == INSTANTS
    assert (table["end_datetime"] - table["start_datetime"]).dt.total_seconds().tolist() == [
        end - start for start, end in zip(STARTS, ENDS)
    ]
    assert set(table["filename"]) == {"2021-03-15T14-22-33_000.wav"}


def test_pandas_reads_a_kaleidoscope_table_with_bands_in_khz() -> None:
    table = pd.read_csv(golden("kaleidoscope"))
    assert table["OFFSET"].tolist() == STARTS
    assert none_for_nan(table["Fmax"]) == [8.5005, None, 0.9, 0.9]
    assert table["TIME"].tolist()[:2] == ["14:22:34", "00:22:35"]


CHILDREN = {
    "Detections": ["Id", "DataSource", "Algorithm", "UserId", "Effort", "OnEffort"],
    "Algorithm": ["Software", "Version", "Parameters"],
    "Effort": ["Start", "End", "AnalysisGaps", "Kind"],
    "Kind": ["SpeciesId", "Call", "Granularity"],
    "Detection": ["Input_file", "Start", "End", "Channel", "SpeciesId", "Call", "Parameters"],
    "Aperiodic": ["Start", "End", "Reason"],
}
"""The elements in the order of the classes of Tethys, as far as we write them."""


def test_a_tethys_document_has_its_elements_in_the_order_of_the_schema() -> None:
    document = ElementTree.parse(golden("tethys")).getroot()
    for element in document.iter():
        name = element.tag.removeprefix(TETHYS)
        assert element.tag.startswith(TETHYS)
        if name in CHILDREN:
            places = [CHILDREN[name].index(child.tag.removeprefix(TETHYS)) for child in element]
            assert places == sorted(places)


def test_a_tethys_document_says_what_was_searched_and_when_each_call_was() -> None:
    document = ElementTree.parse(golden("tethys")).getroot()

    def texts(path: str) -> list[str | None]:
        return [element.text for element in document.findall("/".join(TETHYS + name for name in path.split("/")))]

    assert texts("Effort/Kind/Call") == ["Clicks", "Moan", "never found", 'a "b", <c> & dé', "Clicks"]
    assert texts("Effort/Kind/SpeciesId")[-1] == "180488"
    assert texts("Effort/Kind/Granularity") == ["call"] * 5
    assert texts("Algorithm/Software") == ["detector"]
    assert texts("Algorithm/Parameters/Hop_s") == ["0.5"]
    starts = [datetime.fromisoformat(text or "") for text in texts("OnEffort/Detection/Start")]
    assert starts == INSTANTS
    assert all((text or "").endswith("Z") for text in texts("OnEffort/Detection/Start"))
    assert texts("OnEffort/Detection/Parameters/Score") == ["0.8750", "0.5000", "1.0000"]
