"""Show a part of a file as if it were a whole file, to decode samples whose header is wrong."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Literal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True, slots=True)
class View:
    """The bytes to decode instead of the whole file.

    Attributes
    ----------
    start, end : int
        The first byte of the file to show, and the byte after the last one.
    prefix : bytes
        Bytes to show before them, such as a header that was put right.
    raw : {"LITTLE", "BIG"} or None
        The byte order of the samples, if the view shows no header. None if it shows one.
    """

    start: int
    end: int
    prefix: bytes = field(default=b"", repr=False)
    raw: Literal["LITTLE", "BIG"] | None = None


class ViewFile(io.RawIOBase):
    """A readable, seekable file with the bytes that `view` shows of another open file. The other file stays open.

    Attributes
    ----------
    error : Exception or None
        The first error of the other file. From then on, reads find the end: libsndfile cannot pass an exception on.
    """

    def __init__(self, file: BinaryIO, view: View) -> None:
        super().__init__()
        self._file = file
        self._view = view
        self._position = 0
        self.error: Exception | None = None

    @property
    def size(self) -> int:
        """Return the number of bytes shown."""
        return len(self._view.prefix) + self._view.end - self._view.start

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def tell(self) -> int:
        """Return the position in the bytes shown."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position and return it."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` as far as possible, and return the number of bytes (0 at the end, and after an error)."""
        if self.error is not None:
            return 0
        try:
            return self._fill(buffer)
        except Exception as error:  # noqa: BLE001 (`Sound` raises it again)
            self.error = error
            return 0

    def _fill(self, buffer: WriteableBuffer) -> int:
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
