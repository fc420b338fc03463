"""Figures, and tables of them, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.network.axes import Range

WIDTH = 132
"""Characters of a line, at most."""


def table(headings: tuple[tuple[str, str], ...], rows: list[list[str]], left: int) -> Iterator[str]:
    """Lay out rows under two lines of headings, the first `left` columns to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*zip(*headings), *rows)]
    for row in (*zip(*headings), *rows):
        cells = [cell.ljust(w) if n < left else cell.rjust(w) for n, (cell, w) in enumerate(zip(row, widths))]
        yield "  ".join(cells).rstrip()


def number(value: float | None) -> str:
    """Write a figure with three digits at least, and thousands set apart."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def hyphened(ends: Range | None) -> str:
    """Write a figure at the lowest and at the highest place, once where they are the same."""
    if ends is None:
        return ""
    low, high = (number(end) for end in ends)
    return low if low == high else f"{low}-{high}"


def sizes(values: tuple[int, ...]) -> str:
    """Write a shape."""
    return " x ".join(f"{value:,}" for value in values)


def binary(n_bytes: int) -> str:
    """Write a size in bytes."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if n_bytes >= size:
            return f"{n_bytes / size:,.1f} {unit}"
    return f"{n_bytes} bytes"
