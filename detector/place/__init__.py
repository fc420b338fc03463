"""Places of recordings: files and folders on the disks of this machine."""

from collections.abc import Iterable
from pathlib import Path

from detector.place.local import LocalPlace
from detector.place.protocol import CHANGED, Children, Identity, Named, Place

__all__ = ["CHANGED", "Children", "Identity", "LocalPlace", "Named", "Place", "paths_of", "place_of"]


def place_of(recording: Named) -> Place:
    """Return the place that a user or a table names."""
    if isinstance(recording, Path):
        return LocalPlace(recording)
    return LocalPlace(Path(recording)) if isinstance(recording, str) else recording


def paths_of(places: Iterable[Place]) -> list[Path]:
    """Return the names of places as paths, by which the rows of annotation tables find their recordings."""
    return [Path(place.name) for place in places]
