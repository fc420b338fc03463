"""Messages on standard error: a line each, whatever names they hold, and dropped where nobody takes them."""

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
    """Write a line that says whose it is."""
    click.echo(f"detector: {visible(with_flags(str(line)))}", err=True)


def show(error: DetectorError | click.ClickException, context: click.Context | None = None) -> int:
    """Show an error that a user can mend, in the words of the command that ran; give the exit code that it asks for."""
    if isinstance(error, DetectorError):
        click.echo("detector: " + "\n".join(visible(with_flags(str(line), context)) for line in error.args), err=True)
        return error.exit_code
    shown = io.StringIO()
    error.show(shown)
    usage, name, _ = shown.getvalue().partition("Error: ")
    message = with_flags(error.format_message(), context)
    if not isinstance(error, click.MissingParameter):  # that names no value, but lists the choices in lines
        message = visible(message)
    click.echo(f"{usage}{name}{message}", err=True)
    return error.exit_code


class _Droppable(io.FileIO):
    """A file that takes what it can: a message that cannot be written is no reason to stop the work."""

    def write(self, data: ReadableBuffer) -> int:
        """Write; say that all was written even where it was not."""
        with suppress(OSError):
            if (written := super().write(data)) is not None:
                return written
        return memoryview(data).nbytes


@contextmanager
def droppable_messages() -> Iterator[None]:
    """Let messages be dropped where standard error is a closed pipe or a full disk."""
    before = sys.stderr
    try:
        descriptor = before.fileno()
    except (OSError, ValueError):  # it is in memory
        yield
        return
    with suppress(OSError):
        before.flush()
    buffer = io.BufferedWriter(_Droppable(descriptor, "w", closefd=False))
    sys.stderr = io.TextIOWrapper(buffer, before.encoding, before.errors, line_buffering=True)
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = before
