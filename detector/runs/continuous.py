"""Which recordings a run scans again where windows go on from one recording into the next.

The results of a series belong together: if one of its files is new, changed or without a result, all of the series is
scanned again, and so may be the series before and behind it, which it may join.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from detector.errors import RecordingError
from detector.place import Place
from detector.runs.folder import Run
from detector.scanning.outcome import Member

if TYPE_CHECKING:
    from detector.scanning.plan import Plan  # imports torch, which takes seconds; a finished run needs none


@dataclass(frozen=True)
class Work:
    """What a run scans.

    Attributes
    ----------
    stretches : sequence of sequences of Place
        The recordings. No series reaches from one stretch into the next.
    is_held : callable or None
        Returns whether the run holds the results of a recording or series already, given its plan.
    """

    stretches: Sequence[Sequence[Place]]
    is_held: Callable[[Plan], bool] | None = None

    @property
    def names(self) -> set[str]:
        """Return the names of the recordings."""
        return {recording.name for recordings in self.stretches for recording in recordings}


def work_of(run: Run, recordings: Sequence[Place], missing: Sequence[Place], *, continuous: bool) -> Work:
    """Return what a run scans.

    Parameters
    ----------
    run : Run
        The run.
    recordings : sequence of Place
        All recordings that it scans, in the order of its list.
    missing : sequence of Place
        Those without a result, those that have changed since, and those whose result is damaged.
    continuous : bool
        Whether windows go on from one recording into the next.
    """
    if not continuous:
        return Work([missing] if missing else [])
    series = SeriesOfRun(run, recordings, {recording.name for recording in missing})
    return Work(list(series.islands()), series.holds)


class SeriesOfRun:
    """The series that a run holds the results of.

    Parameters
    ----------
    run : Run
        The run.
    recordings : sequence of Place
        All recordings that it scans, in the order of its list.
    missing : collection of str
        Names of the recordings that have no result, or have changed since.
    """

    def __init__(self, run: Run, recordings: Sequence[Place], missing: Collection[str]) -> None:
        self._recordings = recordings
        self._missing = missing
        self._members = [run.member(recording) for recording in recordings]
        self._number_of = {recording.name: number for number, recording in enumerate(recordings)}
        self._valid = [False] * len(recordings)
        for number, member in enumerate(self._members):
            if member is None:
                self._valid[number] = recordings[number].name not in missing
            elif member.number == 0 and self._is_whole(number, member):
                self._valid[number : number + member.count] = [True] * member.count

    def islands(self) -> Iterator[Sequence[Place]]:
        """Yield the stretches of the list of recordings that must be planned again.

        They are recordings without a result that holds, and the series before and behind, which may join them.
        Recordings that can no longer be found keep their results, and so does a series that lacks one of its files.
        """
        to_plan = [not valid for valid in self._valid]
        for number in [number for number, wanted in enumerate(to_plan) if wanted]:
            for neighbour in (number - 1, number + 1):
                unit = self._unit(neighbour)
                if all(_can_be_found(self._recordings[other]) for other in unit):
                    to_plan[unit.start : unit.stop] = [True] * len(unit)
        island: list[Place] = []
        for recording, wanted in zip(self._recordings, to_plan):
            if wanted and (recording.name in self._missing or _can_be_found(recording)):
                island.append(recording)
            elif island:
                yield island
                island = []
        if island:
            yield island

    def holds(self, plan: Plan) -> bool:
        """Return whether the run holds the results of a recording or series as they are planned now."""
        numbers = [self._number_of[header.place.name] for header in plan.headers]
        member = self._members[numbers[0]]
        series = "" if member is None else member.series
        return series == plan.series and all(self._valid[number] for number in numbers)

    def _unit(self, number: int) -> range:
        """Return the numbers of the recordings whose results belong together with those of one that is valid."""
        if not 0 <= number < len(self._recordings) or not self._valid[number]:
            return range(0)
        member = self._members[number]
        first = number if member is None else number - member.number
        return range(first, first + (1 if member is None else member.count))

    def _is_whole(self, first: int, member: Member) -> bool:
        """Return whether all results of the series that begins with a recording are there, and still hold."""
        end = first + member.count
        found = [other and (other.series, other.number, other.count) for other in self._members[first:end]]
        present = [recording.name not in self._missing for recording in self._recordings[first:end]]
        return all(present) and found == [(member.series, number, member.count) for number in range(member.count)]


def _can_be_found(recording: Place) -> bool:
    try:
        recording.identity()
    except RecordingError:
        return False
    return True
