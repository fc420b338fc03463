"""Arrays on disk from anyone: their headers are read by numpy's safe reader, and checked before they are mapped."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from detector.errors import one_line, shown
from detector.texts import check_size

ITEM = np.dtype("<f4")
MOST_BYTES = 2**40


@dataclass(frozen=True)
class Header:
    """What the file of an array of float32 says of itself: its shape, and where its numbers begin."""

    shape: tuple[int, ...]
    offset: int


def read_header(path: Path) -> Header:
    """Read the header of an `.npy` file of float32 in C order, whose numbers fill the rest of the file.

    Raises
    ------
    OSError, ValueError
        Where it cannot be read, or is something else; the message names the file.
    """
    try:
        size = check_size(path, MOST_BYTES)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    with path.open("rb") as file:
        try:
            version = npy.read_magic(file)
            shape, fortran_order, dtype = npy.read_array_header_1_0(file)
        except Exception as error:  # what a broken header makes the parser of Python raise is of no one kind
            raise ValueError(f"{path.name}: has no header of .npy: {one_line(error)}") from error
        offset = file.tell()
    if version != (1, 0):
        raise ValueError(f"{path.name}: is of the format {version} of .npy, and must be of (1, 0)")
    if dtype != ITEM or fortran_order:
        order = " in Fortran order" if fortran_order else ""
        raise ValueError(f"{path.name}: holds {shown(dtype)}{order}, and must hold little-endian float32 in C order")
    if min(shape, default=0) < 0 or math.prod(shape) * ITEM.itemsize != size - offset:
        raise ValueError(f"{path.name}: has {size - offset:,} bytes of numbers, which is not its shape, {shown(shape)}")
    return Header(shape, offset)


def map_array(path: Path) -> NDArray[np.float32]:
    """Map an array into memory, to be read; raises as `read_header`."""
    header = read_header(path)
    return np.memmap(path, ITEM, "r", header.offset, header.shape)
