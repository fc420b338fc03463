"""Measure the processor time that each stage of a scan takes, in each thread on its own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

Item = TypeVar("Item")

STAGES = ("decode", "resample", "front end", "trunk", "head", "events", "write")


class Clock:
    """Add up the processor time of each stage.

    Attributes
    ----------
    seconds : dict of str to float
        Processor time of each of `STAGES`, s.
    """

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._lock = Lock()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add the time of the block that runs in this context to `stage`."""
        start = time.thread_time()
        try:
            yield
        finally:
            self.seconds[stage] += time.thread_time() - start

    def each(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items, and add the time that it takes to make each of them to `stage`."""
        iterator = iter(items)
        while True:
            with self(stage):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    def add(self, other: Clock) -> None:
        """Add the times of another thread's clock."""
        with self._lock:
            for stage, seconds in other.seconds.items():
                self.seconds[stage] += seconds
