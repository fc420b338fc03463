"""Check that a MAT-file is whole before scipy reads it, which ends the process on an element of an unknown type.

Format: MathWorks, MAT-File Level 5 File Format. Elements have a type, a size, and a content; a matrix consists of more.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

_HEAD = 128
_TYPES = frozenset({1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 16, 17, 18})  # numbers and text
_MATRIX, _COMPRESSED = 14, 15
_MOST_BYTES = 1 << 26
_DEEPEST = 8


def check_matlab(path: Path) -> None:
    """Raise `ValueError` if a file is not what its elements say, or is larger than any table of syllables."""
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"it has more than {_MOST_BYTES} bytes")
    if 0 in content[:4]:
        return  # level 4, which scipy reads without such trust
    order = {b"IM": "<", b"MI": ">"}.get(content[126:128])
    if order is None:
        raise ValueError("it does not begin as a MAT-file of level 5")
    _check(memoryview(content)[_HEAD:], order, 0)


def _check(content: memoryview, order: str, depth: int) -> None:
    """Check the elements that lie one after another."""
    if depth > _DEEPEST:
        raise ValueError("its elements lie too deep in one another")
    at = 0
    while at < len(content):
        if at + 8 > len(content):
            raise ValueError("it ends within an element")
        kind, size = struct.unpack_from(f"{order}II", content, at)
        start = at + 8
        if kind >> 16:  # a small element: its content stands in the place of its size
            size = kind >> 16
            kind &= 0xFFFF
            start = at + 4
        end = start + size
        if end > len(content) or (start == at + 4 and size > 4):
            raise ValueError("an element of it is larger than what holds it")
        if kind == _MATRIX:
            _check(content[start:end], order, depth + 1)
        elif kind == _COMPRESSED:
            _check(memoryview(_decompressed(content[start:end])), order, depth + 1)
        elif kind not in _TYPES:
            raise ValueError(f"an element of it is of the unknown type {kind}")
        at = at + 8 if start == at + 4 else end + (0 if kind == _COMPRESSED else -size % 8)


def _decompressed(content: memoryview) -> bytes:
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(content, _MOST_BYTES)
    except zlib.error as error:
        raise ValueError(f"a compressed element of it is damaged: {error}") from error
    if not inflater.eof:
        raise ValueError("a compressed element of it is cut, or too large")
    return inflated
