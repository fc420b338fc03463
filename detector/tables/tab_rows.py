"""Lines of cells with tabs between them, which have no quotes: what Raven and Audacity read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detector.errors import OutputError
from detector.tables.sink import Sink

UNFIT = re.compile(r"[\t\r\n]")
"""What would end a cell too early."""


class TabRows:
    """The lines of a tab-separated table."""

    def __init__(self, sink: Sink[str]) -> None:
        self._sink = sink

    def add(self, cells: Iterable[str]) -> None:
        """Write one line.

        Raises
        ------
        OutputError
            If a cell holds a tab or a line break.
        """
        shown = self._sink.shown(map(fitting, cells))
        self._sink.write("\t".join(map(str, shown)) + "\n")


def fitting(cell: str) -> str:
    """Pass text that a tab-separated table can hold; refuse a tab or a line break."""
    if UNFIT.search(cell):
        raise OutputError(f"{cell!r} holds a tab or a line break, which this table cannot hold; write it as csv")
    return cell
