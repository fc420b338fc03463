"""Keep the detections with the highest scores of each label, in memory that does not grow with the others."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator

from detector.place import Place
from detector.tables.detection import Detection


class Best:
    """Keep the `most` highest scores of each label. Of equal scores, the earlier row goes before the later one.

    Rows without a score come last.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._n_seen = 0
        self._heaps: dict[str, list[tuple[float, int, Place, Detection]]] = defaultdict(list)

    def add(self, recording: Place, detection: Detection) -> None:
        """Take in a row, and drop the worst of its label if there are too many."""
        score = detection.event.score
        self._n_seen += 1
        entry = (-1.0 if score is None else score, -self._n_seen, recording, detection)
        heap = self._heaps[detection.event.label]
        if len(heap) < self._most:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)

    def by_recording(self) -> Iterator[tuple[Place, list[Detection]]]:
        """Yield the kept rows of each recording, recordings and rows in the order in which they came."""
        entries = sorted((entry for heap in self._heaps.values() for entry in heap), key=lambda entry: -entry[1])
        rows_of: dict[Place, list[Detection]] = {}
        for _, _, recording, detection in entries:
            rows_of.setdefault(recording, []).append(detection)
        yield from rows_of.items()
