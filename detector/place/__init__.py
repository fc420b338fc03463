"""Places of recordings: a file or a folder on this machine's disks, and later others."""

from collections.abc import Iterable
from pathlib import Path

from detector.place.local import LocalPlace
from detector.place.protocol import Children, Identity, Named, Place

__all__ = ["Children", "Identity", "LocalPlace", "Named", "Place", "paths_of", "place_of"]


def place_of(recording: Named) -> Place:
    """Give the place that a user, or a table, names."""
    if isinstance(recording, Path):
        return LocalPlace(recording)
    return LocalPlace(Path(recording)) if isinstance(recording, str) else recording


def paths_of(places: Iterable[Place]) -> list[Path]:
    """Give the names of places as paths, for tables of annotations, whose rows are matched by path."""
    return [Path(place.name) for place in places]
