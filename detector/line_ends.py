"""Line ends of CSV tables."""

from __future__ import annotations

from typing import Protocol


class Writable(Protocol):
    """A stream that takes text."""

    def write(self, text: str, /) -> int:
        """Write text; return its length."""
        ...


class LineEnds:
    """A stream for `csv.writer` that ends lines with LF and quotes both CR and LF.

    The csv module quotes only the characters of the line end that it writes itself. If it wrote LF, it would not quote
    a CR in a name, and readers would take that CR for the end of a line. So pass `LineEnds.QUOTED` to the csv module as
    its `lineterminator`.
    """

    QUOTED = "\r\n"

    def __init__(self, stream: Writable) -> None:
        self._stream = stream

    def write(self, line: str) -> int:
        """Write a line that ends with `QUOTED`."""
        return self._stream.write(line.removesuffix(self.QUOTED) + "\n")
