"""Scan recordings for events: score them, and turn the scores into events as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from detector.chronology import Chronology
from detector.errors import Fault, fault_of
from detector.events import Event
from detector.place import Named
from detector.scanning.blocks import ScoreBlock, Take
from detector.scanning.events import EventFinder, EventRules, Smoothing, cut_at
from detector.scanning.outcome import Scanned, failed
from detector.scanning.scanner import Advance, Scanner


def detect_all(
    scanner: Scanner,
    recordings: Iterable[Named],
    event_rules: EventRules,
    take: Take | None = None,
    advance: Advance | None = None,
) -> Iterator[Scanned]:
    """Scan recordings, and find their events.

    Parameters
    ----------
    scanner : Scanner
        Scores recordings.
    recordings : iterable of Place, or of Path or str
        The files.
    event_rules : EventRules
        Turns scores into events.
    take : callable, optional
        Is called with the scores as tables show them: smoothed, and calibrated where the label is.
    advance : callable, optional
        As for `Scanner.scan_all`.

    Yields
    ------
    Scanned
        The result of each recording, in order, with its events.
    """
    finding = Finding(scanner, event_rules, take)
    for scanned in scanner.scan_all(recordings, finding, advance):
        yield finding.finish(scanned)


class Finding:
    """Smooth the raw scores of recordings, pass them on as tables show them, and find events in them."""

    def __init__(self, scanner: Scanner, event_rules: EventRules, take: Take | None) -> None:
        self._clock = scanner.clock
        self._reader = event_rules
        self._take = take
        self._smoothing = Smoothing(event_rules)
        self._finder = EventFinder(event_rules)
        self._failure: Fault | None = None

    def __call__(self, block: ScoreBlock) -> None:
        """Add the next scores."""
        if block.first == 0:
            self._failure = None
        smooth = self._smoothed(block)
        if smooth is not None and self._take is not None:
            self._take(self._reader.written(smooth))

    def finish(self, scanned: Scanned) -> Scanned:
        """Return the result of a recording with its events."""
        if scanned.failed:
            return scanned
        if self._failure is not None:
            return failed(scanned.recording, scanned.chronology, self._failure)
        return replace(scanned, detections=self._detections(scanned.chronology))

    def _detections(self, chronology: Chronology | None) -> tuple[tuple[str, Event], ...]:
        """Return channel and event of each detection. None lasts longer than a pause of the recorder lets it."""
        detections = self._finder.events()
        breaks = () if chronology is None else chronology.breaks()
        if not breaks:
            return detections
        shortest_s = {point.name: point.shortest_s for point in self._reader.operating}
        parts = (
            (channel, part) for channel, event in detections for part in cut_at(breaks, event, shortest_s[event.label])
        )
        return tuple(sorted(parts, key=lambda detection: detection[1].span))

    def _smoothed(self, block: ScoreBlock) -> ScoreBlock | None:
        """Smooth scores and look for events; return None if this has failed on the recording."""
        if self._failure is not None:
            return None
        try:
            with self._clock("events"):
                smooth = self._smoothing(block)
                self._finder(smooth)
        except Exception as error:  # noqa: BLE001 (one recording must not stop the others)
            self._failure = fault_of(block.recording, error)
            return None
        return smooth
