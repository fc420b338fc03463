"""Check that a MAT-file is complete before scipy reads it: scipy crashes on an element of an unknown type.

Format: MathWorks, "MAT-File Level 5 File Format". An element has a type, a size and a content. The content of a matrix
consists of elements.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

_HEAD = 128
_TYPES = frozenset({1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 16, 17, 18})  # numbers and text
_MATRIX = 14
_COMPRESSED = 15
_MOST_BYTES = 1 << 26
_DEEPEST = 8


def check_matlab(path: Path) -> None:
    """Raise `ValueError` if an element of a file is damaged, or the file is larger than any table of syllables."""
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"it has more than {_MOST_BYTES} bytes")
    if 0 in content[:4]:
        return  # level 4, which scipy reads safely
    order = {b"IM": "<", b"MI": ">"}.get(content[126:128])
    if order is None:
        raise ValueError("it does not begin like a MAT-file of level 5")
    _check(memoryview(content)[_HEAD:], order, 0)


def _check(content: memoryview, order: str, depth: int) -> None:
    """Check a sequence of elements."""
    if depth > _DEEPEST:
        raise ValueError("its elements are nested too deeply")
    position = 0
    while position < len(content):
        if position + 8 > len(content):
            raise ValueError("it ends within an element")
        kind, size = struct.unpack_from(f"{order}II", content, position)
        start = position + 8
        is_small = kind >> 16 > 0  # a small element holds its content in the place of its size
        if is_small:
            size = kind >> 16
            kind &= 0xFFFF
            start = position + 4
        end = start + size
        if end > len(content) or (is_small and size > 4):
            raise ValueError("one of its elements is larger than the space for it")
        if kind == _MATRIX:
            _check(content[start:end], order, depth + 1)
        elif kind == _COMPRESSED:
            _check(memoryview(_decompressed(content[start:end])), order, depth + 1)
        elif kind not in _TYPES:
            raise ValueError(f"one of its elements has the unknown type {kind}")
        padding = 0 if kind == _COMPRESSED else -size % 8
        position = position + 8 if is_small else end + padding


def _decompressed(content: memoryview) -> bytes:
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(content, _MOST_BYTES)
    except zlib.error as error:
        raise ValueError(f"one of its compressed elements is damaged: {error}") from error
    if not inflater.eof:
        raise ValueError("one of its compressed elements is cut off, or too large")
    return inflated
