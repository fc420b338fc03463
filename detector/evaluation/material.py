"""What is compared: reference and estimated events of what was scanned, and the same taken apart by label."""

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
    """What is scanned as one: a recording, or one channel of it; the channel is "" where they are not kept apart."""

    recording: str
    channel: str = ""


@dataclass(frozen=True)
class Material:
    """Reference and estimated events of every unit that was scanned, those without events included.

    Attributes
    ----------
    reference, estimated : mapping of Unit to events
        A unit that is a key of either, or of `seconds`, was scanned; without events in one of them it has none.
    uncertain : mapping of Unit to spans
        Where it is not known whether there are calls: detections on them are no false alarms.
    seconds : mapping of Unit to float
        How long each was listened to, s; empty where unknown.
    groups : mapping of Unit to str
        What is drawn as one by the bootstrap (a deployment); a unit that has none here goes with its recording.
    audio : mapping of str to str
        What the file of a recording is called, where `recording` is the name of a table; "" where it is unknown.
    """

    reference: Mapping[Unit, Sequence[Event]]
    estimated: Mapping[Unit, Sequence[Event]]
    uncertain: Mapping[Unit, Sequence[Span]] = field(default_factory=dict)
    seconds: Mapping[Unit, float] = field(default_factory=dict)
    groups: Mapping[Unit, str] = field(default_factory=dict)
    audio: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Everything that was scanned, in order."""
        return tuple(sorted({*self.reference, *self.estimated, *self.seconds}))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every label of an event, in order."""
        events = [event for side in (self.reference, self.estimated) for found in side.values() for event in found]
        return tuple(sorted({event.label for event in events}))

    @cached_property
    def scored(self) -> bool:
        """Return whether detections have scores, or there are no detections."""
        scores = [event.score for found in self.estimated.values() for event in found]
        return not scores or any(score is not None for score in scores)

    @cached_property
    def durations(self) -> NDArray[np.float64]:
        """How long each unit was listened to, s (unit,); not a number where unknown."""
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
        """Take one label's events out of every unit, in order of `units`."""
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
    """One label's events in one unit.

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
        """Score of each estimated event; 1 where it has none."""
        return np.array([1.0 if event.score is None else event.score for event in self.estimated])
