"""Which recordings belong together, by what their names or folders have in common: one site, or one deployment."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from detector.errors import ParameterError


def name_groups(recordings: Iterable[Path], pattern: str, folders: Sequence[Path] = ()) -> dict[Path, str]:
    """Name the group of each recording: what a pattern finds, its first group or else all of it.

    A pattern without a slash is searched in the file name. A pattern with a slash is searched in the path below the
    folder that was given, written with slashes: of `recordings/site1/a.wav`, `^([^/]+)/` finds `site1`.

    Parameters
    ----------
    recordings : iterable of Path
        The recordings.
    pattern : str
        A regular expression.
    folders : sequence of Path, optional
        The folders (or files) that were given; without them, the folder that all recordings have in common.

    Raises
    ------
    ConfigurationError
        Where the pattern is no regular expression, or finds nothing in a name or path.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ParameterError("group", pattern, f"is not a regular expression: {error}") from error
    recordings = list(dict.fromkeys(recordings))
    given = list(folders) or _common_folder(recordings)
    in_path = "/" in pattern
    groups: dict[Path, str] = {}
    for recording in recordings:
        searched = path_below(recording, given) if in_path else recording.name
        found = expression.search(searched)
        group = found and found.group(1 if expression.groups else 0)
        if not group:
            where = "path" if in_path else "name"
            hint = "" if in_path else "; a pattern with a slash is searched in the path below the folder that was given"
            raise ParameterError("group", pattern, f"finds nothing in the {where} {searched}{hint}")
        groups[recording] = group
    return groups


def path_below(recording: Path, folders: Iterable[Path]) -> str:
    """Write the path of a recording below the first of `folders` that it lies in, with slashes; else its file name."""
    for folder in folders:
        if recording != folder and recording.is_relative_to(folder):
            return recording.relative_to(folder).as_posix()
    return recording.name


def _common_folder(recordings: Sequence[Path]) -> list[Path]:
    """Give the folder that all recordings lie in."""
    try:
        return [Path(os.path.commonpath([recording.parent for recording in recordings]))]
    except ValueError:  # some paths are absolute and some are not, or there is none
        return [Path(), Path("/")]
