"""What the program asks of a place: its name, its bytes, and what lies below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one state of a file from another.

    Attributes
    ----------
    size : int
        In bytes.
    modified_ns : int
        When it changed, in ns since 1970.
    tag : str
        What else tells it from another file of this name: where it lies on the disk, or its tag in a store.
    """

    size: int
    modified_ns: int
    tag: str = ""


CHANGED = "was replaced or changed while it was read"
"""What is said of a file that is no longer what was expected."""


class Place(Protocol):
    """Where a recording is, or a folder of recordings. Places are frozen, picklable, and may be keys.

    `str(place)` names it in messages as the user did.
    """

    @property
    def name(self) -> str:
        """Give the name that tables have: a path, written with slashes."""

    def open(self, expected: Identity | None = None) -> BinaryIO:
        """Open the file for reading.

        Parameters
        ----------
        expected : Identity, optional
            What it was when it was opened before.

        Raises
        ------
        RecordingError
            Where it is missing, not to be read, no ordinary file, or no longer what was expected.
        """

    def size(self) -> int:
        """Give the size of the file in bytes; raises as `identity`."""

    def identity(self, file: BinaryIO | None = None) -> Identity:
        """Tell which file it is: the one that `open` gave, or else what is there now.

        Raises
        ------
        RecordingError
            Where it is missing, or no ordinary file.
        """

    def exists(self) -> bool:
        """Say whether something is there."""

    def is_folder(self) -> bool:
        """Say whether it can be searched for recordings."""

    def children(self, extensions: frozenset[str]) -> Children:
        """List the files below a folder, however deep, whose names end with one of the extensions (without the dot).

        Each file is listed once. Hidden names (`.name`) are passed over.
        """

    def canonical(self, folders: dict[str, str] | None = None) -> str:
        """Name the file or folder in one way, by whatever path or link it is reached.

        Parameters
        ----------
        folders : dict, optional
            Keeps what was found out of folders, so that a long list of files asks once for each.
        """


Named = str | Path | Place
"""A place, or what a user calls it."""


@dataclass(frozen=True, slots=True)
class Children:
    """What was found below a folder.

    Attributes
    ----------
    files : sequence of (str, Place)
        Canonical name and place below the folder, sorted by the latter.
    unreadable : sequence of (Place, str)
        The folders that cannot be searched, and why, sorted; what could be listed of them is in `files`.
    """

    files: Sequence[tuple[str, Place]]
    unreadable: Sequence[tuple[Place, str]]
