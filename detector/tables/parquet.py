"""Parquet tables (extra `parquet`): the columns of the CSV table, numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from detector.errors import AnnotationError, one_line
from detector.tables.columns import NUMBERS, sheet_of, values_of
from detector.tables.csv_table import COLUMNS, DECIMALS, table_from
from detector.tables.detection import Detection
from detector.tables.sink import Sink
from detector.tables.table import ReadOptions, Table, UnreadableTableError
from detector.tables.writer import WriteOptions, Writer

MAGIC = "PAR1"
"""The first bytes of a Parquet file."""

GROUP_ROWS = 65536
"""Rows that are written together. Their number decides the bytes of the file, so it is fixed."""


def recognise(_path: Path, line: str) -> bool:
    """Return whether a file is a Parquet file, by its first bytes."""
    return line.startswith(MAGIC)


def read(path: Path, options: ReadOptions) -> Table:
    """Read a Parquet file; other programs' names of columns are known as those of CSV columns are."""
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise AnnotationError(f'{path}: this format needs pyarrow: pip install "detector[parquet]"') from error
    try:
        table = parquet.ParquetFile(path).read()
        rows = [dict.fromkeys(table.column_names), *table.to_pylist()]  # the first one for a table without rows
    except Exception as error:  # pyarrow raises errors of many types on damaged files
        raise UnreadableTableError(path, f"is not a Parquet file that can be read: {one_line(error)}") from error
    sheet = sheet_of(path, enumerate(rows))
    return table_from(replace(sheet, rows=sheet.rows[1:]), options)


class ParquetWriter(Writer):
    """Write a Parquet file, in groups of `GROUP_ROWS` rows."""

    DECIMALS = DECIMALS

    def __init__(self, sink: Sink[bytes], options: WriteOptions | None = None) -> None:
        import pyarrow
        from pyarrow import parquet

        super().__init__(sink, options)
        number = pyarrow.float64()
        text = pyarrow.string()
        types = {name: number if name in NUMBERS else text for name in COLUMNS} | dict.fromkeys(self._columns, text)
        self._schema = pyarrow.schema(list(types.items()))
        self._stream = _Stream(sink)
        self._file = parquet.ParquetWriter(self._stream, self._schema)
        self._rows: list[dict[str, Any]] = []

    def _write(self, detections: Iterable[Detection]) -> None:
        for detection in detections:
            values = values_of(detection, self._decimals) | dict(zip(self._columns, self._extra(detection)))
            self._rows.append({name: _valid(value) for name, value in values.items()})
            if len(self._rows) == GROUP_ROWS:
                self._write_group()

    def _write_group(self) -> None:
        import pyarrow

        self._file.write_table(pyarrow.Table.from_pylist(self._rows, self._schema))
        self._rows = []

    def finish(self) -> None:
        """Write the last rows and the end of the file."""
        if self._rows:
            self._write_group()
        self._file.close()

    def close(self) -> None:
        """Close the file of pyarrow, which would write its end into a table that is not finished."""
        self._stream.is_cut = True
        self._file.close()


def _valid(value: str | float | None) -> str | float | None:
    r"""Write bytes of a file name that are not text as escapes such as ``\xe9``; Parquet holds only valid text."""
    return (
        value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        if isinstance(value, str)
        else value
    )


class _Stream:
    """A sink as a file for pyarrow, which must not close it."""

    closed = False

    def __init__(self, sink: Sink[bytes]) -> None:
        self._sink = sink
        self.is_cut = False

    def write(self, content: bytes) -> int:
        """Write bytes; drop them after the cut."""
        return len(content) if self.is_cut else self._sink.write(bytes(content))

    def flush(self) -> None:
        """Leave the flush to the writer."""

    def close(self) -> None:
        """Leave the sink open."""

    def writable(self) -> bool:
        """Return True, because pyarrow asks."""
        return True

    def readable(self) -> bool:
        """Return False, because pyarrow asks."""
        return False

    def seekable(self) -> bool:
        """Return False, because pyarrow asks."""
        return False
