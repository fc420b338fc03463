"""A part of a file, shown as if it were a file: for decoding samples whose header cannot be believed."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Literal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True, slots=True)
class View:
    """Which bytes to decode in the place of a whole file.

    Attributes
    ----------
    start, end : int
        The first byte, and the one after the last.
    prefix : bytes
        Shown before them.
    raw : {"LITTLE", "BIG"} or None
        The byte order of samples without a header; None where a header is among the bytes shown.
    """

    start: int
    end: int
    prefix: bytes = field(default=b"", repr=False)
    raw: Literal["LITTLE", "BIG"] | None = None


class ViewFile(io.RawIOBase):
    """A readable, seekable file that holds what `view` shows of an open file, which stays open."""

    def __init__(self, file: BinaryIO, view: View) -> None:
        super().__init__()
        self._file = file
        self._view = view
        self._position = 0

    @property
    def size(self) -> int:
        """Give the number of bytes shown."""
        return len(self._view.prefix) + self._view.end - self._view.start

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be searched."""
        return True

    def tell(self) -> int:
        """Give the position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position, and give it."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` as far as there are bytes, and give their number (0 at the end)."""
        target = memoryview(buffer).cast("B")
        wanted = min(len(target), max(0, self.size - self._position))
        prefix = self._view.prefix[self._position : self._position + wanted]
        target[: len(prefix)] = prefix
        filled = len(prefix)
        if filled < wanted:
            self._file.seek(self._view.start + self._position + filled - len(self._view.prefix))
        while filled < wanted and (content := self._file.read(wanted - filled)):
            target[filled : filled + len(content)] = content
            filled += len(content)
        self._position += filled
        return filled
