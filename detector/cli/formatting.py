"""Write figures and tables of figures as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.network.axes import Range

WIDTH = 132
"""Largest number of characters in a line of wrapped text."""


def table(headings: tuple[tuple[str, str], ...], rows: list[list[str]], left: int) -> Iterator[str]:
    """Align the columns of a table.

    Parameters
    ----------
    headings : tuple of (str, str)
        Two lines of heading for each column.
    rows : list of list of str
        The cells.
    left : int
        How many columns, from the first, are aligned to the left; the others are aligned to the right.
    """
    lines = [*zip(*headings), *rows]
    widths = [max(len(cell) for cell in column) for column in zip(*lines)]
    for line in lines:
        cells = [
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ]
        yield "  ".join(cells).rstrip()


def number(value: float | None) -> str:
    """Write a figure with three significant digits or all whole ones, and commas between thousands; "" for None."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def hyphened(ends: Range | None) -> str:
    """Write a pair of figures with a hyphen, or one figure where both look the same; "" for None."""
    if ends is None:
        return ""
    low, high = (number(end) for end in ends)
    return low if low == high else f"{low}-{high}"


def sizes(values: tuple[int, ...]) -> str:
    """Write a shape, for example "3 x 64"."""
    return " x ".join(f"{value:,}" for value in values)


def binary(n_bytes: int) -> str:
    """Write a size in bytes, for example "1.5 MiB"."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if n_bytes >= size:
            return f"{n_bytes / size:,.1f} {unit}"
    return f"{n_bytes} bytes"
