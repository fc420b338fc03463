"""How far the work is: the library tells it to a hook; who calls the library decides what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self, TypeVar

T = TypeVar("T")


class Work:
    """A piece of work that is under way; as a context manager, it is done at the end. This one shows nothing."""

    def advance(self, n: float = 1) -> None:
        """Count units that are done, or shares of one."""

    def done(self) -> None:
        """Take the piece of work for done, however much of it was."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.done()


class Progress:
    """What the library tells while it works. This one is silent: derive from it to show what is told."""

    def say(self, line: str) -> None:
        """Tell a line of text."""

    def begin(self, total: int, unit: str, what: str = "") -> Work:
        """Begin a piece of work.

        Parameters
        ----------
        total : int
            How many units it has.
        unit : str
            What is counted, for example "batch".
        what : str, optional
            What the work is, for example "epoch 3".
        """
        del total, unit, what
        return Work()

    def through(self, items: Iterable[T], total: int, unit: str, what: str = "") -> Iterator[T]:
        """Go through items as a piece of work; each is done when the next one is asked for."""
        with self.begin(total, unit, what) as work:
            for item in items:
                yield item
                work.advance()


SILENT = Progress()
"""Of those who show nothing."""
