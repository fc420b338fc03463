"""Scan recordings for events: the steps of a scan, and the rules that make events of its scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from detector.errors import Fault, fault_of
from detector.place import Named
from detector.scanning.blocks import ScoreBlock, Take
from detector.scanning.detections import EventFinder, Reader, Smoothing
from detector.scanning.outcome import Scanned, failed
from detector.scanning.scanner import Advance, Scanner


def detect_all(
    scanner: Scanner,
    recordings: Iterable[Named],
    reader: Reader,
    take: Take | None = None,
    advance: Advance | None = None,
) -> Iterator[Scanned]:
    """Scan recordings; find events.

    Parameters
    ----------
    scanner : Scanner
        Scores recordings.
    recordings : iterable of Place, or of Path or str
        The files.
    reader : Reader
        How scores become events.
    take : callable, optional
        Takes the scores as tables show them: smooth, and on the scale of the operating points.
    advance : callable, optional
        As for `Scanner.scan_all`.

    Yields
    ------
    Scanned
        For each recording, in order, what came out of it, with its events.
    """
    finding = Finding(scanner, reader, take)
    for scanned in scanner.scan_all(recordings, finding, advance):
        yield finding.finish(scanned)


class Finding:
    """Take the raw scores of recordings; hand them on as they are written; keep the events."""

    def __init__(self, scanner: Scanner, reader: Reader, take: Take | None) -> None:
        self._clock = scanner.clock
        self._reader = reader
        self._take = take
        self._smoothing = Smoothing(reader)
        self._finder = EventFinder(reader)
        self._failure: Fault | None = None

    def __call__(self, block: ScoreBlock) -> None:
        """Take the next scores."""
        if block.first == 0:
            self._failure = None
        smooth = self._smoothed(block)
        if smooth is not None and self._take is not None:
            self._take(self._reader.written(smooth))

    def finish(self, scanned: Scanned) -> Scanned:
        """Add the events of a recording to what came out of it."""
        if scanned.failed:
            return scanned
        if self._failure is not None:
            return failed(scanned.recording, scanned.chronology, self._failure)
        return replace(scanned, detections=self._finder.events())

    def _smoothed(self, block: ScoreBlock) -> ScoreBlock | None:
        """Smooth scores and look for events; None for a recording on which this has failed."""
        if self._failure is not None:
            return None
        try:
            with self._clock("events"):
                smooth = self._smoothing(block)
                self._finder(smooth)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this recording's)
            self._failure = fault_of(block.recording, error)
            return None
        return smooth
