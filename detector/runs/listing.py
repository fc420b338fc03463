"""The list of recordings of a run, in the order of its tables."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from detector.errors import ConfigurationError, one_line
from detector.outputs import own_file, written
from detector.place import LocalPlace, Place
from detector.texts import parse_json, read_text

LIST_FILE = "recordings.json"
LIST_BYTES = 2**30  # most bytes of a list: some ten million recordings


@dataclass(frozen=True)
class Listing:
    """A list of recordings."""

    recordings: tuple[Place, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Return what identifies the list."""
        return hashlib.sha256(self.text.encode("ascii")).hexdigest()[:16]

    @property
    def text(self) -> str:
        """Return the list as JSON."""
        return json.dumps([recording.name for recording in self.recordings], indent=0)


def read_listing(folder: Path) -> Listing:
    """Read the list of a run; it is empty if the run has none yet.

    Raises
    ------
    ConfigurationError
        If it is damaged.
    """
    path = folder / LIST_FILE
    if not path.exists():
        return Listing()
    try:
        names = parse_json(read_text(path, LIST_BYTES))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {one_line(error)}") from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise ConfigurationError(f"{path}: is not a list of names of recordings, each once")
    return Listing(tuple(LocalPlace(Path(name)) for name in names))


def write_listing(folder: Path, listing: Listing) -> None:
    """Write the list of a run; raise `OutputError` if that fails."""
    path = folder / LIST_FILE
    with written(path), own_file(path) as temporary:
        temporary.write_text(listing.text, encoding="ascii")


def merged_list(before: Sequence[Place], now: Sequence[Place]) -> list[Place]:
    """Return the recordings of two lists, in the order of the later one.

    A recording that only the earlier list has stays behind the one that it followed.
    """
    names = {place.name for place in now}
    followers: dict[str, list[Place]] = defaultdict(list)
    anchor = ""
    for place in before:
        if place.name in names:
            anchor = place.name
        else:
            followers[anchor].append(place)
    merged = list(followers[""])
    for place in now:
        merged += [place, *followers[place.name]]
    return merged
