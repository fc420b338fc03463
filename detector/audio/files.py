"""Find the recordings that a person means by naming files and folders."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from detector.errors import ConfigurationError, RecordingError
from detector.place import Named, Place, place_of

EXTENSIONS: frozenset[str] = frozenset(
    {"wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "aifc", "w64", "rf64"}
)

PassedOver = Callable[[Place, str], None]
"""Takes a folder that cannot be searched, and why."""


def find_recordings(
    paths: Iterable[Named], *, missing: bool = False, passed_over: PassedOver | None = None
) -> list[Place]:
    """List the recordings that `paths` name, each file once.

    A file that is reached by two paths, through links to it or to its folder, is listed under the first of them. Two
    hard links are two files: neither name is the right one, and a name may tell when its recording began.

    Parameters
    ----------
    paths : iterable of str, Path or Place
        Files, taken whatever their extension, and folders, searched with all they hold (links included) for names with
        one of `EXTENSIONS`. Hidden names (`.name`, and the `._name` that macOS leaves) are passed over in folders.
    missing : bool
        Whether a path that does not exist is listed, too.
    passed_over : callable, optional
        Takes each folder that cannot be searched, and why; without it, such a folder is an error.

    Returns
    -------
    list of Place
        In the order of `paths`; within a folder, sorted by the path below it, written with slashes.

    Raises
    ------
    RecordingError
        Where a path does not exist, unless `missing`.
    ConfigurationError
        Where a folder cannot be searched, unless `passed_over` is given.
    """
    found: dict[str, Place] = {}
    folders: dict[str, str] = {}
    for place in map(place_of, paths):
        if place.is_folder():
            children = place.children(EXTENSIONS)
            for folder, reason in children.unreadable:
                (passed_over or _refuse)(folder, reason)
            for canonical, recording in children.files:
                found.setdefault(canonical, recording)
        elif missing or place.exists():
            found.setdefault(place.canonical(folders), place)
        else:
            raise RecordingError(f"{place}: no such file or folder")
    return list(found.values())


def _refuse(folder: Place, reason: str) -> None:
    raise ConfigurationError(f"{folder}: cannot be searched: {reason}")
