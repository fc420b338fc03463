"""The protocol of an executor, which applies a function to items and yields the results in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from detector.errors import RecordingError
from detector.place import Place

Item = TypeVar("Item")
Made = TypeVar("Made")


class Stuck(Exception):  # noqa: N818 (no fault is known; the executor has stopped waiting)
    """The work on an item made no progress for too long; the message gives the seconds."""


class Died(Exception):  # noqa: N818 (it may be no fault of the program)
    """The worker ended while it worked on an item; the message gives the reason, empty if nobody knows it."""


class Executor(Protocol):
    """Apply functions to items, for example on threads of this machine."""

    def in_order(
        self, items: Iterable[Item], work: Callable[[Item, Callable[[], None]], Made]
    ) -> Iterator[tuple[Item, Made | Exception]]:
        """Apply a function to items; yield each item with its result, or with the error that was raised, in order.

        It may be called again while an earlier call is not exhausted.

        Parameters
        ----------
        items : iterable
            Items are taken only as the work proceeds, so that neither items nor results pile up.
        work : callable
            Takes an item, and a function that it calls now and then to show that it still makes progress.
        """
        ...


def given_up(recording: Place, error: Exception) -> Exception:
    """Turn `Stuck` and `Died` into errors of the recording; return other errors as they are."""
    if isinstance(error, Stuck):
        return RecordingError(f"{recording}: given up after {error} s without any progress (limit: patience)")
    if isinstance(error, Died):
        return RecordingError(
            f"{recording}: given up, because its worker ended: {str(error) or 'the reason is unknown'}"
        )
    return error
