"""Scans without a command line: a model and a recording in, what came out of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from detector.model import Model
from detector.scanning.blocks import Take
from detector.scanning.detecting import detect_all
from detector.scanning.events import EventRules
from detector.scanning.outcome import Scanned
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting


def event_rules_of(model: Model, scanner: Scanner, threshold: float | None = None) -> EventRules:
    """Read scores by a model's own operating points, or at another threshold."""
    return EventRules(model.recipe, scanner.layout.grid, model.operating.at(threshold))


def detected(
    model: Model,
    recording: Path,
    setting: Setting | None = None,
    *,
    threshold: float | None = None,
    take: Take | None = None,
) -> Scanned:
    """Scan one recording with a model; find its events."""
    return next(iter(detected_all(model, [recording], setting, threshold=threshold, take=take)))


def detected_all(
    model: Model,
    recordings: Iterable[Path],
    setting: Setting | None = None,
    *,
    threshold: float | None = None,
    take: Take | None = None,
) -> list[Scanned]:
    """Scan recordings with a model; find their events."""
    scanner = Scanner(model, setting)
    return list(detect_all(scanner, recordings, event_rules_of(model, scanner, threshold), take))
