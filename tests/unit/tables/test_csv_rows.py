from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from detector.errors import OutputError
from detector.tables.csv_rows import CsvRows
from detector.tables.sink import Sink


def test_a_table_reads_back_whatever_its_cells_hold() -> None:
    stream = io.StringIO()
    rows = [["a, b", 'c "d"', "e\nf", ""], ["ü", "'", ";", "\t"]]
    CsvRows(Sink(stream, "x"), ["1", "2", "3", "4"]).add(rows)
    assert list(csv.reader(io.StringIO(stream.getvalue()))) == [["1", "2", "3", "4"], *rows]


def test_a_full_disk_is_told_in_one_line() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"b\.csv: cannot be written: No space left on device"):
        CsvRows(Sink(Full(), "b.csv"), ["x"])
    with pytest.raises(OSError, match="No space left on device"):
        CsvRows(Sink(Full()), ["x"])  # whoever opened it knows its name


class Closed(io.StringIO):
    """A pipe whose reader takes so many writes and goes."""

    def __init__(self, n_writes: int) -> None:
        super().__init__()
        self.n_writes = n_writes

    def write(self, text: str) -> int:
        if not self.n_writes:
            raise BrokenPipeError
        self.n_writes -= 1
        return super().write(text)


def test_a_reader_that_goes_ends_a_dispensable_table_and_not_the_work() -> None:
    stream = Closed(2)
    made: list[str] = []

    def rows() -> Iterator[list[str]]:
        made.append("row")
        yield ["a"]

    table = CsvRows(Sink(stream, "x", dispensable=True), ["column"])
    for _ in range(4):
        table.add(rows())
        table.flush()
    assert stream.getvalue() == "column\na\n"
    assert len(made) == 2  # no row is made for nobody


def test_a_reader_that_goes_ends_the_work_where_nothing_else_is_wanted() -> None:
    table = CsvRows(Sink(Closed(1), "x"), ["column"])
    with pytest.raises(BrokenPipeError):
        table.add([["a"]])


@pytest.mark.parametrize(("on_terminal", "cell"), [(True, "\\x1b[2Ja.wav"), (False, "\x1b[2Ja.wav")])
def test_only_a_terminal_is_spared_commands_in_names(on_terminal: bool, cell: str) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return on_terminal

    stream = Screen()
    CsvRows(Sink(stream, "x"), ["recording"]).add([["\x1b[2Ja.wav"]])
    assert stream.getvalue().splitlines() == ["recording", cell]
