"""Group recordings that belong together, for example those of one site, by their names or folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from detector.errors import ParameterError
from detector.place.names import common_folder


def name_groups(recordings: Iterable[Path], pattern: str, folders: Sequence[Path] = ()) -> dict[Path, str]:
    """Name the group of each recording: the text that a pattern matches in its name or path.

    If the pattern has a group in parentheses, the name is the text of the first one.

    A pattern without a slash is searched in the file name. A pattern with a slash is searched in the path below the
    given folder. For example, `^([^/]+)/` finds `site1` in `recordings/site1/a.wav`.

    Parameters
    ----------
    recordings : iterable of Path
        The recordings.
    pattern : str
        A regular expression.
    folders : sequence of Path, optional
        The given folders (or files). Without them, the folder that all recordings have in common.

    Raises
    ------
    ParameterError
        If the pattern is not a regular expression, or matches nothing in a name or path.
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
        match = expression.search(searched)
        group = match and match.group(1 if expression.groups else 0)
        if not group:
            where = "path" if in_path else "name"
            hint = "" if in_path else "; a pattern with a slash is searched in the path below the given folder"
            raise ParameterError("group", pattern, f"finds nothing in the {where} {searched}{hint}")
        groups[recording] = group
    return groups


def path_below(recording: Path, folders: Iterable[Path]) -> str:
    """Return the path, with slashes, below the first of `folders` that holds the recording; else the file name."""
    for folder in folders:
        if recording != folder and recording.is_relative_to(folder):
            return recording.relative_to(folder).as_posix()
    return recording.name


def _common_folder(recordings: Sequence[Path]) -> list[Path]:
    """Return the folder that all recordings lie in; if there is none, the folders that any of them lies in."""
    folder = common_folder(recordings)
    return [Path(), Path("/")] if folder is None else [folder]
