"""Read detections and effort, and add them up for each site and hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from pathlib import Path

from detector.activity.hours import Hour, hour_of, local, spread
from detector.activity.sums import Activity, Cell
from detector.chronology import Chronology
from detector.errors import AnnotationError, Parameter
from detector.evaluation.effort import scan_of
from detector.evaluation.pairing import names_of, pair
from detector.evaluation.tables import left_out, read_rows
from detector.events import Event
from detector.groups import name_groups
from detector.place.names import common_folder
from detector.tables.effort import Effort
from detector.tables.table import Annotation, ReadOptions, Table
from detector.texts import many

OTHER_TIME_S = 1.0
"""A detection that begins further from where its recording's start puts it lies behind a pause."""


@dataclass
class _Sums:
    """Effort and detections, while they are added up.

    Attributes
    ----------
    sites : dict of Path to str
        The site of each recording.
    zone : tzinfo or None
        The zone of the hours; None for times as they are written.
    """

    sites: dict[Path, str]
    zone: tzinfo | None
    effort_ms: Counter[Cell] = field(default_factory=Counter)
    counts: Counter[tuple[Cell, str]] = field(default_factory=Counter)
    starts: dict[Path, Chronology | None] = field(default_factory=dict)
    zones: Counter[str] = field(default_factory=Counter)
    behind_pauses: int = 0

    def add_effort(self, row: Effort) -> None:
        """Add a scanned channel. Where its time cannot be told, its recording counts as one without a start time."""
        recording = Path(row.recording.name)
        site = self.sites[recording]
        scanned_ms = round(1000 * row.scanned_s)
        covered_ms = max(1, scanned_ms, round(1000 * scan_of(row).end_s))
        chronology = row.chronology
        hours: list[tuple[Hour | None, int]] = [(None, scanned_ms)]
        if chronology is not None:
            try:
                hours = list(_hours(chronology, covered_ms, scanned_ms, self.zone))
                self.zones[_zone_name(local(chronology.pieces[0].start, self.zone))] += 1
            except OverflowError:  # the first or the last year that there is
                chronology = None
        self.starts[recording] = chronology
        for when, spent_ms in hours:
            self.effort_ms[Cell(site, when)] += spent_ms

    def add_detection(self, recording: Path, row: Annotation) -> None:
        """Add a detection at its own time, or else at the one that the start of its recording gives."""
        when: Hour | None = None
        chronology = self.starts[recording]
        if chronology is not None:
            with suppress(OverflowError):  # a time that no calendar has
                moment = chronology.at(row.event.start_s)
                by_start = None if moment is None else moment.when
                own = _own_time(row) or by_start
                when = None if own is None else hour_of(local(own, self.zone))
                self.behind_pauses += _differ(own, by_start)
        self.counts[Cell(self.sites[recording], when), row.event.label] += 1

    @property
    def zoneless(self) -> int:
        """Return the number of recordings whose start is known without its zone."""
        return sum(chronology is not None and not chronology.zoned for chronology in self.starts.values())

    def activity(self) -> Activity:
        """Return the sums."""
        names = sorted(self.zones)
        zone = str(self.zone) if self.zone else names[0] if len(names) == 1 else f"as written ({', '.join(names)})"
        untimed = sum(chronology is None for chronology in self.starts.values())
        return Activity(self.effort_ms, self.counts, len(self.starts), untimed, zone if names else "unknown")


def read_activity(
    detections: Sequence[Path],
    effort: Sequence[Effort],
    label: str | None = None,
    group: str | None = None,
    zone: tzinfo | None = None,
) -> tuple[Activity, list[str]]:
    """Read the detections of scans, and add up detections and effort.

    Parameters
    ----------
    detections : sequence of Path
        Tables of detections, or folders of tables.
    effort : sequence of Effort
        The effort of the scans.
    label : str, optional
        The label of detections that have none.
    group : str, optional
        A regular expression that finds the site in a recording's name, as `name_groups` takes it. By default, the site
        is the folder.
    zone : tzinfo, optional
        The zone of the hours, and of times that are written without one. By default, hours are as written.

    Returns
    -------
    Activity, list of str
        The sums, and remarks for the user.

    Raises
    ------
    AnnotationError
        If a table cannot be read, or `effort` has no scanned recording, none of those with detections, or one twice.
    """
    scanned = [row for row in effort if row.scanned_s > 0]
    if not scanned:
        raise AnnotationError(f"{detections[0]}: its effort has no recording of which anything was scanned")
    _refuse_repeated(scanned)
    sums = _Sums(_sites([Path(row.recording.name) for row in scanned], group), zone)
    for row in scanned:
        sums.add_effort(row)
    notes: list[str] = []
    read = [table for path in detections for table in read_rows(path, ReadOptions(label), notes)]
    tables = {table.source.absolute(): table for table in read}  # a table may also lie in a folder that is given
    _add_detections(sums, list(tables.values()), effort, notes)
    activity = sums.activity()
    return activity, [*notes, *_time_notes(activity, sums)]


def _refuse_repeated(scanned: Sequence[Effort]) -> None:
    """Raise `AnnotationError` if a channel was scanned twice: then its effort would count twice."""
    seen: set[tuple[str, str]] = set()
    for row in scanned:
        key = (row.recording.name, row.channel)
        if key in seen:
            raise AnnotationError(
                f"{row.recording}, channel {row.channel!r}: was scanned twice, so its effort would count twice; "
                "summarise the two scans one by one"
            )
        seen.add(key)


def _add_detections(sums: _Sums, tables: Sequence[Table], rows: Sequence[Effort], notes: list[str]) -> None:
    """Add the detections; note those that are left out."""
    paired = pair(names_of(tables), list(dict.fromkeys(Path(row.recording.name) for row in rows)))
    notes += left_out(paired.lost, tables, "detection")
    if paired.lost and not paired.recordings:
        raise AnnotationError(
            f"{tables[0].source}: the effort table names none of its recordings; was it made by another scan?"
        )
    n_silent = 0
    for recording, row in _each_once(tables, paired.recordings, notes):
        if recording in sums.starts:
            sums.add_detection(recording, row)
        else:
            n_silent += 1
    silent = {row.recording.name for row in rows} - {recording.as_posix() for recording in sums.starts}
    if silent:
        rows_lost = f" and {many(n_silent, 'detection')} in them" if n_silent else ""
        notes.append(f"{many(len(silent), 'recording')} of which nothing was scanned{rows_lost}: left out")


def _each_once(
    tables: Sequence[Table], recordings: Mapping[tuple[Path, str | None], Path], notes: list[str]
) -> Iterator[tuple[Path, Annotation]]:
    """Yield each detection with its recording; leave out those that a table before has already, and note how many."""
    table_of: dict[tuple[Path, str | None, Event], Path] = {}
    n_repeated = 0
    for table in tables:
        for row in table.annotations:
            recording = recordings.get((table.source, row.audio_name))
            if recording is None:
                continue
            if table_of.setdefault((recording, row.channel, row.event), table.source) == table.source:
                yield recording, row
            else:
                n_repeated += 1
    if n_repeated:
        notes.append(f"{many(n_repeated, 'detection')} that two tables have: counted once")


def _time_notes(activity: Activity, sums: _Sums) -> list[str]:
    """List what is doubtful about the hours."""
    notes = []
    if activity.untimed:
        without = activity.total(timed=False)
        notes.append(
            f"{many(activity.untimed, 'recording')} without a start time ({without.effort_h:.3g} h, "
            f"{many(without.detections, 'detection')}): counted for the site, but for no hour and no day"
        )
    if sums.behind_pauses:
        notes.append(
            f"{many(sums.behind_pauses, 'detection')} in recordings that pause: their effort is counted as if they did "
            "not, because an effort table has only their start (the folder of a run has the pauses)"
        )
    if sums.zone is not None and sums.zoneless:
        notes.append(
            f"{many(sums.zoneless, 'recording')} with a start time without a zone: taken to be in {sums.zone}. If the "
            f"clock of a recorder showed another zone, give that to {Parameter('timezone', 'scan')} of scan first"
        )
    if sums.zone is None and len(sums.zones) > 1:
        zones = ", ".join(sorted(sums.zones))
        notes.append(f"start times are written in {zones}; {Parameter('timezone')} shows all hours in one zone")
    return notes


def _sites(recordings: Sequence[Path], group: str | None) -> dict[Path, str]:
    """Name the site of each recording: by the pattern, or the folder, seen from the folder that all have in common."""
    if group is not None:
        return name_groups(recordings, group)
    common = common_folder(recordings) or Path()
    sites = {}
    for recording in recordings:
        folder = recording.parent
        below = folder.relative_to(common) if folder.is_relative_to(common) else folder
        sites[recording] = below.as_posix() if below.parts else folder.name or folder.as_posix()
    return sites


def _hours(
    chronology: Chronology, covered_ms: int, scanned_ms: int, zone: tzinfo | None
) -> Iterator[tuple[Hour | None, int]]:
    """Yield each hour of a recording and its scanned time, ms; None stands for sound whose time is unknown."""
    given_ms = 0
    for piece, end_s in chronology.stretches(covered_ms / 1000):
        first_ms = min(covered_ms, round(1000 * piece.offset_s))
        end_ms = min(covered_ms, round(1000 * end_s))
        part_ms = end_ms * scanned_ms // covered_ms - first_ms * scanned_ms // covered_ms
        yield from spread(local(piece.start, zone), end_ms - first_ms, part_ms)
        given_ms += part_ms
    if given_ms < scanned_ms:
        yield None, scanned_ms - given_ms


def _own_time(row: Annotation) -> datetime | None:
    """Return the time that a row itself gives; None if it gives none."""
    try:
        return datetime.fromisoformat(row.start_time or "")
    except ValueError:
        return None


def _differ(when: datetime | None, other: datetime | None) -> bool:
    """Return whether two times of a detection differ; those with and without a zone cannot be compared."""
    if when is None or other is None:
        return when is not other
    if (when.tzinfo is None) != (other.tzinfo is None):
        return False
    return abs((when - other).total_seconds()) > OTHER_TIME_S


def _zone_name(start: datetime) -> str:
    """Name the zone of a time as written, such as "UTC+10:00"."""
    offset = start.utcoffset()
    return "no zone" if offset is None else str(timezone(offset))
