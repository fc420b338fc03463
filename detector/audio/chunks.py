"""Walk the chunks of WAV, RF64, W64 and AIFF files.

Sources: IBM and Microsoft, Multimedia Programming Interface 1.0 (RIFF); EBU Tech 3306 (RF64); Sony Pictures Digital,
Wave64; Apple, AIFF 1.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

WRAP = 2**32
MOST_BYTES = 2**44  # more than any file of today: a size field above this is damaged
_MOST_CHUNKS = 1000
_W64 = bytes.fromhex("2e91cf11a5d628db04c10000")  # the GUID of "riff", after its name
_W64_DATA = b"data" + bytes.fromhex("f3acd3118cd100c04f8edb8a")
_FIRST_CHUNKS = {b"RIFF", b"RIFX", b"RF64", b"FORM", b"riff"}  # the names with which files begin


@dataclass(frozen=True, slots=True)
class Layout:
    """How the files of a format are divided into chunks.

    Attributes
    ----------
    first : int
        Byte at which the first chunk begins.
    head : Struct
        The head of a chunk: its name and its size.
    samples : bytes
        Name of the chunk that holds the samples.
    order : {"LITTLE", "BIG"}
        Byte order.
    inclusive : bool
        Whether the size of a chunk includes its head.
    align : int
        Chunks begin at multiples of this number of bytes.
    mendable : bool
        Whether the samples can be read without the header.
    """

    first: int
    head: struct.Struct
    samples: bytes
    order: Literal["LITTLE", "BIG"] = "LITTLE"
    inclusive: bool = False
    align: int = 2
    mendable: bool = True


_RIFF = Layout(12, struct.Struct("<4sI"), b"data")
_RIFX = Layout(12, struct.Struct(">4sI"), b"data", order="BIG")
_WAVE64 = Layout(40, struct.Struct("<16sQ"), _W64_DATA, inclusive=True, align=8)
_AIFF = Layout(12, struct.Struct(">4sI"), b"SSND", order="BIG")
_AIFC = Layout(12, struct.Struct(">4sI"), b"SSND", order="BIG", mendable=False)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of a file.

    Attributes
    ----------
    name : bytes
        Its name, such as ``b"data"``.
    offset : int
        First byte of its content.
    size : int
        Bytes of its content, as its head claims.
    next : int
        First byte of the next chunk.
    """

    name: bytes
    offset: int
    size: int
    next: int


def find_layout(file: BinaryIO) -> Layout | None:
    """Return how a file is divided into chunks, by its first bytes; None if it is of another format."""
    file.seek(0)
    magic = file.read(16)
    match magic[:4], magic[8:12]:
        case ((b"RIFF" | b"RF64"), b"WAVE"):
            return _RIFF
        case b"RIFX", b"WAVE":
            return _RIFX
        case b"FORM", b"AIFF":
            return _AIFF
        case b"FORM", b"AIFC":
            return _AIFC
    return _WAVE64 if magic == b"riff" + _W64 else None


def walk(file: BinaryIO, layout: Layout, start: int) -> Iterator[Chunk]:
    """Yield the chunks from byte `start` on, as far as the file holds their heads."""
    for _ in range(_MOST_CHUNKS):
        if start > MOST_BYTES:
            return
        file.seek(start)
        head = file.read(layout.head.size)
        if len(head) < layout.head.size:
            return
        name, size = layout.head.unpack(head)
        size = max(0, size - layout.head.size) if layout.inclusive else size
        offset = start + layout.head.size
        if name == b"harp":
            size = _harp_size(file, offset, size)
        end = offset + size
        start = end + -end % layout.align
        yield Chunk(name, offset, size, start)


def _harp_size(file: BinaryIO, offset: int, stated: int) -> int:
    """Return the size of the chunk of an XWAV file: as stated, or where the samples follow its list of raw files.

    Triton does not need the stated size, so it may be wrong (MarineBioAcousticsRC/Triton, `rdxwavhd.m`).
    """
    file.seek(offset + 36)
    n_raw_files = int.from_bytes(file.read(2), "little")
    for size in (stated, 56 + 32 * n_raw_files):
        file.seek(offset + size)
        if file.read(4) == b"data":
            return size
    return stated


def find_samples(file: BinaryIO, layout: Layout) -> Chunk | None:
    """Find the chunk that holds the samples; None if there is none.

    RF64 keeps the size of this chunk in another chunk, "ds64". The chunk returned has the true size.
    """
    size_64 = None
    for chunk in walk(file, layout, layout.first):
        if chunk.name == b"ds64":
            file.seek(chunk.offset + 8)
            size_64 = int.from_bytes(file.read(8), "little")
        elif chunk.name == layout.samples:
            if layout.samples == b"SSND":
                return Chunk(chunk.name, chunk.offset + 8, max(0, chunk.size - 8), chunk.next)
            if size_64 is not None and chunk.size == WRAP - 1:
                end = chunk.offset + size_64
                return Chunk(chunk.name, chunk.offset, size_64, end + end % 2)
            return chunk
    return None


def has_two(file: BinaryIO, layout: Layout) -> bool:
    """Return whether a file has more than one chunk of samples."""
    return sum(chunk.name == layout.samples for chunk in walk(file, layout, layout.first)) > 1


def has_true_size(file: BinaryIO, layout: Layout, size: int) -> bool:
    """Return whether the size that a file gives for the whole file is `size`, give or take a byte of padding."""
    file.seek(4)
    field = file.read(28)
    if len(field) < 28:
        return False
    if layout is _WAVE64:
        stated = int.from_bytes(field[12:20], "little")
    elif field[8:12] == b"ds64":
        stated = int.from_bytes(field[16:24], "little") + 8
    else:
        stated = int.from_bytes(field[:4], "little" if layout.order == "LITTLE" else "big") + 8
    return abs(stated - size) <= 1


def chunks_fill(file: BinaryIO, layout: Layout, start: int, size: int) -> bool:
    """Return whether chunks with printable names fill the file from byte `start` to its end at byte `size`.

    A second file that was joined to the first one does not count as a chunk of it.
    """
    end = start
    for chunk in walk(file, layout, start):
        printable = all(32 <= byte < 127 for byte in chunk.name[:4])
        if not printable or chunk.name[:4] in _FIRST_CHUNKS or chunk.offset + chunk.size > size:
            return False
        end = chunk.next
    return end - layout.align < size <= end
