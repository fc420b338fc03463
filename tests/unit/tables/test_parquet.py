"""Parquet tables: memory stays bounded, foreign tables are read, faults are one line."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from detector.errors import AnnotationError, ConfigurationError
from detector.events import Event
from detector.tables import Detection, read_tables, write_table
from detector.tables import parquet as parquet_format
from detector.tables.destination import Destination


def test_a_table_without_rows_has_its_columns_and_reads_back(tmp_path: Path) -> None:
    write_table([], tmp_path / "a.parquet", "parquet")
    assert parquet.read_schema(tmp_path / "a.parquet").names[:3] == ["recording", "channel", "start_s"]
    (table,), _ = read_tables(tmp_path / "a.parquet")
    assert (table.n_rows, table.names_audio) == (0, True)


def test_rows_are_written_in_groups_of_a_fixed_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_format, "GROUP_ROWS", 2)
    rows = [Detection("a.wav", "0", Event(n, n + 1, "owl")) for n in range(5)]
    write_table(rows, tmp_path / "a.parquet", "parquet")
    facts = parquet.ParquetFile(tmp_path / "a.parquet").metadata
    assert [facts.row_group(n).num_rows for n in range(facts.num_row_groups)] == [2, 2, 1]


def test_columns_of_other_programs_are_read_whatever_their_types(tmp_path: Path) -> None:
    columns = {"file": ["a.wav"], "start": pyarrow.array([1], pyarrow.int16()), "end": [2.5], "species": ["owl"]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    (table,), _ = read_tables(tmp_path / "a.parquet")
    assert [(row.audio_name, row.event) for row in table.annotations] == [("a.wav", Event(1, 2.5, "owl"))]


@pytest.mark.parametrize("n_bytes", [4, 50, 500])
def test_a_damaged_file_is_one_line(tmp_path: Path, n_bytes: int) -> None:
    stream = io.BytesIO()
    write_table([Detection("a.wav", "0", Event(1, 2, "owl"))], stream, "parquet")
    (tmp_path / "a.parquet").write_bytes(stream.getvalue()[:n_bytes])
    with pytest.raises(AnnotationError, match=r"a\.parquet: is not a Parquet file"):
        read_tables(tmp_path / "a.parquet")


def test_without_pyarrow_a_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_table([], tmp_path / "a.parquet", "parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(AnnotationError, match=r"a\.parquet: .*detector\[parquet\]"):
        read_tables(tmp_path / "a.parquet")
    with pytest.raises(ConfigurationError, match=r"parquet: .*detector\[parquet\]"):
        Destination(tmp_path / "b.parquet", "parquet")


def test_a_name_that_is_no_text_is_written_with_an_escape(tmp_path: Path) -> None:
    write_table([Detection("\udce9.wav", "0", Event(1, 2, "owl"))], tmp_path / "a.parquet", "parquet")
    assert parquet.read_table(tmp_path / "a.parquet").column("recording").to_pylist() == ["\\xe9.wav"]
