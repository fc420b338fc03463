"""Messages on standard error: each on one line, whatever it contains, and dropped where it cannot be written."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from detector.cli.flags import with_flags
from detector.errors import DetectorError
from detector.terminal import visible

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def say(line: object) -> None:
    """Write a line that begins with the program's name."""
    click.echo(f"detector: {visible(with_flags(str(line)))}", err=True)


def show(error: DetectorError | click.ClickException, context: click.Context | None = None) -> int:
    """Show an error that a user can correct, with the flags of the command that ran; return its exit code."""
    if isinstance(error, DetectorError):
        click.echo("detector: " + "\n".join(visible(with_flags(str(line), context)) for line in error.args), err=True)
        return error.exit_code
    shown_by_click = io.StringIO()
    error.show(shown_by_click)
    usage, name, _ = shown_by_click.getvalue().partition("Error: ")
    message = with_flags(error.format_message(), context)
    if not isinstance(error, click.MissingParameter):  # it contains no value, but may list choices on several lines
        message = visible(message)
    click.echo(f"{usage}{name}{message}", err=True)
    return error.exit_code


class _Droppable(io.FileIO):
    """A file that ignores failed writes: a message that cannot be written must not stop the work."""

    def write(self, data: ReadableBuffer) -> int:
        """Write `data`; return its length where it cannot be written, so that the caller goes on."""
        with suppress(OSError):
            if (written := super().write(data)) is not None:
                return written
        return memoryview(data).nbytes


@contextmanager
def droppable_messages() -> Iterator[None]:
    """Drop messages where standard error is a closed pipe or a full disk."""
    stream_before = sys.stderr
    try:
        descriptor = stream_before.fileno()
    except (OSError, ValueError):  # the stream is in memory
        yield
        return
    with suppress(OSError):
        stream_before.flush()
    buffer = io.BufferedWriter(_Droppable(descriptor, "w", closefd=False))
    sys.stderr = io.TextIOWrapper(buffer, stream_before.encoding, stream_before.errors, line_buffering=True)
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = stream_before
