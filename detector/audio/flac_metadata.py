"""Read the metadata of FLAC files. Format: RFC 9639."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MOST_BLOCKS = 1000


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """The metadata of a FLAC file.

    Attributes
    ----------
    audio : int
        Byte at which the frames begin.
    shortest, block : int
        Samples of the smallest and of the largest frame. They are equal if all frames but the last have one size.
    largest : int
        Size of the largest frame in bytes; 0 if unknown.
    sample_rate : int
        Samples of each channel a second, Hz.
    n_channels, bits : int
        Number of channels, and bits of a sample.
    total : int
        Samples of each channel; 0 if unknown.
    """

    audio: int
    shortest: int
    block: int
    largest: int
    sample_rate: int
    n_channels: int
    bits: int
    total: int

    def head(self, total: int | None = None) -> bytes:
        """Return the shortest metadata with these values, to put before frames. It has no checksum of the sound.

        Parameters
        ----------
        total : int, optional
            Samples of the frames that follow; 0 for any number. By default, those of the whole file.
        """
        n_samples = self.total if total is None else total
        described = self.sample_rate << 44 | (self.n_channels - 1) << 41 | (self.bits - 1) << 36 | n_samples
        sizes = b"".join(min(size, 0xFFFF).to_bytes(2, "big") for size in (self.shortest, self.block)) + bytes(6)
        return b"fLaC\x80\x00\x00\x22" + sizes + described.to_bytes(8, "big") + bytes(16)


def read_stream_info(file: BinaryIO) -> StreamInfo | None:
    """Read the metadata of a file; None if it is no FLAC file, or too short.

    If the metadata do not begin as the format requires, every value but `audio` is 0.
    """
    start = _after_id3(file)
    file.seek(start)
    head = file.read(42)
    if len(head) < 42 or head[:4] != b"fLaC":
        return None
    if head[4] & 0x7F != 0 or head[5:8] != b"\0\0\x22":
        return StreamInfo(start + 42, 0, 0, 0, 0, 0, 0, 0)
    block = head[8:]
    described = int.from_bytes(block[10:18], "big")
    is_last = bool(head[4] & 0x80)
    return StreamInfo(
        audio=start + 42 if is_last else _after_blocks(file, start + 42),
        shortest=int.from_bytes(block[:2], "big"),
        block=int.from_bytes(block[2:4], "big"),
        largest=int.from_bytes(block[7:10], "big"),
        sample_rate=described >> 44,
        n_channels=(described >> 41 & 7) + 1,
        bits=(described >> 36 & 31) + 1,
        total=described & (1 << 36) - 1,
    )


def walk_blocks(file: BinaryIO, start: int | None = None) -> Iterator[tuple[int, int, int]]:
    """Yield type, first byte and size of each block of metadata, as far as their heads can be read.

    Parameters
    ----------
    file : binary file
        A FLAC file, open for reading.
    start : int, optional
        First byte of the head of a block. By default, of the first one.
    """
    end = _after_id3(file) + len(b"fLaC") if start is None else start
    for _ in range(_MOST_BLOCKS):
        file.seek(end)
        head = file.read(4)
        if len(head) < 4:
            return
        size = int.from_bytes(head[1:], "big")
        yield head[0] & 0x7F, end + len(head), size
        end += len(head) + size
        if head[0] & 0x80:
            return


def _after_blocks(file: BinaryIO, start: int) -> int:
    """Return the end of the blocks of metadata that begin at byte `start`, as far as their heads can be read."""
    return max((offset + size for _, offset, size in walk_blocks(file, start)), default=start)


def _after_id3(file: BinaryIO) -> int:
    """Return the end of the ID3v2 tag that some programs write before the metadata; 0 without one."""
    file.seek(0)
    tag = file.read(10)
    if len(tag) < 10 or tag[:3] != b"ID3":
        return 0
    a, b, c, d = (byte & 0x7F for byte in tag[6:10])
    return 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if tag[5] & 0x10 else 0)
