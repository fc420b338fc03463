"""The ends of lines in tables of comma-separated values."""

from __future__ import annotations

from typing import Protocol


class Writable(Protocol):
    """What takes text."""

    def write(self, text: str, /) -> int:
        """Take text; give its length."""
        ...


class LineEnds:
    """A stream for `csv.writer` that ends lines with LF and quotes both CR and LF.

    The csv module quotes only the characters of the line end that it writes itself: with LF alone, a CR in a name
    would stand bare, and readers would take it for the end of the line. Give it `LineEnds.QUOTED` as its
    `lineterminator`.
    """

    QUOTED = "\r\n"

    def __init__(self, stream: Writable) -> None:
        self._stream = stream

    def write(self, line: str) -> int:
        """Write a line that ends with `QUOTED`."""
        return self._stream.write(line.removesuffix(self.QUOTED) + "\n")
