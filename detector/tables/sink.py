"""The stream that a table is written to, which may be a terminal, a full disk or a pipe that its reader has closed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import IO, AnyStr, Generic

from detector.errors import OutputError
from detector.terminal import visible


class Sink(Generic[AnyStr]):
    """A stream of text or bytes that somebody else opens and closes.

    Parameters
    ----------
    stream : text or binary stream
        Takes the table.
    name : Path or str, optional
        Of the stream, for errors. Without it, an `OSError` is left to whoever opened the stream.
    dispensable : bool
        Whether a reader that closes the pipe ends this table only, not the work: other tables are still wanted.
    """

    def __init__(self, stream: IO[AnyStr], name: Path | str | None = None, *, dispensable: bool = False) -> None:
        self._stream: IO[AnyStr] = stream
        self._name = name
        self._dispensable = dispensable
        self.on_terminal = stream.isatty()
        self.is_closed = False

    def shown(self, cells: Iterable[object]) -> Iterable[object]:
        """Pass cells; on a terminal, write what is no visible character as an escape.

        The name of a file could otherwise command the terminal.
        """
        return [visible(str(cell)) for cell in cells] if self.on_terminal else cells

    def write(self, content: AnyStr) -> int:
        """Write text or bytes.

        Raises
        ------
        OutputError
            If a stream with a name cannot be written.
        BrokenPipeError
            If the reader of a stream that is not dispensable has closed the pipe.
        """
        if self.is_closed:
            return 0
        try:
            return self._stream.write(content)
        except OSError as error:
            self._fail(error)
            return 0

    def flush(self) -> None:
        """Hand on what was written so far; raises as `write`."""
        if self.is_closed:
            return
        try:
            self._stream.flush()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        is_pipe = isinstance(error, BrokenPipeError)
        if is_pipe and self._dispensable:
            self.is_closed = True
            return
        if is_pipe or self._name is None:
            raise error
        raise OutputError(f"{self._name}: cannot be written: {error.strerror or error}") from error
