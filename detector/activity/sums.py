"""Sums of detections and of effort for each site, day, hour and label, and their quotients."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple, TypeVar

from detector.activity.hours import HOUR_MS, Hour

Key = TypeVar("Key", int, str, date, Hour)


class Cell(NamedTuple):
    """A site and an hour of a day; `when` is None for recordings without a start time."""

    site: str
    when: Hour | None


@dataclass(frozen=True)
class Rate:
    """Detections in some time of effort.

    Attributes
    ----------
    detections : int
        Their number.
    effort_ms : int
        Scanned time, ms; each channel counts.
    """

    detections: int
    effort_ms: int

    @property
    def effort_h(self) -> float:
        """Return the scanned time, h."""
        return self.effort_ms / HOUR_MS

    @property
    def per_hour(self) -> float | None:
        """Return the detections for each hour of effort; None without effort, which is not the same as 0."""
        return self.detections * HOUR_MS / self.effort_ms if self.effort_ms else None


Rates = dict[str, Rate]
"""The rate of each label."""


@dataclass(frozen=True)
class Activity:
    """How often each label was detected, where and when.

    Attributes
    ----------
    effort_ms : mapping of Cell to int
        Scanned time, ms.
    counts : mapping of (Cell, str) to int
        Number of detections of each label.
    recordings, untimed : int
        Number of recordings, and of those without a start time.
    zone : str
        Whose hours these are, such as "UTC+10:00".
    """

    effort_ms: Mapping[Cell, int]
    counts: Mapping[tuple[Cell, str], int]
    recordings: int
    untimed: int
    zone: str

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every label, sorted. Without detections, one without a name, so that tables show the effort."""
        return tuple(sorted({label for _, label in self.counts})) or ("",)

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """Every site, sorted."""
        return tuple(sorted({cell.site for cell in self._cells}))

    @cached_property
    def frequent(self) -> tuple[str, ...]:
        """Every label, the one with most detections first."""
        total = Counter[str]()
        for (_, label), count in self.counts.items():
            total[label] += count
        return tuple(sorted(self.labels, key=lambda label: (-total[label], label)))

    def by_hour(self) -> dict[int, Rates]:
        """Return the rates of each hour of day, from 0 to 23, over all days and sites."""
        return {hour: self._none() for hour in range(24)} | self._by(lambda cell: cell.when and cell.when.hour)

    def by_day(self) -> dict[date, Rates]:
        """Return the rates of each day that has effort or detections."""
        return self._by(lambda cell: cell.when and cell.when.day)

    def by_day_and_hour(self) -> dict[Hour, Rates]:
        """Return the rates of each hour that has effort or detections, over all sites."""
        return self._by(lambda cell: cell.when)

    def by_site(self) -> dict[str, Rates]:
        """Return the rates of each site, recordings without a start time included."""
        return self._by(lambda cell: cell.site)

    def total(self, *, timed: bool | None = None) -> Rate:
        """Return the rate of all labels together; with `timed`, only with or only without a start time."""
        cells = [cell for cell in self._cells if timed is None or timed == (cell.when is not None)]
        among = set(cells)
        detections = sum(count for (cell, _), count in self.counts.items() if cell in among)
        return Rate(detections, sum(self.effort_ms.get(cell, 0) for cell in cells))

    def rows(self) -> Iterator[tuple[Cell, str, Rate]]:
        """Yield the rate of each label in each cell, in order of site, time and label; without a time first."""
        for cell in sorted(self._cells, key=lambda cell: (cell.site, cell.when is not None, cell.when or ())):
            for label in self.labels:
                yield cell, label, Rate(self.counts.get((cell, label), 0), self.effort_ms.get(cell, 0))

    @cached_property
    def _cells(self) -> list[Cell]:
        """Every cell with effort or detections."""
        return list(dict.fromkeys([*self.effort_ms, *(cell for cell, _ in self.counts)]))

    def _none(self) -> Rates:
        return dict.fromkeys(self.labels, Rate(0, 0))

    def _by(self, key_of: Callable[[Cell], Key | None]) -> dict[Key, Rates]:
        """Add up the cells with the same key; leave out those without one."""
        effort_ms: defaultdict[Key, int] = defaultdict(int)
        counts: defaultdict[tuple[Key, str], int] = defaultdict(int)
        for cell in self._cells:
            key = key_of(cell)
            if key is not None:
                effort_ms[key] += self.effort_ms.get(cell, 0)
        for (cell, label), count in self.counts.items():
            key = key_of(cell)
            if key is not None:
                counts[key, label] += count
        return {
            key: {label: Rate(counts[key, label], effort_ms[key]) for label in self.labels} for key in sorted(effort_ms)
        }
