"""Report progress. The library calls these hooks; the program around it derives from them to show something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self, TypeVar

T = TypeVar("T")


class Work:
    """A task in progress. As a context manager, it ends with the block. This class shows nothing."""

    def advance(self, n: float = 1) -> None:
        """Count finished units; `n` may be a fraction of one."""

    def done(self) -> None:
        """End the task, even if units are left."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.done()


class Progress:
    """Messages and tasks that the library reports. This class shows nothing."""

    def say(self, line: str) -> None:
        """Report one line of text."""

    def begin(self, total: int, unit: str, task: str = "") -> Work:
        """Begin a task.

        Parameters
        ----------
        total : int
            Number of units.
        unit : str
            Name of one unit, for example "batch".
        task : str, optional
            Name of the task, for example "epoch 3".
        """
        del total, unit, task
        return Work()

    def through(self, items: Iterable[T], total: int, unit: str, task: str = "") -> Iterator[T]:
        """Pass items on as a task; an item counts as finished when the next one is requested."""
        with self.begin(total, unit, task) as work:
            for item in items:
                yield item
                work.advance()


SILENT = Progress()
"""Shows nothing."""
