"""Find the recordings that two sets of tables are about, and the names that mean the same recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from detector.tables.match import AUDIO_SUFFIX, Recordings, table_stems
from detector.tables.table import Table

Name = tuple[Path, str | None]
"""A table, and the name that its rows give a recording; None if only the name of the table gives one."""


@dataclass(frozen=True)
class Pairing:
    """The recordings that names in tables mean.

    Attributes
    ----------
    recordings : mapping of Name to Path
        The recording of each name that has one.
    lost : mapping of Name to paths
        The recordings that each other name might mean: none, one that belongs to another name, or several.
    """

    recordings: Mapping[Name, Path]
    lost: Mapping[Name, Sequence[Path]]


def names_of(tables: Iterable[Table]) -> list[Name]:
    """List the names of recordings in tables. A table without a column of names stands for one recording."""
    names: dict[Name, None] = {}
    for table in tables:
        rows = list(dict.fromkeys(row.audio_name for row in table.annotations))
        rows += [problem.audio_name for problem in table.problems if problem.audio_name]
        if not table.names_audio or (not table.n_rows and table.source.suffix.casefold() == ".txt"):
            rows.append(None)  # an empty CSV with a column of recordings is about none in particular
        names |= {(table.source, name): None for name in rows}
    return list(names)


def own_recordings(names: Iterable[Name]) -> dict[Name, Path]:
    """Return a recording for every name. The same name means the same recording."""
    return {name: _own(*name) for name in names}


def _own(table: Path, name: str | None) -> Path:
    if name is not None:
        return Path(name.replace("\\", "/"))
    stems = table_stems(table)
    return table.parent / next((stem for stem in stems if AUDIO_SUFFIX.search(stem)), stems[-1])


def audio_names(recordings: Mapping[Name, Path]) -> dict[Path, str]:
    """Return the file name of each recording, from the first row that names it; "" if no row names it."""
    called: dict[Path, str] = {}
    for (table, name), path in recordings.items():
        own = _own(table, name)
        called[path] = called.get(path) or (own.as_posix() if name or AUDIO_SUFFIX.search(own.name) else "")
    return called


def pair(names: Sequence[Name], recordings: Iterable[Path]) -> Pairing:
    """Find the recording of each name by its path, or else by its file name or stem if only one fits.

    Several names may fit one recording, because recorders number their files alike. Then the names whose folders agree
    with it most get it: `b/X.wav` is not `a/X.flac` if there is an `a/X.wav`.
    """
    audio = Recordings(recordings)
    recording_of: dict[Name, Path] = {}
    lost: dict[Name, Sequence[Path]] = {}
    for table, name in names:
        paths = audio.find(name, table).paths
        if len(paths) == 1:
            recording_of[table, name] = paths[0]
        else:
            lost[table, name] = paths
    for path, rivals in _rivals(recording_of).items():
        agreement = {rival: _agreement(rival, path) for rival in rivals}
        best = max(agreement.values())
        clear = len({_plain(rival) for rival in rivals if rival[1] and agreement[rival] == best}) <= 1
        for rival in rivals:
            if agreement[rival] < best or (rival[1] and not clear):
                lost[rival] = [recording_of.pop(rival)]
    return Pairing(recording_of, lost)


def _rivals(recording_of: Mapping[Name, Path]) -> dict[Path, list[Name]]:
    """List the recordings that several names with different folders mean. Names without a folder do not count."""
    of: defaultdict[Path, list[Name]] = defaultdict(list)
    for (table, name), path in recording_of.items():
        if name is None or "/" in name or "\\" in name:
            of[path].append((table, name))
    return {path: names for path, names in of.items() if len({_plain(name) for name in names}) > 1}


def _plain(name: Name) -> str:
    return AUDIO_SUFFIX.sub("", _own(*name).as_posix())


def _agreement(name: Name, path: Path) -> int:
    """Count the folders that the ends of two paths share."""
    own = PurePosixPath(_own(*name).parent)
    other = PurePosixPath(path.parent)
    pairs = list(zip(reversed(own.parts), reversed(other.parts)))
    return next((n for n, (a, b) in enumerate(pairs) if a != b), len(pairs))
