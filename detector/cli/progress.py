"""Progress bars: on standard error, and only on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def bar(items: Sequence[T], unit: str) -> Iterable[T]:
    """Show how many of `items` are done."""
    from tqdm import tqdm

    return tqdm(items, unit=unit, disable=None, leave=False)


def batches_bar(batches: Iterable[T], total: int, name: str) -> Iterable[T]:
    """Show how far an epoch is."""
    from tqdm import tqdm

    return tqdm(batches, desc=name, total=total, unit="batch", disable=None, leave=False)
