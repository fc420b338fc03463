"""The stream of a table: a file on a disk that may be full, a terminal, or a pipe that its reader may close."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import IO, AnyStr, Generic

from detector.errors import OutputError
from detector.terminal import visible


class Sink(Generic[AnyStr]):
    """A stream of text or bytes, which the caller opens and closes.

    Parameters
    ----------
    stream : text or binary stream
        The stream.
    name : Path or str, optional
        Name of the stream in errors. Without it, an `OSError` passes to the caller.
    dispensable : bool
        Whether the work goes on when the reader closes the pipe, because other tables are still needed.
    """

    def __init__(self, stream: IO[AnyStr], name: Path | str | None = None, *, dispensable: bool = False) -> None:
        self._stream: IO[AnyStr] = stream
        self._name = name
        self._dispensable = dispensable
        self.on_terminal = stream.isatty()
        self.is_closed = False

    def shown(self, cells: Iterable[object]) -> Iterable[object]:
        """Return cells for writing; on a terminal, invisible characters become escapes.

        Otherwise the name of a file could contain control codes of the terminal.
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
        """Flush the stream; raises as `write`."""
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
