"""Map arrays on disk into memory, after their headers are checked: the files may come from anyone."""

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
MOST_BYTES = 2**40  # of one file


@dataclass(frozen=True)
class Header:
    """Header of an array of float32: its shape, and the byte at which its numbers begin."""

    shape: tuple[int, ...]
    offset: int


def read_header(path: Path) -> Header:
    """Read the header of an `.npy` file of float32 in C order; the numbers must fill the rest of the file.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, or is not such a file; the message names it.
    """
    try:
        size = check_size(path, MOST_BYTES)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    with path.open("rb") as file:
        try:
            version = npy.read_magic(file)
            shape, fortran_order, dtype = npy.read_array_header_1_0(file)
        except Exception as error:  # Python's parser raises errors of many types on a damaged header
            raise ValueError(f"{path.name}: has no valid .npy header: {one_line(error)}") from error
        offset = file.tell()
    if version != (1, 0):
        raise ValueError(f"{path.name}: has the .npy version {version}; it must be (1, 0)")
    if dtype != ITEM or fortran_order:
        order = " in Fortran order" if fortran_order else ""
        raise ValueError(f"{path.name}: holds {shown(dtype)}{order}; it must hold little-endian float32 in C order")
    if min(shape, default=0) < 0 or math.prod(shape) * ITEM.itemsize != size - offset:
        raise ValueError(
            f"{path.name}: has {size - offset:,} bytes of numbers, which do not fit its shape {shown(shape)}"
        )
    return Header(shape, offset)


def map_array(path: Path) -> NDArray[np.float32]:
    """Map an array into memory, read-only; raises the errors of `read_header`."""
    header = read_header(path)
    return np.memmap(path, ITEM, "r", header.offset, header.shape)
