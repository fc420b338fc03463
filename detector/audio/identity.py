"""Open ordinary files only, and notice when a file is not the one that was opened before."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from detector.errors import RecordingError

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Without waiting: a named pipe that nobody writes into would otherwise hold the program for ever."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one state of a file from another: its place on the disk, its size in bytes, and when it changed."""

    device: int
    inode: int
    size: int
    modified_ns: int


def open_descriptor(path: Path, expected: Identity | None = None) -> int:
    """Open an ordinary file for reading; give its descriptor, which the caller closes.

    Parameters
    ----------
    path : Path
        The file.
    expected : Identity, optional
        What it was when it was opened before.

    Raises
    ------
    RecordingError
        Where it is missing, not to be read, no ordinary file, or no longer what was expected.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {_refusal(path) or error.strerror or error}") from error
    except ValueError as error:  # a name that no file can have
        raise RecordingError(f"{str(path)!r}: cannot be read: {error}") from error
    fault = _fault(os.fstat(descriptor), expected)
    if fault:
        os.close(descriptor)
        raise RecordingError(f"{path}: {fault}")
    return descriptor


def open_ordinary(path: Path, expected: Identity | None = None) -> BinaryIO:
    """Open an ordinary file for reading; as `open_descriptor`."""
    return os.fdopen(open_descriptor(path, expected), "rb")


def identify(file: BinaryIO) -> Identity:
    """Tell the identity of an open file."""
    return _identity(os.fstat(file.fileno()))


def kind_of(mode: int) -> str:
    """Name the kind of a file that is none to read from."""
    return _KINDS.get(stat.S_IFMT(mode), "no ordinary file")


def _identity(found: os.stat_result) -> Identity:
    return Identity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _fault(found: os.stat_result, expected: Identity | None) -> str:
    """Say what is wrong with an open file; empty where nothing is."""
    if not stat.S_ISREG(found.st_mode):
        return f"is {kind_of(found.st_mode)}, not a recording"
    changed = expected is not None and _identity(found) != expected
    return "was replaced or changed while it was read" if changed else ""


def _refusal(path: Path) -> str:
    """Say what a file is that is there but cannot be opened: a socket, or a device that is not connected."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else f"it is {kind_of(mode)}"
