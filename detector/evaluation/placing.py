"""Assign events to the recordings and channels that were scanned, by the rules for their labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import not_
from pathlib import Path
from typing import NamedTuple

from detector.evaluation.effort import Scan
from detector.evaluation.material import Material, Unit
from detector.events import Event, Span, merged
from detector.groups import name_groups
from detector.labels import LabelRules
from detector.texts import many


class Placed(NamedTuple):
    """A row of a table, with its recording."""

    recording: Path
    channel: str | None
    event: Event


@dataclass
class Placing:
    """Assign rows of tables to the recordings and channels that were scanned.

    Attributes
    ----------
    scans : sequence of Scan
        The channels that were scanned. Rows after the end of a scan are left out. An unknown length is not a number.
    rules : LabelRules
        How to rename labels, and which to use.
    hours : float or None
        Length of all scans together, if that of each is unknown. All then count as equally long.
    group : str or None
        Regular expression that finds the deployment in a recording's name or path, as `name_groups` takes it.
    folders : sequence of Path
        The folders of recordings that the user gave. Paths below them are searched for the deployment.
    notes : list of str
        Remarks for the user.
    """

    scans: Sequence[Scan]
    rules: LabelRules
    hours: float | None = None
    group: str | None = None
    folders: Sequence[Path] = ()
    notes: list[str] = field(default_factory=list)

    def material(self, reference: Iterable[Placed], estimated: Iterable[Placed]) -> Material:
        """Return the events that lie in the scanned part of a scanned channel."""
        annotations = self._inside(reference, "annotation")
        detections = self._inside(estimated, "detection")
        labels = {event.label for events in annotations.values() for event in events}
        uncertain = {label for label in labels if self.rules.is_uncertain(label)}
        doubt: dict[Unit, list[Span]] = {
            unit: merged(event.span for event in events if event.label in uncertain)
            for unit, events in annotations.items()
        }
        seconds = {self._unit(scan): self._seconds(scan) for scan in self.scans}
        return Material(
            {unit: self._calls(events) for unit, events in annotations.items()},
            {unit: self._calls(events) for unit, events in detections.items()},
            {unit: spans for unit, spans in doubt.items() if spans},
            {unit: value for unit, value in seconds.items() if value == value},  # noqa: PLR0124 (not a number)
            self._groups(seconds),
            {self._unit(scan).recording: scan.audio for scan in self.scans if scan.audio is not None},
        )

    @staticmethod
    def _unit(scan: Scan) -> Unit:
        return Unit(scan.recording.as_posix(), scan.channel)

    def _seconds(self, scan: Scan) -> float:
        return scan.scanned_s if self.hours is None else self.hours * 3600 / len(self.scans)

    def _inside(self, rows: Iterable[Placed], kind: str) -> dict[Unit, list[Event]]:
        """Return the events of each unit, each once, and note the rows that are left out.

        A row without a channel is in every channel. A mix has the rows of all channels.
        """
        of_recording: defaultdict[Path, list[Placed]] = defaultdict(list)
        for row in rows:
            of_recording[row.recording].append(row)
        inside: dict[Unit, list[Event]] = {}
        is_scanned = {scan.recording: bytearray(len(of_recording[scan.recording])) for scan in self.scans}
        kept: defaultdict[Path, set[Placed]] = defaultdict(set)
        for scan in self.scans:
            rows_here = of_recording[scan.recording]
            numbers = _scanned_rows(rows_here, scan)
            for n in numbers:
                is_scanned[scan.recording][n] = True
            rows_of_scan = dict.fromkeys(rows_here[n] for n in numbers)
            kept[scan.recording].update(rows_of_scan)
            events = [row.event for row in rows_of_scan]
            one_channel = len({row.channel for row in rows_of_scan}) < 2
            inside[self._unit(scan)] = events if one_channel else list(dict.fromkeys(events))
        n_repeated = sum(sum(flags) - len(kept[recording]) for recording, flags in is_scanned.items())
        not_scanned = {
            row
            for recording, flags in is_scanned.items()
            for row in compress(of_recording[recording], map(not_, flags))
        }
        self._note_left_out(n_repeated, len(not_scanned), kind)
        return inside

    def _note_left_out(self, n_repeated: int, n_not_scanned: int, kind: str) -> None:
        if n_repeated:
            same = "the same recording, channel, times, label, band and score as an earlier one"
            self.notes.append(f"{many(n_repeated, kind)} left out: {same}")
        if n_not_scanned:
            self.notes.append(f"{many(n_not_scanned, kind)} left out: the channel, or the time, was not scanned")

    def _calls(self, events: Sequence[Event]) -> list[Event]:
        """Rename the labels of calls, and leave out events that are not certainly calls."""
        new_names = {label: self.rules.of_call(label) for label in {event.label for event in events}}
        named = ((event, new_names[event.label]) for event in events)
        return [event if label == event.label else replace(event, label=label) for event, label in named if label]

    def _groups(self, units: Collection[Unit]) -> dict[Unit, str]:
        if self.group is None:
            return {}
        groups = name_groups((Path(unit.recording) for unit in units), self.group, self.folders)
        return {unit: groups[Path(unit.recording)] for unit in units}


def _scanned_rows(rows: Sequence[Placed], scan: Scan) -> list[int]:
    """Return the indices of the rows of a recording that lie in a scanned channel, before the end of the scan."""
    return [
        n
        for n, row in enumerate(rows)
        if (row.channel in (None, scan.channel) or not scan.channel.isdecimal()) and not row.event.start_s >= scan.end_s
    ]
