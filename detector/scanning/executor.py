"""Who does the work of a scan: something that maps a function over items, and gives the results in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


class Stuck(Exception):  # noqa: N818 (the work may be right; nobody waits for it any longer)
    """Work on an item went on for too long without a sign of life; the message says for how many seconds."""


class Executor(Protocol):
    """Do work on items, on threads or wherever."""

    def in_order(
        self, items: Iterable[Item], work: Callable[[Item, Callable[[], None]], Made]
    ) -> Iterator[tuple[Item, Made | Exception]]:
        """Do work on items; give each with what came of it, or with the error that it raised, in their order.

        Parameters
        ----------
        items : iterable
            Is taken from only as far as the work gets on, so that neither items nor results pile up.
        work : callable
            Takes an item, and a function to call now and then as a sign of life.
        """
        ...
