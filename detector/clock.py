"""How long the stages of a scan take: processor time, counted for each thread by itself."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

Item = TypeVar("Item")

STAGES = ("decode", "resample", "front end", "trunk", "head", "events", "write")


class Clock:
    """Add up the processor time of stages.

    Attributes
    ----------
    seconds : dict of str to float
        By stage.
    """

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._lock = Lock()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count what runs under this as part of `stage`."""
        start = time.thread_time()
        try:
            yield
        finally:
            self.seconds[stage] += time.thread_time() - start

    def each(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """Count what making each of the items takes as part of `stage`."""
        iterator = iter(items)
        while True:
            with self(stage):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    def add(self, other: Clock) -> None:
        """Take in what another clock, another thread's, counted."""
        with self._lock:
            for stage, seconds in other.seconds.items():
                self.seconds[stage] += seconds
