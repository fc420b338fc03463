"""Tables that are written as results come."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from detector.errors import OutputError
from detector.line_ends import LineEnds
from detector.terminal import visible

Rows = Iterable[Iterable[object]]


class Table:
    """A CSV table with a header, on a stream that somebody else opens and closes.

    On a terminal, what is no visible character is written as an escape: a name of a file could command the terminal.

    Parameters
    ----------
    stream : text stream
        Takes the rows.
    columns : iterable of str
        The header.
    name : Path or str
        Of the stream, for errors.
    dispensable : bool
        Whether a reader that closes the pipe ends this table only, not the work: others are still wanted.

    Raises
    ------
    OutputError
        Where the stream cannot be written; a closed pipe stays a `BrokenPipeError`.
    """

    def __init__(self, stream: TextIO, columns: Iterable[str], name: Path | str, *, dispensable: bool = False) -> None:
        self._stream, self._name, self._dispensable = stream, name, dispensable
        self._writer = csv.writer(LineEnds(stream), lineterminator=LineEnds.QUOTED)
        self._on_terminal = stream.isatty()
        self._closed = False
        self.add([columns])

    def add(self, rows: Rows) -> None:
        """Write rows."""
        if not self._closed:
            with self._told():
                self._writer.writerows(_shown(rows) if self._on_terminal else rows)

    def flush(self) -> None:
        """Hand on what was written so far."""
        if not self._closed:
            with self._told():
                self._stream.flush()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            if not self._dispensable:
                raise
            self._closed = True
        except OSError as error:
            raise OutputError(f"{self._name}: cannot be written: {error.strerror or error}") from error


def _shown(rows: Rows) -> Iterator[list[str]]:
    for row in rows:
        yield [visible(str(cell)) for cell in row]
