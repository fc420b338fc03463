"""Walk the chunks of WAV, RF64, W64 and AIFF files, and find where their samples really lie.

Recorders that lose power, and files that outgrow 32 bits, leave size fields that do not fit the file; libsndfile reads
such a file short without a word. Sources: IBM and Microsoft, Multimedia Programming Interface 1.0 (RIFF); EBU Tech 3306
(RF64); Sony Pictures Digital, Wave64; Apple, AIFF 1.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

WRAP = 2**32
MOST_BYTES = 2**44  # more than any file of today holds: a size field that claims more is damaged
_PLACEHOLDERS = {
    WRAP - 1,
    2**31 - 1,
    2**31,
    0x7FFFF000,
}  # written by programs that cannot go back: ffmpeg, sox, arecord
_MOST_CHUNKS = 1000
_W64 = bytes.fromhex("2e91cf11a5d628db04c10000")  # the GUID of riff, after its name
_W64_DATA = b"data" + bytes.fromhex("f3acd3118cd100c04f8edb8a")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a kind of file is cut into chunks.

    Attributes
    ----------
    first : int
        Where the first chunk begins.
    head : Struct
        A chunk's name and size.
    samples : bytes
        The name of the chunk that holds the samples.
    order : {"LITTLE", "BIG"}
        Byte order.
    inclusive : bool
        Whether a size counts the chunk's head.
    align : int
        What chunks are padded to.
    mendable : bool
        Whether samples can be read without the header.
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
    """A chunk: its name, where its content begins, the size of its content as the file claims it, where the next is."""

    name: bytes
    offset: int
    size: int
    next: int


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the samples lie.

    Attributes
    ----------
    start, end : int
        The first byte of the samples, and the one after the last that the file holds.
    claimed : int or None
        Bytes of samples that the header claims, put right where it has wrapped; None where it does not say.
    mended : bool
        Whether the header has to be passed over to read them all.
    fault : str
        What is wrong with the header, or empty.
    unread : int
        Bytes that follow, look like samples and are not read.
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


def find_layout(file: BinaryIO) -> Layout | None:
    """Tell by its first bytes how a file is cut into chunks; None where it is of no such kind."""
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
    """List the chunks from `start` on, as far as their heads can be read."""
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
        end = offset + size
        start = end + -end % layout.align
        yield Chunk(name, offset, size, start)


def find_samples(file: BinaryIO, layout: Layout) -> Chunk | None:
    """Find the chunk that holds the samples, with the size that RF64 keeps elsewhere; None where there is none."""
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
    """Say whether a file has more than one chunk of samples."""
    return sum(chunk.name == layout.samples for chunk in walk(file, layout, layout.first)) > 1


def measure(file: BinaryIO, size: int, second: int) -> Extent | None:
    """Find where the samples of a file lie, whatever its size fields say.

    Parameters
    ----------
    file : binary file
        Open for reading.
    size : int
        Its size in bytes.
    second : int
        How many bytes one second of sound takes. Less than that after the samples is taken for litter.

    Returns
    -------
    Extent or None
        None where the file is not cut into chunks, or has none for samples.
    """
    layout = find_layout(file)
    chunk = find_samples(file, layout) if layout else None
    if layout is None or chunk is None:
        return None
    claim = _Claim(layout, chunk, size)
    extent = claim.without_length(file) or claim.wrong(file, second)
    if extent is not None:
        return extent
    start, claimed, rest = chunk.offset, chunk.size, claim.rest
    sounds = rest > second and not claim.followed(file) and any(_at(file, start + claimed))
    return Extent(start, min(size, start + claimed), claimed, unread=rest if sounds else 0, order=layout.order)


def sized_head(file: BinaryIO, extent: Extent) -> bytes:
    """Read what stands before the samples of a WAV file, with sizes that are those of the file."""
    file.seek(0)
    head = bytearray(file.read(extent.start))
    held = extent.end - extent.start
    head[-4:] = held.to_bytes(4, "little")
    head[4:8] = (extent.end - 8).to_bytes(4, "little")
    return bytes(head)


@dataclass(frozen=True)
class _Claim:
    """What a file of `size` bytes says of its chunk of samples."""

    layout: Layout
    chunk: Chunk
    size: int

    @property
    def rest(self) -> int:
        """Count the bytes behind what the samples are said to take; below 0 where the file ends before."""
        return self.size - self.chunk.offset - self.chunk.size

    def followed(self, file: BinaryIO) -> bool:
        """Say whether nothing but chunks follows the samples."""
        return self.rest <= 0 or _chunks_fill(file, self.layout, self.chunk.next, self.size)

    def without_length(self, file: BinaryIO) -> Extent | None:
        """Give the extent of samples whose length the header leaves open, or gives as no file can have it."""
        start, claimed, mendable = self.chunk.offset, self.chunk.size, self.layout.mendable
        if claimed > MOST_BYTES:
            fault = f"its header gives an impossible length (size field {claimed:#x}); read to the end of the file"
            return Extent(start, self.size, None, mendable, fault, order=self.layout.order)
        placeholder = claimed in _PLACEHOLDERS and self.rest < 0
        if claimed == WRAP - 1 or placeholder or (claimed == 0 and not self.followed(file)):
            fault = f"its header gives no length (size field {claimed:#x}); read to the end of the file"
            return Extent(start, self.size, None, mendable and self.rest > 0, fault, order=self.layout.order)
        return None

    def wrong(self, file: BinaryIO, second: int) -> Extent | None:
        """Give the extent of samples whose length is given wrongly, where the file tells the right one."""
        start, claimed, rest, layout = self.chunk.offset, self.chunk.size, self.rest, self.layout
        if rest > 0 and self.followed(file):
            return None
        if rest > second and self.size > WRAP > claimed and layout.mendable and layout.head.size == 8:
            whole = claimed + max(1, rest // WRAP) * WRAP
            fault = f"its size field has wrapped round at 4 GiB ({claimed} bytes stand for {whole})"
            return Extent(start, min(self.size, start + whole), whole, True, fault, order=layout.order)
        sounds = rest < 0 or any(_at(file, start + claimed))
        if abs(rest) > 1 and sounds and _is_whole(file, layout, self.size):
            held = self.size - start
            fault = f"its header claims {claimed} bytes of samples, but the whole file has {held}; read to its end"
            return Extent(start, self.size, held, layout.mendable, fault, order=layout.order)
        return None


def _at(file: BinaryIO, offset: int) -> bytes:
    """Read a few bytes that may be samples, or padding."""
    file.seek(offset)
    return file.read(64)


def _is_whole(file: BinaryIO, layout: Layout, size: int) -> bool:
    """Say whether the size field of the whole file agrees with its size, give or take a byte of padding."""
    file.seek(4)
    field = file.read(28)
    if len(field) < 28:
        return False
    if layout is _WAVE64:
        whole = int.from_bytes(field[12:20], "little")
    elif field[8:12] == b"ds64":
        whole = int.from_bytes(field[16:24], "little") + 8
    else:
        whole = int.from_bytes(field[:4], "little" if layout.order == "LITTLE" else "big") + 8
    return abs(whole - size) <= 1


_FILES = {b"RIFF", b"RIFX", b"RF64", b"FORM", b"riff"}  # how files begin


def _chunks_fill(file: BinaryIO, layout: Layout, start: int, size: int) -> bool:
    """Say whether chunks with printable names follow one another from `start` to the very end of the file.

    Another file that was joined to this one is no chunk of it.
    """
    end = start
    for chunk in walk(file, layout, start):
        printable = all(32 <= byte < 127 for byte in chunk.name[:4])
        if not printable or chunk.name[:4] in _FILES or chunk.offset + chunk.size > size:
            return False
        end = chunk.next
    return end - layout.align < size <= end
