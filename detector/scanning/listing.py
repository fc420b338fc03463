"""List the recordings to scan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detector.audio.files import PassedOver, find_recordings
from detector.errors import ConfigurationError, Fault
from detector.place import Named, Place
from detector.scanning.outcome import Scanned, failed

if TYPE_CHECKING:
    from detector.tables.splits import Choice


def list_recordings(
    paths: Sequence[Named], passed_over: PassedOver | None = None, *, by_name: bool = False
) -> list[Place]:
    """List the recordings that files and folders name, each once, in order.

    A named file that does not exist is listed, too: the scan reports it as failed.

    Parameters
    ----------
    paths : sequence of Path, str or Place
        Files and folders.
    passed_over : callable, optional
        Is called with each folder that cannot be searched, and the reason. Without it, such a folder is an error.
    by_name : bool
        Whether to sort them by folder, then by name, so that the files of a recorder follow one another. By default
        they keep the order of `paths`.

    Raises
    ------
    ConfigurationError
        If no recording exists.
    """
    reasons: list[str] = []

    def pass_over(folder: Place, reason: str) -> None:
        reasons.append(f"{folder}: cannot be searched: {reason}")
        if passed_over is None:
            raise ConfigurationError(reasons[0])
        passed_over(folder, reason)

    recordings = find_recordings(paths, missing=True, passed_over=pass_over)
    if not any(recording.exists() for recording in recordings):
        named = ", ".join(str(path) for path in paths[:3]) + ", ..." * (len(paths) > 3)
        reasons += [f"{recording}: no such file or folder" for recording in recordings[:1]]
        reasons.append(f"{named or 'an empty list'}: holds no audio")
        raise ConfigurationError(f"no recordings to scan: {reasons[0]}")
    return sorted(recordings, key=_folder_and_name) if by_name else recordings


def list_to_scan(paths: Sequence[Named], *, by_name: bool = False) -> tuple[list[Place], list[Scanned]]:
    """List recordings, as `list_recordings` does, and the folders that cannot be searched, as failed recordings."""
    unsearched: list[Scanned] = []
    recordings = list_recordings(
        paths, lambda folder, reason: unsearched.append(not_searched(folder, reason)), by_name=by_name
    )
    return recordings, unsearched


def _folder_and_name(recording: Place) -> tuple[str, str]:
    folder, _, name = recording.name.rpartition("/")
    return folder, name


def of_split(recordings: list[Place], choice: Choice | None, say: Callable[[str], None]) -> list[Place]:
    """Return the recordings of a split, and say how many they are; all recordings if no split is chosen.

    Raises
    ------
    ParameterError
        If none belongs to the split.
    """
    if choice is None:
        return recordings
    chosen, line = choice.of([Path(recording.name) for recording in recordings])
    say(line)
    return [recording for recording, is_chosen in zip(recordings, chosen) if is_chosen]


def not_searched(folder: Place, reason: str) -> Scanned:
    """Describe a folder that cannot be searched like a recording that was not analysed."""
    return failed(folder, None, Fault(f"{folder}: cannot be searched: {reason}"))
