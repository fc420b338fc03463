from __future__ import annotations

import csv
import io

import pytest

from detector.errors import OutputError
from detector.scanning.tables import Table


def test_a_table_reads_back_whatever_its_cells_hold() -> None:
    stream = io.StringIO()
    rows = [["a, b", 'c "d"', "e\nf", ""], ["ü", "'", ";", "\t"]]
    Table(stream, ["1", "2", "3", "4"], "x").add(rows)
    assert list(csv.reader(io.StringIO(stream.getvalue()))) == [["1", "2", "3", "4"], *rows]


def test_a_full_disk_is_told_in_one_line() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"b\.csv: cannot be written: No space left on device"):
        Table(Full(), ["x"], "b.csv")
