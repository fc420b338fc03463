"""Which recordings two sets of tables are about, and which names in them mean the same one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from detector.tables.match import AUDIO_SUFFIX, Recordings, table_stems
from detector.tables.table import Table

Name = tuple[Path, str | None]
"""A table, and what a row of it calls its recording; None where only the name of the table says it."""


@dataclass(frozen=True)
class Pairing:
    """What names in tables mean.

    Attributes
    ----------
    recordings : mapping of Name to Path
        The recording of each name that has one.
    lost : mapping of Name to paths
        What each other name might mean: nothing, one recording that belongs to another name, or several.
    """

    recordings: Mapping[Name, Path]
    lost: Mapping[Name, Sequence[Path]]


def names_of(tables: Iterable[Table]) -> list[Name]:
    """List what tables call their recordings; a table without a column for that stands for one, even without rows."""
    names: dict[Name, None] = {}
    for table in tables:
        rows = list(dict.fromkeys(row.audio_name for row in table.annotations))
        rows += [problem.audio_name for problem in table.problems if problem.audio_name]
        if not table.names_audio or (not table.n_rows and table.source.suffix.casefold() == ".txt"):
            rows.append(None)  # an empty CSV with a column of recordings is about none in particular
        names |= {(table.source, name): None for name in rows}
    return list(names)


def own_recordings(names: Iterable[Name]) -> dict[Name, Path]:
    """Take every name for a recording of its own, the same name twice for the same."""
    return {name: _own(*name) for name in names}


def _own(table: Path, name: str | None) -> Path:
    if name is not None:
        return Path(name.replace("\\", "/"))
    stems = table_stems(table)
    return table.parent / next((stem for stem in stems if AUDIO_SUFFIX.search(stem)), stems[-1])


def audio_names(recordings: Mapping[Name, Path]) -> dict[Path, str]:
    """Give the file name of each recording as the first row that names it has it; "" where only tables stand for it."""
    called: dict[Path, str] = {}
    for (table, name), path in recordings.items():
        own = _own(table, name)
        called[path] = called.get(path) or (own.as_posix() if name or AUDIO_SUFFIX.search(own.name) else "")
    return called


def pair(names: Sequence[Name], recordings: Iterable[Path]) -> Pairing:
    """Find the recording of each name: by its path, else by its file name or stem where that is clear.

    Where several names mean one recording, those whose folders agree with it the most have it: recorders number their
    files alike, and `b/X.wav` is not `a/X.flac` where there is an `a/X.wav`.
    """
    audio = Recordings(recordings)
    found: dict[Name, Path] = {}
    lost: dict[Name, Sequence[Path]] = {}
    for table, name in names:
        paths = audio.find(name, table).paths
        if len(paths) == 1:
            found[table, name] = paths[0]
        else:
            lost[table, name] = paths
    for path, rivals in _rivals(found).items():
        agreement = {rival: _agreement(rival, path) for rival in rivals}
        best = max(agreement.values())
        clear = len({_plain(rival) for rival in rivals if rival[1] and agreement[rival] == best}) <= 1
        for rival in rivals:
            if agreement[rival] < best or (rival[1] and not clear):
                lost[rival] = [found.pop(rival)]
    return Pairing(found, lost)


def _rivals(found: Mapping[Name, Path]) -> dict[Path, list[Name]]:
    """List the recordings that are meant by names with different folders; a bare file name says nothing of where."""
    of: defaultdict[Path, list[Name]] = defaultdict(list)
    for (table, name), path in found.items():
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
