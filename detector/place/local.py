"""Files and folders of this machine. Only ordinary files are opened, and a changed file is refused."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from detector.errors import RecordingError
from detector.place.protocol import CHANGED, Children, Identity
from detector.place.search import FolderSearch

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Flags to open a file without waiting. A named pipe that nobody writes into would stop the program for ever."""


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """A file or folder of this machine, at `path`. It is a `Place`."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        """Return the path, written with slashes."""
        return self.path.as_posix()

    def open(self, expected: Identity | None = None) -> BinaryIO:
        """Open the file for reading; see `Place.open`."""
        try:
            descriptor = os.open(self.path, _FLAGS)
        except OSError as error:
            raise RecordingError(f"{self}: cannot be read: {self._refusal() or error.strerror or error}") from error
        except ValueError as error:  # a name that no file can have
            raise RecordingError(f"{str(self)!r}: cannot be read: {error}") from error
        fault = _fault(os.fstat(descriptor), expected)
        if fault:
            os.close(descriptor)
            raise RecordingError(f"{self}: {fault}")
        return os.fdopen(descriptor, "rb")

    def size(self) -> int:
        """Return the size of the file in bytes; see `Place.size`."""
        return self.identity().size

    def identity(self, file: BinaryIO | None = None) -> Identity:
        """Return the state of the file; see `Place.identity`."""
        if file is not None:
            return _identity(os.fstat(file.fileno()))
        try:
            status = self.path.stat()
        except OSError as error:
            raise RecordingError(f"{self}: cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            raise RecordingError(f"{str(self)!r}: cannot be read: {error}") from error
        if fault := _fault(status):
            raise RecordingError(f"{self}: {fault}")
        return _identity(status)

    def exists(self) -> bool:
        """Return whether a file or folder exists; see `Place.exists`. False for a name that no file can have."""
        return os.path.exists(self.path)  # noqa: PTH110 (accepts any name)

    def is_folder(self) -> bool:
        """Return whether this is a folder; see `Place.is_folder`."""
        return os.path.isdir(self.path)  # noqa: PTH112 (accepts any name)

    def children(self, extensions: frozenset[str]) -> Children:
        """List the files below a folder, links included; see `Place.children`."""
        search = FolderSearch(self.path, extensions)
        files = [(canonical, LocalPlace(path)) for canonical, path in search.files]
        unreadable = [(LocalPlace(path), reason) for path, reason in search.unreadable]
        return Children(files, unreadable)

    def beside(self, name: str) -> LocalPlace:
        """Return the file of this name in the same folder; see `Place.beside`."""
        return LocalPlace(self.path.parent / name)

    def canonical(self, folders: dict[str, str] | None = None) -> str:
        """Return the real path; see `Place.canonical`."""
        folders = {} if folders is None else folders
        if self.path.name in {"", ".."} or os.path.islink(self.path):  # noqa: PTH114 (accepts any name)
            return os.path.realpath(self.path)
        folder = str(self.path.parent)
        try:
            if folder not in folders:
                folders[folder] = os.path.realpath(folder)
        except ValueError:  # its name holds a NUL
            return str(self.path.absolute())
        return os.path.join(folders[folder], self.path.name)  # noqa: PTH118 (as `realpath` writes it)

    def _refusal(self) -> str:
        """Say why an existing file cannot be opened: it is a socket or a device. Empty for an ordinary file."""
        try:
            mode = self.path.stat().st_mode
        except OSError:
            return ""
        return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else f"it is {_kind(mode)}"


def _identity(status: os.stat_result) -> Identity:
    # not the number of the disk: it differs between machines that share the disk, and after a restart
    return Identity(status.st_size, status.st_mtime_ns, str(status.st_ino))


def _fault(status: os.stat_result, expected: Identity | None = None) -> str:
    """Say why a file must not be read; empty if it may."""
    if not stat.S_ISREG(status.st_mode):
        return f"is {_kind(status.st_mode)}, not a recording"
    return CHANGED if expected not in {None, _identity(status)} else ""


def _kind(mode: int) -> str:
    """Name the kind of a file that is not an ordinary one."""
    return _KINDS.get(stat.S_IFMT(mode), "no ordinary file")
