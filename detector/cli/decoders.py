"""Keep what decoders write on standard error by themselves from the terminal; everything else passes."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_BY_DECODER = re.compile(rb"libmpg123|^Note: (Illegal|Trying|Skipped|Hit end|Junk)|^Warning: .*(MPEG|mpg|frame|stream)")
_LONGEST = 65536


@contextmanager
def without_decoder_messages() -> Iterator[None]:
    """Filter what libraries written in C print on standard error while this runs.

    libmpg123 writes lines of its own for every fault in an MP3 file, thousands for one file; the effort table says
    what was wrong. Standard error of Python goes past the filter.
    """
    try:
        terminal = os.dup(2)
    except OSError:  # it is closed
        yield
        return
    source, sink = os.pipe()
    filtering = threading.Thread(target=_pass_on, args=(source, terminal), daemon=True)
    filtering.start()
    before, own = sys.stderr, None
    if _is_standard_error(before):
        before.flush()
        own = sys.stderr = os.fdopen(os.dup(terminal), "w", 1, before.encoding, "backslashreplace")
    os.dup2(sink, 2)
    os.close(sink)
    try:
        yield
    finally:
        os.dup2(terminal, 2)  # the last writer's end: the thread comes to an end
        filtering.join(1.0)
        if own is not None:
            sys.stderr = before
        os.close(terminal)


def _is_standard_error(stream: object) -> bool:
    """Say whether a stream writes to the process's standard error; a test may have put another one in its place."""
    try:
        return stream.fileno() == 2  # type: ignore[attr-defined]  # what is no stream has no such thing
    except (AttributeError, OSError, ValueError):
        return False


def _pass_on(source: int, terminal: int) -> None:
    """Copy lines but for those of decoders; whoever writes never waits for a terminal that is gone."""
    held = b""
    with os.fdopen(source, "rb", buffering=0) as stream:
        while content := stream.read(_LONGEST):
            *lines, held = (held + content).split(b"\n")
            kept = b"".join(line + b"\n" for line in lines if not _BY_DECODER.search(line))
            held = held[-_LONGEST:]
            _write(terminal, kept)
    if held and not _BY_DECODER.search(held):
        _write(terminal, held)


def _write(terminal: int, content: bytes) -> None:
    try:
        while content:
            content = content[os.write(terminal, content) :]
    except OSError:
        return
