"""Find the events of recordings in their raw scores, block by block."""

from __future__ import annotations

from dataclasses import replace

from detector.clock import Clock
from detector.errors import Fault, fault_of
from detector.events import Event
from detector.scanning.blocks import ScoreBlock, Take
from detector.scanning.cuts import cut_at, events_within
from detector.scanning.events import EventFinder, EventRules, Smoothing
from detector.scanning.outcome import Scanned, failed


class Finding:
    """Smooth the raw scores of recordings, pass them on as tables show them, and find events in them.

    Parameters
    ----------
    event_rules : EventRules
        Turns scores into events.
    take : callable, optional
        As for `detect_all`.
    clock : Clock, optional
        Counts the processor time.
    """

    def __init__(self, event_rules: EventRules, take: Take | None = None, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
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
        """Return the result of a recording with its events. Those of a series come one after another."""
        if scanned.failed:
            return scanned
        if self._failure is not None:
            return replace(failed(scanned.recording, scanned.chronology, self._failure), member=scanned.member)
        return replace(scanned, detections=self._detections(scanned))

    def _detections(self, scanned: Scanned) -> tuple[tuple[str, Event], ...]:
        """Return channel and event of each detection. None lasts longer than a pause of the recorder lets it."""
        detections = self._finder.events()
        if scanned.member is not None:
            detections = events_within(detections, scanned.member.offset_s, scanned.member.until_s)
        chronology = scanned.chronology
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
