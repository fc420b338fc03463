"""Recordings that are no files of this machine, and one whose disk or network fails."""

from __future__ import annotations

import errno
import io
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from detector.place import Children, Identity

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True)
class Memory:
    """A recording in memory, which has no descriptor that libsndfile could read."""

    name: str
    content: bytes

    def __str__(self) -> str:
        return self.name

    def open(self, expected: Identity | None = None) -> BinaryIO:
        return io.BytesIO(self.content)

    def size(self) -> int:
        return len(self.content)

    def identity(self, file: BinaryIO | None = None) -> Identity:
        return Identity(len(self.content), 0)

    def exists(self) -> bool:
        return True

    def is_folder(self) -> bool:
        return False

    def children(self, extensions: frozenset[str]) -> Children:
        return Children([], [])

    def beside(self, name: str) -> Memory:
        return Memory(name, b"")

    def canonical(self, folders: dict[str, str] | None = None) -> str:
        return self.name


@dataclass
class Outage:
    """From which byte on a file cannot be read, and why; None while it can."""

    first: int | None = None
    number: int = errno.EIO


@dataclass(frozen=True)
class Failing(Memory):
    """A recording on a disk or a network that fails."""

    outage: Outage = field(default_factory=Outage, compare=False)

    def open(self, expected: Identity | None = None) -> BinaryIO:
        return FailingFile(self.content, self.outage)


class FailingFile(io.BytesIO):
    """A file of which no read that reaches an outage succeeds."""

    def __init__(self, content: bytes, outage: Outage) -> None:
        super().__init__(content)
        self._outage = outage

    def read(self, size: int | None = -1) -> bytes:
        before = self.tell()
        content = super().read(size)
        self._check(before)
        return content

    def readinto(self, buffer: WriteableBuffer) -> int:
        before = self.tell()
        n_read = super().readinto(buffer)
        self._check(before)
        return n_read

    def _check(self, before: int) -> None:
        if self._outage.first is not None and self.tell() > max(before, self._outage.first):
            self.seek(before)
            raise OSError(self._outage.number, os.strerror(self._outage.number))
