"""Batches that become smaller when the memory of an accelerator is full."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from threading import Lock
from typing import TypeVar

import torch

Made = TypeVar("Made")

SMALLER_BATCHES = (
    "the memory of the accelerator is full: the scan goes on in smaller batches, which may change the last digits of "
    "scores"
)
_SIGNS = ("out of memory", "ALLOC_FAILED")  # in the errors of MPS and the CUDA runtime, and of cuDNN and cuBLAS


class Batches:
    """Compute items in batches. After a batch for which the memory was too small, all batches have half its size.

    Threads may share it.

    Parameters
    ----------
    size : int
        Most items of a batch.
    shrunk : callable, optional
        Is called whenever batches become smaller, on any thread.

    Attributes
    ----------
    size : int
        Most items of a batch by now.
    """

    def __init__(self, size: int = sys.maxsize, shrunk: Callable[[], None] | None = None) -> None:
        self.size = size
        self._shrunk = shrunk
        self._lock = Lock()

    def each(self, n: int, compute: Callable[[int, int], Made]) -> Iterator[Made]:
        """Compute `n` items in order.

        Parameters
        ----------
        n : int
            Number of items.
        compute : callable
            Takes the number of the first item of a batch, and of the item after its last.

        Yields
        ------
        object
            What `compute` returns for each batch.

        Raises
        ------
        RuntimeError
            If the memory is too small for a single item.
        """
        first = 0
        while first < n:
            end = min(n, first + self.size)
            try:
                made = compute(first, end)
            except RuntimeError as error:
                if end - first == 1 or not is_out_of_memory(error):
                    raise
            else:
                yield made
                first = end
                continue
            self._halve(end - first)  # not in `except`, where the error still holds the tensors of the batch

    def _halve(self, tried: int) -> None:
        """Free memory, and make batches half as large as one of `tried` items."""
        free_cache()
        with self._lock:  # two threads that fail at the same size halve it once
            is_news = tried // 2 < self.size
            self.size = min(self.size, tried // 2)
        if is_news and self._shrunk is not None:
            self._shrunk()


class Once:
    """Pass a line on when it is called first, and never again. Threads may share it."""

    def __init__(self, line: str, say: Callable[[str], None]) -> None:
        self._line = line
        self._say = say
        self._lock = Lock()
        self._said = False

    def __call__(self) -> None:
        """Pass the line on if this was not done before."""
        with self._lock:
            is_first = not self._said
            self._said = True
        if is_first:
            self._say(self._line)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that the memory of an accelerator is full."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


def free_cache() -> None:
    """Give the memory that torch keeps for later back to the accelerator; do nothing without one."""
    torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
