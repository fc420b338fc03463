"""Processor time of the stages of a scan, measured for each thread by itself."""

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
        Processor time of each stage, s.
    """

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._lock = Lock()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add the processor time of the block to `stage`."""
        start = time.thread_time()
        try:
            yield
        finally:
            self.seconds[stage] += time.thread_time() - start

    def each(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """Pass items on, and add the processor time that produces each of them to `stage`."""
        iterator = iter(items)
        while True:
            with self(stage):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    def add(self, other: Clock) -> None:
        """Add the seconds of another clock, for example of another thread."""
        with self._lock:
            for stage, seconds in other.seconds.items():
                self.seconds[stage] += seconds
