"""Standard input and output, through which names of files pass that are no text."""

from __future__ import annotations

import io
from typing import TextIO


def byte_for_byte(stream: TextIO) -> TextIO:
    """Let names of files pass that are no text, as POSIX allows."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")
        if stream.readable():
            stream.reconfigure(newline="\n")  # a CR may be part of a name
    return stream
