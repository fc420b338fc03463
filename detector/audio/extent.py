"""Find the bytes of a WAV, RF64, W64 or AIFF file that hold its samples, even if its size fields are wrong.

Size fields are wrong where a recorder lost power, or where a file outgrew 32 bits. libsndfile reads only a part of such
a file, and reports no error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Literal

from detector.audio.chunks import (
    MOST_BYTES,
    WRAP,
    Chunk,
    Layout,
    chunks_fill,
    find_layout,
    find_samples,
    has_true_size,
)

_PLACEHOLDERS = {WRAP - 1, 2**31 - 1, 2**31, 0x7FFFF000}
"""Sizes that ffmpeg, sox and arecord write where they cannot go back to write the true one."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The bytes of a file that hold its samples.

    Attributes
    ----------
    start, end : int
        The first byte of the samples, and the byte after the last one in the file.
    claimed : int or None
        Bytes of samples that the header claims, corrected if the size field has wrapped. None if the header gives no
        length.
    mended : bool
        Whether the header must be left aside to read all samples.
    fault : str
        The fault of the header; empty without one.
    unread : int
        Number of bytes after `end` that look like samples and are not read.
    order : {"LITTLE", "BIG"}
        Byte order.
    """

    start: int
    end: int
    claimed: int | None
    mended: bool = False
    fault: str = ""
    unread: int = 0
    order: Literal["LITTLE", "BIG"] = "LITTLE"


def measure(file: BinaryIO, size: int, second_bytes: int) -> Extent | None:
    """Find the bytes of a file that hold its samples.

    Parameters
    ----------
    file : binary file
        Open for reading.
    size : int
        Its size in bytes.
    second_bytes : int
        Bytes of one second of sound. Up to this number of bytes after the samples are ignored.

    Returns
    -------
    Extent or None
        None if the file has no chunks, or no chunk of samples.
    """
    layout = find_layout(file)
    chunk = find_samples(file, layout) if layout else None
    if layout is None or chunk is None:
        return None
    claim = _Claim(layout, chunk, size)
    return (
        claim.without_length(file) or claim.with_wrong_length(file, second_bytes) or claim.as_stated(file, second_bytes)
    )


def sized_head(file: BinaryIO, extent: Extent) -> bytes:
    """Return the bytes before the samples of a WAV file, with its two size fields corrected."""
    file.seek(0)
    head = bytearray(file.read(extent.start))
    n_bytes = extent.end - extent.start
    head[-4:] = n_bytes.to_bytes(4, "little")
    head[4:8] = (extent.end - 8).to_bytes(4, "little")
    return bytes(head)


@dataclass(frozen=True)
class _Claim:
    """What a file of `size` bytes claims about its chunk of samples.

    Each method returns the extent of the samples for one kind of claim, or None if the claim is of another kind.
    """

    layout: Layout
    chunk: Chunk
    size: int

    @property
    def start(self) -> int:
        """Return the first byte of the samples."""
        return self.chunk.offset

    @property
    def claimed(self) -> int:
        """Return the claimed number of bytes."""
        return self.chunk.size

    @property
    def rest(self) -> int:
        """Return the number of bytes after the claimed samples; below 0 if the file ends before their end."""
        return self.size - self.start - self.claimed

    def without_length(self, file: BinaryIO) -> Extent | None:
        """Return the extent where the header gives no length, or an impossible one: all the rest of the file."""
        mendable = self.layout.mendable
        field = f"(size field {self.claimed:#x})"
        if self.claimed > MOST_BYTES:
            fault = f"its header gives an impossible length {field}; read to the end of the file"
            return self._extent(self.size, None, mendable, fault)
        is_placeholder = self.claimed in _PLACEHOLDERS and self.rest < 0
        if self.claimed == WRAP - 1 or is_placeholder or (self.claimed == 0 and not self._only_chunks_follow(file)):
            fault = f"its header gives no length {field}; read to the end of the file"
            return self._extent(self.size, None, mendable and self.rest > 0, fault)
        return None

    def with_wrong_length(self, file: BinaryIO, second_bytes: int) -> Extent | None:
        """Return the extent where the length is wrong, and the size of the file gives the right one."""
        mendable = self.layout.mendable
        if self.rest > 0 and self._only_chunks_follow(file):
            return None
        has_32_bits = self.layout.head.size == 8
        if self.rest > second_bytes and self.size > WRAP > self.claimed and mendable and has_32_bits:
            whole = self.claimed + max(1, self.rest // WRAP) * WRAP
            fault = f"its size field has wrapped round at 4 GiB ({self.claimed} bytes stand for {whole})"
            return self._extent(min(self.size, self.start + whole), whole, True, fault)
        is_sound = self.rest < 0 or self._is_sound_behind(file)
        if abs(self.rest) > 1 and is_sound and has_true_size(file, self.layout, self.size):
            n_bytes = self.size - self.start
            fault = (
                f"its header claims {self.claimed} bytes of samples, but the whole file has {n_bytes}; read to its end"
            )
            return self._extent(self.size, n_bytes, mendable, fault)
        return None

    def as_stated(self, file: BinaryIO, second_bytes: int) -> Extent:
        """Return the extent that the header states, as far as the file holds it."""
        is_sound = self.rest > second_bytes and not self._only_chunks_follow(file) and self._is_sound_behind(file)
        end = min(self.size, self.start + self.claimed)
        return Extent(self.start, end, self.claimed, unread=self.rest if is_sound else 0, order=self.layout.order)

    def _extent(self, end: int, claimed: int | None, mended: bool, fault: str) -> Extent:
        return Extent(self.start, end, claimed, mended, fault, order=self.layout.order)

    def _only_chunks_follow(self, file: BinaryIO) -> bool:
        """Return whether other chunks, or nothing, fill the file behind the samples."""
        return self.rest <= 0 or chunks_fill(file, self.layout, self.chunk.next, self.size)

    def _is_sound_behind(self, file: BinaryIO) -> bool:
        """Return whether the bytes behind the claimed samples may be samples, and not padding."""
        file.seek(self.start + self.claimed)
        return any(file.read(64))
