"""Write lines of cells separated by tabs, without quotes, as Raven and Audacity read them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detector.errors import OutputError
from detector.tables.sink import Sink

SEPARATORS = re.compile(r"[\t\r\n]")
"""Characters that end a cell."""


class TabRows:
    """Write the lines of a tab-separated table."""

    def __init__(self, sink: Sink[str]) -> None:
        self._sink = sink

    def add(self, cells: Iterable[str]) -> None:
        """Write one line.

        Raises
        ------
        OutputError
            If a cell holds a tab or a line break.
        """
        checked = self._sink.shown(map(without_separators, cells))
        self._sink.write("\t".join(map(str, checked)) + "\n")


def without_separators(cell: str) -> str:
    """Pass the text of a cell; raise `OutputError` if it holds a tab or a line break."""
    if reason := broken(cell):
        raise OutputError(f"{cell!r}: {reason}; write csv instead")
    return cell


def broken(*cells: str) -> str:
    """Return why one of the cells cannot be written; "" if all can."""
    holds_separator = any(SEPARATORS.search(cell) for cell in cells)
    return "a text holds a tab or a line break, which this format cannot hold" if holds_separator else ""
