"""The reference and estimated events to compare, of everything that was scanned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.events import Event, Span

HOUR_S = 3600.0


class Unit(NamedTuple):
    """A recording, or one channel of it. The channel is "" if the channels are not told apart."""

    recording: str
    channel: str = ""


@dataclass(frozen=True)
class Material:
    """The reference and estimated events of every unit that was scanned, with those of units without events.

    Attributes
    ----------
    reference, estimated : mapping of Unit to events
        Every unit that is a key of one of these, or of `seconds`, was scanned.
    uncertain : mapping of Unit to spans
        Spans that may hold calls. Detections on them are no false alarms.
    seconds : mapping of Unit to float
        Seconds of each unit that were scanned; empty if unknown.
    groups : mapping of Unit to str
        The deployment, which the bootstrap draws as one. A unit without a group belongs to the group of its recording.
    audio : mapping of str to str
        Name of the file of a recording, if its unit bears the name of a table; "" if unknown.
    """

    reference: Mapping[Unit, Sequence[Event]]
    estimated: Mapping[Unit, Sequence[Event]]
    uncertain: Mapping[Unit, Sequence[Span]] = field(default_factory=dict)
    seconds: Mapping[Unit, float] = field(default_factory=dict)
    groups: Mapping[Unit, str] = field(default_factory=dict)
    audio: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Every unit that was scanned, sorted."""
        return tuple(sorted({*self.reference, *self.estimated, *self.seconds}))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every label of an event, sorted."""
        events = [event for side in (self.reference, self.estimated) for of_unit in side.values() for event in of_unit]
        return tuple(sorted({event.label for event in events}))

    @cached_property
    def scored(self) -> bool:
        """Return whether detections have scores, or there are no detections."""
        scores = [event.score for of_unit in self.estimated.values() for event in of_unit]
        return not scores or any(score is not None for score in scores)

    @cached_property
    def durations(self) -> NDArray[np.float64]:
        """Seconds of each unit that were scanned (unit,); not a number if unknown."""
        return np.array([self.seconds.get(unit, np.nan) for unit in self.units])

    @cached_property
    def group_numbers(self) -> NDArray[np.intp]:
        """Number of each unit's group (unit,)."""
        names = [self.groups.get(unit, unit.recording) for unit in self.units]
        return np.unique(names, return_inverse=True)[1] if names else np.zeros(0, np.intp)

    @cached_property
    def _sorted(self) -> tuple[Mapping[tuple[str, Unit], list[Event]], ...]:
        """The reference and the estimated events of each label in each unit."""
        sides: list[Mapping[tuple[str, Unit], list[Event]]] = []
        for side in (self.reference, self.estimated):
            apart: defaultdict[tuple[str, Unit], list[Event]] = defaultdict(list)
            for unit, events in side.items():
                for event in events:
                    apart[event.label, unit].append(event)
            sides.append(apart)
        return tuple(sides)

    def of_label(self, label: str) -> list[LabelEvents]:
        """Return the events of one label in each unit, in order of `units`."""
        reference, estimated = self._sorted
        return [
            LabelEvents(
                number,
                tuple(reference.get((label, unit), ())),
                tuple(estimated.get((label, unit), ())),
                tuple(self.uncertain.get(unit, ())),
            )
            for number, unit in enumerate(self.units)
        ]


@dataclass(frozen=True)
class LabelEvents:
    """The events of one label in one unit.

    Attributes
    ----------
    unit : int
        Number of the unit.
    reference, estimated : tuple of Event
        In the order of the tables.
    uncertain : tuple of (float, float)
        Spans in which detections are no false alarms.
    """

    unit: int
    reference: tuple[Event, ...]
    estimated: tuple[Event, ...]
    uncertain: tuple[Span, ...] = ()

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Score of each estimated event; 1 without a score."""
        return np.array([1.0 if event.score is None else event.score for event in self.estimated])
