"""List the recordings below the files and folders that a user names."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from detector.errors import ConfigurationError, RecordingError
from detector.place import Named, Place, place_of

EXTENSIONS: frozenset[str] = frozenset(
    {"wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "aifc", "w64", "rf64"}
)

PassedOver = Callable[[Place, str], None]
"""Is called with each folder that cannot be searched, and the reason."""


def find_recordings(
    paths: Iterable[Named], *, missing: bool = False, passed_over: PassedOver | None = None
) -> list[Place]:
    """List the recordings in `paths`, each file once.

    A link may lead to a file by a second path. The file is then listed under the first path only. Two hard links count
    as two files, because their names may give two start times.

    Parameters
    ----------
    paths : iterable of str, Path or Place
        Files and folders. A file is listed whatever its extension. A folder is searched at any depth, links included,
        for names with one of `EXTENSIONS`. Hidden names in a folder are left out (`.name`, and `._name` of macOS).
    missing : bool
        Whether to list paths that do not exist, too.
    passed_over : callable, optional
        Is called with each folder that cannot be searched, and the reason. By default such a folder is an error.

    Returns
    -------
    list of Place
        In the order of `paths`; within a folder, sorted by the path below it, written with slashes.

    Raises
    ------
    RecordingError
        If a path does not exist and `missing` is false.
    ConfigurationError
        If a folder cannot be searched and `passed_over` is not given.
    """
    recordings: dict[str, Place] = {}  # by canonical name
    real_folders: dict[str, str] = {}  # real path by path, so that each folder is looked up once
    for place in map(place_of, paths):
        if place.is_folder():
            children = place.children(EXTENSIONS)
            for folder, reason in children.unreadable:
                (passed_over or _refuse)(folder, reason)
            for canonical, recording in children.files:
                recordings.setdefault(canonical, recording)
        elif missing or place.exists():
            recordings.setdefault(place.canonical(real_folders), place)
        else:
            raise RecordingError(f"{place}: no such file or folder")
    return list(recordings.values())


def _refuse(folder: Place, reason: str) -> None:
    raise ConfigurationError(f"{folder}: cannot be searched: {reason}")
