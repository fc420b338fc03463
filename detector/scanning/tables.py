"""Tables that are written as results come: CSV files that appear under their name only when they are whole."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from detector.errors import OutputError


class Table:
    """A CSV table with a header, on a stream that somebody else opens and closes."""

    def __init__(self, stream: TextIO, columns: Iterable[str]) -> None:
        self._stream = stream
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow(columns)

    def add(self, rows: Iterable[Iterable[object]]) -> None:
        """Write rows."""
        self._writer.writerows(rows)

    def flush(self) -> None:
        """Hand on what was written so far."""
        self._stream.flush()


def check_output(path: Path, force: bool) -> None:
    """Raise `OutputError` where `path` cannot become a new file: it exists (unless `force`), or its folder does not."""
    if path.exists() or path.is_symlink():
        if not path.is_file():
            raise OutputError(f"{path}: is not an ordinary file, so it cannot be replaced")
        if not force:
            raise OutputError(f"{path}: exists already; --force replaces it")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"{path}: the folder {path.parent} cannot be written to")


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
    try:
        with temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            yield stream
        check_output(path, force)  # somebody may have made it meanwhile
        temporary.replace(path)
    except OSError as error:
        if error.filename is None and not isinstance(error, BrokenPipeError):
            raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
        raise
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
