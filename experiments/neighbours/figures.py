"""Figures of neighbours: F1 and counts for each gap and overlap, with intervals by bootstrap over recordings."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.estimates.bootstrap import over_groups
from detector.evaluation.events import match
from detector.events import Event
from neighbours.recordings import LABEL
from neighbours.sounds import SPACINGS, Spacing

IOUS = (0.5, 0.3)

Numbers = NDArray[np.float64]
Figures = dict[str, dict[str, object]]  # by row, then by figure


@dataclass(frozen=True)
class TruthRow:
    """A row of a recording: its spacing, its kind and level, and the spans of its elements, s."""

    spacing: Spacing
    kind: str
    snr_db: int
    elements: tuple[Event, ...]

    @property
    def start_s(self) -> float:
        """The first onset."""
        return self.elements[0].start_s

    @property
    def end_s(self) -> float:
        """The last offset."""
        return self.elements[-1].end_s


@dataclass(frozen=True)
class Outcome:
    """What came of a row.

    Attributes
    ----------
    recording : int
        Number of the recording.
    row : TruthRow
        The row.
    counts : ndarray, shape (3,)
        Hits, false alarms and misses.
    """

    recording: int
    row: TruthRow
    counts: Numbers


def lines(table: Path) -> list[dict[str, str]]:
    """Read a table."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_truth(table: Path) -> dict[str, list[TruthRow]]:
    """Read the rows of each recording, by its file's name, in order of time."""
    rows: dict[str, dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for line in lines(table):
        rows[Path(line["recording"]).name][line["row"]].append(line)
    return {name: [truth_row(own) for own in of_recording.values()] for name, of_recording in rows.items()}


def truth_row(own: Sequence[Mapping[str, str]]) -> TruthRow:
    """Build a row from the lines of its elements."""
    elements = tuple(Event(float(line["start_s"]), float(line["end_s"]), LABEL) for line in own)
    first = own[0]
    return TruthRow(Spacing(first["spacing"], int(first["value"])), first["kind"], int(first["snr_db"]), elements)


def read_detections(table: Path) -> dict[str, list[Event]]:
    """Read the detections of each recording, by its file's name."""
    detections: dict[str, list[Event]] = defaultdict(list)
    for line in lines(table):
        event = Event(float(line["start_s"]), float(line["end_s"]), LABEL)
        detections[Path(line["recording"]).name].append(event)
    return detections


def outcomes(
    truth: Mapping[str, Sequence[TruthRow]], detections: Mapping[str, Sequence[Event]], iou: float
) -> Iterator[Outcome]:
    """Match the events of each recording; give each detection to a row.

    A detection that hits belongs to the row that it hits. A false alarm belongs to the row that its middle is nearest
    to.
    """
    for number, (name, rows) in enumerate(truth.items()):
        found = detections.get(name, [])
        owners = [place for place, row in enumerate(rows) for _ in row.elements]
        matched = match([event for row in rows for event in row.elements], found, iou)
        hits = np.bincount([owners[n] for n, _ in matched], minlength=len(rows))
        false = set(range(len(found))) - {n for _, n in matched}
        alarms = np.bincount([nearest(rows, found[n]) for n in false], minlength=len(rows))
        for place, row in enumerate(rows):
            counts = np.array([hits[place], alarms[place], len(row.elements) - hits[place]], dtype=float)
            yield Outcome(number, row, counts)


def nearest(rows: Sequence[TruthRow], event: Event) -> int:
    """Return the number of the row that the middle of an event is nearest to."""
    middle = (event.start_s + event.end_s) / 2
    distances = [max(row.start_s - middle, middle - row.end_s, 0.0) for row in rows]
    return int(np.argmin(distances))


def f1(counts: Numbers) -> Numbers:
    """Compute F1 from hits, false alarms and misses (..., 3)."""
    hits, alarms, misses = np.moveaxis(counts, -1, 0)
    return np.asarray(2 * hits / (2 * hits + alarms + misses))


def figure(chosen: Sequence[Outcome]) -> dict[str, object]:
    """Compute F1, its 95 % interval over recordings, and the counts of some rows."""
    counts = np.array([outcome.counts for outcome in chosen])
    recordings = np.unique([outcome.recording for outcome in chosen], return_inverse=True)[1]
    interval = over_groups(counts, recordings, f1)
    hits, alarms, misses = counts.sum(axis=0).astype(int).tolist()
    right = np.mean(counts[:, 1] == counts[:, 2])  # as many detections as elements
    return {
        "f1": round(float(f1(counts.sum(axis=0))), 4),
        "interval": None if interval is None else [round(interval.low, 4), round(interval.high, 4)],
        "rows": len(chosen),
        "elements": hits + misses,
        "detections": hits + alarms,
        "hits": hits,
        "rows_with_right_count": round(float(right), 4),
    }


def figures(truth: Path, detections: Path, iou: float) -> Figures:
    """Compute the figures of each gap and overlap, and of all gaps of 100 ms and more."""
    found = list(outcomes(read_truth(truth), read_detections(detections), iou))
    told = {name_of(spacing): figure([one for one in found if one.row.spacing == spacing]) for spacing in SPACINGS}
    wide = [one for one in found if one.row.spacing.kind == "gap" and one.row.spacing.value >= 100]
    told["gaps of 100 ms and more"] = figure(wide)
    for snr_db in sorted({one.row.snr_db for one in wide}):
        told[f"these at {snr_db} dB"] = figure([one for one in wide if one.row.snr_db == snr_db])
    for kind in sorted({one.row.kind for one in wide}):
        told[f"these of {kind}"] = figure([one for one in wide if one.row.kind == kind])
    return told


def name_of(spacing: Spacing) -> str:
    """Name a spacing as tables do."""
    return f"gap {spacing.value} ms" if spacing.kind == "gap" else f"overlap {spacing.value} %"
