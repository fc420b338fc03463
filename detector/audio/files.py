"""Find the recordings that a person means by naming files and folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from detector.errors import ConfigurationError, RecordingError

EXTENSIONS: frozenset[str] = frozenset(
    {"wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "aifc", "w64", "rf64"}
)


def find_recordings(paths: Iterable[Path]) -> list[Path]:
    """List the recordings that `paths` name, each path once.

    Parameters
    ----------
    paths : iterable of Path
        Files, taken whatever their extension, and folders, searched with all they hold (links included) for names with
        one of `EXTENSIONS`. Hidden names (`.name`, and the `._name` that macOS leaves) are passed over in folders.

    Returns
    -------
    list of Path
        In the order of `paths`; within a folder, sorted by the path below it, written with slashes.

    Raises
    ------
    RecordingError
        Where a path does not exist, or a folder cannot be read.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for recording in _searched(path):
            found.setdefault(recording.absolute(), recording)
    return list(found.values())


def _searched(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(_below(path, frozenset()), key=lambda found: found.relative_to(path).as_posix())
    if not path.exists():
        raise RecordingError(f"{path}: no such file or folder")
    return [path]


def _below(folder: Path, parents: frozenset[Path]) -> Iterator[Path]:
    """Walk a folder; `parents` are the real paths on the way here, so that a link back to one of them ends."""
    here = folder.resolve()
    if here in parents:
        return
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise ConfigurationError(f"{folder}: cannot be searched: {error.strerror}") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _below(entry, parents | {here})
        elif entry.suffix[1:].lower() in EXTENSIONS:
            yield entry
