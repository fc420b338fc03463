"""The chunks of a header that may say when a recording was made, from WAV files and from FLAC files made of them.

The program `flac` can keep the chunks of a WAV file ("foreign metadata"), each in a block of the FLAC file. Source:
xiph/flac, `src/flac/foreign_metadata.c`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from detector.audio.flac_metadata import walk_blocks
from detector.audio.header import SAMPLE_BYTES, Header
from detector.audio.times.evidence import Evidence

_LONGEST = {b"harp": 1 << 22, b"guan": 1 << 16, b"wamd": 1 << 20, b"bext": 1 << 10}
"""Bytes that are read of each chunk. A recorder writes fewer."""

_APPLICATION = 2  # the type of a FLAC block that holds what another program wrote
_RIFF_BLOCK = b"riff"
_CHUNK_HEAD = 8  # bytes: name and size


def read_evidence(header: Header, file: BinaryIO) -> Evidence:
    """Return what may say when a recording was made.

    Parameters
    ----------
    header : Header
        Of the recording.
    file : binary file
        The recording, open for reading.
    """
    contents: dict[bytes, bytes] = {}
    for name, offset, size in _chunks(header, file):
        if name in _LONGEST and name not in contents:
            file.seek(offset)
            contents[name] = file.read(min(size, _LONGEST[name]))
    return Evidence(
        header.place,
        header.comment,
        contents,
        header.sample_rate,
        header.n_channels,
        SAMPLE_BYTES.get(header.subtype, 0) * header.n_channels,
    )


def _chunks(header: Header, file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, first byte and size of each chunk."""
    for chunk in header.chunks:
        yield chunk.name[:4], chunk.offset, chunk.size
    for kind, offset, size in walk_blocks(file) if header.flac is not None else ():
        if kind != _APPLICATION or size < len(_RIFF_BLOCK) + _CHUNK_HEAD:
            continue
        file.seek(offset)
        head = file.read(len(_RIFF_BLOCK) + _CHUNK_HEAD)
        if head.startswith(_RIFF_BLOCK):
            yield head[4:8], offset + len(head), min(size - len(head), int.from_bytes(head[8:], "little"))
