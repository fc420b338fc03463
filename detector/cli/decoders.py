"""Remove the messages that decoders write on standard error by themselves; all others pass."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_BY_DECODER = re.compile(rb"libmpg123|^Note: (Illegal|Trying|Skipped|Hit end|Junk)|^Warning: .*(MPEG|mpg|frame|stream)")
_LONGEST = 65536  # bytes of a line that is kept until its end arrives


@contextmanager
def without_decoder_messages() -> Iterator[None]:
    """Filter the messages that libraries written in C print on standard error inside this block.

    libmpg123 writes a line for every fault of an MP3 file, which may be thousands for one file. The effort table says
    what was wrong. Python's own messages are not filtered.
    """
    try:
        terminal = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    source, sink = os.pipe()
    filtering = threading.Thread(target=_copy_lines, args=(source, terminal), daemon=True)
    filtering.start()
    stream_before = sys.stderr
    unfiltered = None
    if _is_standard_error(stream_before):
        stream_before.flush()
        unfiltered = os.fdopen(os.dup(terminal), "w", 1, stream_before.encoding, "backslashreplace")
        sys.stderr = unfiltered
    os.dup2(sink, 2)
    os.close(sink)
    try:
        yield
    finally:
        os.dup2(terminal, 2)  # closes the last end to write to, which ends the thread
        filtering.join(1.0)
        if unfiltered is not None:
            sys.stderr = stream_before
        os.close(terminal)


def _is_standard_error(stream: object) -> bool:
    """Return whether a stream writes to the standard error of the process; a test may have replaced it."""
    try:
        return stream.fileno() == 2  # type: ignore[attr-defined]  # an object that is no stream has no fileno
    except (AttributeError, OSError, ValueError):
        return False


def _copy_lines(source: int, terminal: int) -> None:
    """Copy lines from `source` to `terminal`, except those of decoders.

    It reads on where the terminal is closed, so that nobody who writes to the pipe has to wait.
    """
    unfinished = b""
    with os.fdopen(source, "rb", buffering=0) as stream:
        while content := stream.read(_LONGEST):
            *lines, unfinished = (unfinished + content).split(b"\n")
            kept = b"".join(line + b"\n" for line in lines if not _BY_DECODER.search(line))
            unfinished = unfinished[-_LONGEST:]
            _write(terminal, kept)
    if unfinished and not _BY_DECODER.search(unfinished):
        _write(terminal, unfinished)


def _write(terminal: int, content: bytes) -> None:
    """Write all of `content`; give up where the terminal is closed."""
    remaining = content
    try:
        while remaining:
            remaining = remaining[os.write(terminal, remaining) :]
    except OSError:
        return
