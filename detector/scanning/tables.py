"""Tables that are written as results come: CSV files that appear under their name only when they are whole."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from detector.errors import OutputError
from detector.outputs import refuse_existing


class Table:
    """A CSV table with a header, on a stream that somebody else opens and closes.

    Raises
    ------
    OutputError
        Where the stream cannot be written; a closed pipe stays a `BrokenPipeError`.
    """

    def __init__(self, stream: TextIO, columns: Iterable[str], name: Path | str) -> None:
        self._stream, self._name = stream, name
        self._writer = csv.writer(stream, lineterminator="\n")
        self.add([columns])

    def add(self, rows: Iterable[Iterable[object]]) -> None:
        """Write rows."""
        with _told(self._name):
            self._writer.writerows(rows)

    def flush(self) -> None:
        """Hand on what was written so far."""
        with _told(self._name):
            self._stream.flush()


def check_output(path: Path, force: bool) -> None:
    """Raise `OutputError` where `path` cannot become a new file: it exists (unless `force`), or its folder does not."""
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: is not an ordinary file, so it cannot be replaced")
    refuse_existing(path, force=force)
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}")


@contextmanager
def new_file(path: Path, force: bool) -> Iterator[TextIO]:
    """Open a file for writing under a temporary name beside `path`, and rename it when the block ends well.

    Otherwise nothing is left of it. Names that are no text (as POSIX allows) are written byte for byte.

    Raises
    ------
    OutputError
        Where `path` exists (unless `force`) or cannot be written.
    """
    check_output(path, force)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with _told(path):
        stream = temporary.open("x", encoding="utf-8", errors="surrogateescape", newline="")
    try:
        yield stream
        with _told(path):
            stream.close()
    except BaseException:
        with suppress(OSError):
            stream.close()
        temporary.unlink(missing_ok=True)
        raise
    if path.exists() and not force:
        raise OutputError(f"{path}: was made by somebody else meanwhile; the results are in {temporary}")
    with _told(path):
        temporary.replace(path)


@contextmanager
def _told(name: Path | str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{name}: cannot be written: {error.strerror or error}") from error
