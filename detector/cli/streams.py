"""Standard input and output for file names that are not valid text."""

from __future__ import annotations

import io
from typing import TextIO


def byte_for_byte(stream: TextIO) -> TextIO:
    """Set a stream to pass the bytes of file names unchanged; POSIX allows names that are not valid UTF-8."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")
        if stream.readable():
            stream.reconfigure(newline="\n")  # a carriage return may be part of a name
    return stream
