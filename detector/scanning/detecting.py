"""Scan recordings for events: score them, and turn the scores into events as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detector.place import Named
from detector.scanning.blocks import Take
from detector.scanning.events import EventRules
from detector.scanning.finding import Finding
from detector.scanning.outcome import Scanned
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
    finding = Finding(event_rules, take, scanner.clock)
    for scanned in scanner.scan_all(recordings, finding, advance):
        yield finding.finish(scanned)
