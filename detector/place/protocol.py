"""The protocol of a place: its name, its bytes, and the files below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Identity:
    """The state of a file. A file that changed has another identity.

    Attributes
    ----------
    size : int
        Bytes.
    modified_ns : int
        Time of the last change, ns since 1970.
    tag : str
        Distinguishes two files that had the same name one after the other, such as the number of the inode.
    """

    size: int
    modified_ns: int
    tag: str = ""


CHANGED = "was replaced or changed while it was read"
"""The fault of a file whose identity is not the expected one."""


class Place(Protocol):
    """A recording, or a folder of recordings. Places are frozen, hashable and picklable.

    `str(place)` is the name as the user wrote it, for messages.
    """

    @property
    def name(self) -> str:
        """Return the name for tables: a path, written with slashes."""

    def open(self, expected: Identity | None = None) -> BinaryIO:
        """Open the file for reading.

        Parameters
        ----------
        expected : Identity, optional
            Its identity when it was opened before. By default, any is accepted.

        Raises
        ------
        RecordingError
            If the file is missing, unreadable, not an ordinary file, or not the expected one.
        """

    def size(self) -> int:
        """Return the size of the file in bytes; raise the errors of `identity`."""

    def identity(self, file: BinaryIO | None = None) -> Identity:
        """Return the state of `file`, as `open` returned it; by default, of the file that has this name now.

        Raises
        ------
        RecordingError
            If the file is missing, or not an ordinary file.
        """

    def exists(self) -> bool:
        """Return whether there is a file or folder of this name."""

    def is_folder(self) -> bool:
        """Return whether this is a folder, which can be searched for recordings."""

    def children(self, extensions: frozenset[str]) -> Children:
        """List the files below a folder, at any depth, whose names end with one of the extensions (without the dot).

        Each file is listed once. Hidden names (`.name`) are left out.
        """

    def beside(self, name: str) -> Place:
        """Return the place of this name in the same folder; there may be nothing."""

    def canonical(self, folders: dict[str, str] | None = None) -> str:
        """Return the one name that a file or folder has, whatever path or link leads to it.

        Parameters
        ----------
        folders : dict, optional
            Canonical names of folders that were looked up before. New ones are added. A long list of files shares it,
            so that each folder is looked up once.
        """


Named = str | Path | Place
"""A place, or its name as a user writes it."""


@dataclass(frozen=True, slots=True)
class Children:
    """The files below a folder.

    Attributes
    ----------
    files : sequence of (str, Place)
        Canonical name and place of each file, sorted by the path below the folder.
    unreadable : sequence of (Place, str)
        Folders that could not be searched, or only in part, each with the reason; sorted.
    """

    files: Sequence[tuple[str, Place]]
    unreadable: Sequence[tuple[Place, str]]
