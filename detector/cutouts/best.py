"""Keep the detections with the highest scores of each label, in memory that does not grow with the others."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterator

from detector.place import Place
from detector.tables.csv_table import DECIMALS
from detector.tables.detection import Detection

_Entry = tuple[float, str, float, int, Place, Detection]
"""Score with a minus, name of the recording, onset in s, number of the row: in this order, the best row goes first."""


class Best:
    """Keep the `most` highest scores of each label. Of equal scores, the first by recording and time go first.

    Scores and onsets count as tables write them, so a scan and its table have the same best rows, in any order. Rows
    without a score come last.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._n_seen = 0
        self._kept: dict[str, list[_Entry]] = defaultdict(list)

    def add(self, recording: Place, detection: Detection) -> None:
        """Take in a row, and drop the worst of its label if there are too many."""
        event = detection.event
        score = -1.0 if event.score is None else round(event.score, DECIMALS.score)
        onset_s = round(event.start_s, DECIMALS.seconds)
        self._n_seen += 1
        entry = (-score, recording.name, onset_s, self._n_seen, recording, detection)
        kept = self._kept[event.label]
        if len(kept) < self._most or entry < kept[-1]:
            insort(kept, entry)
            del kept[self._most :]

    def by_recording(self) -> Iterator[tuple[Place, list[Detection]]]:
        """Yield the kept rows of each recording, recordings and rows in the order in which they came."""
        entries = sorted((entry for kept in self._kept.values() for entry in kept), key=lambda entry: entry[3])
        rows_of: dict[Place, list[Detection]] = {}
        for *_, recording, detection in entries:
            rows_of.setdefault(recording, []).append(detection)
        yield from rows_of.items()
