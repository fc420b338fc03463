"""Find the recording that a table or one of its rows is about."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from detector.tables.table import Annotation, AnnotationSet, Problem, Table
from detector.texts import many

AUDIO_SUFFIX = re.compile(
    r"\.(?:wave?|w64|flac|mp3|mp4|m4a|aac|ogg|oga|opus|aiff?|aifc|au|caf|wv|wac|wma|w4v|cbin|raw)$", re.IGNORECASE
)
"""The extensions of audio; ".north" or ".23322048_9" at the end of a name is part of it."""

TABLE_WORDS = re.compile(
    r"(?:[._-](?:table[._]\d+|table|selections?|annotations?|labels?|results?|detections?|birdnet)|\.not)+$",
    re.IGNORECASE,
)
"""What annotation tools add to a recording's name: NAME.Table.1.selections.txt, NAME.wav.not.mat."""

DRIVE = re.compile(r"[A-Za-z]:")

SHOWN = 3
"""How many candidates an ambiguous name lists."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a name may mean: one path where it is clear, none where there is no such audio.

    `kind` is "table" for a table's own name and "path" for a name with folders, None for a bare file name, which says
    nothing of where; `exact` is True where the folder is the very one meant. `taken` is the one path that a name would
    mean if another name did not mean it exactly.
    """

    paths: Sequence[Path]
    kind: str | None = None
    exact: bool = False
    taken: Path | None = None


class Recordings:
    """The audio at hand, found by path, by file name or by stem."""

    def __init__(self, recordings: Iterable[Path]) -> None:
        self._by_path: dict[str, Path] = {}
        self._by_name: defaultdict[str, list[Path]] = defaultdict(list)
        self._by_stem: defaultdict[str, list[Path]] = defaultdict(list)
        self._folders: dict[Path, Path] = {}
        for recording in recordings:
            key = _key(recording)
            if key not in self._by_path:
                self._by_path[key] = recording
                self._by_name[recording.name].append(recording)
                self._by_stem[recording.stem].append(recording)

    def find(self, name: str | None, table: Path) -> Found:
        """Find what a row of `table` means by `name`, or, without one, what the table's own name means."""
        folder = self._folders.get(table) or self._folders.setdefault(table, _absolute(table).parent)
        if name is None:
            return self._nearest(self._of_stems(*table_stems(table)), [folder.parts], "table")
        path = name.replace("\\", "/")
        for exact in (_key(os.path.join(folder, path)), _key(path)):  # noqa: PTH118 (four times as fast as `Path`)
            if exact in self._by_path:
                return Found([self._by_path[exact]], "path", exact=True)
        *parents, file = path.split("/")
        paths = self._by_name.get(file) or self._of_stems(file, AUDIO_SUFFIX.sub("", file))
        if not parents:
            return self._nearest(paths, [folder.parts], None)
        absolute = path.startswith("/") or DRIVE.match(path)
        meant = Path(path).parent.parts if absolute else _absolute(folder / path).parent.parts
        return self._nearest(paths, [meant, folder.parts], "path")

    def _of_stems(self, *stems: str) -> Sequence[Path]:
        return next((self._by_stem[stem] for stem in stems if stem in self._by_stem), [])

    @staticmethod
    def _nearest(paths: Sequence[Path], folders: Sequence[tuple[str, ...]], kind: str | None) -> Found:
        """Keep the candidates whose own folder shares most with `folders`, the first of them before the next."""
        shares = {path: [_shared(_absolute(path).parent.parts, folder) for folder in folders] for path in paths}
        best = max(shares.values(), default=[])
        nearest = [path for path in paths if shares[path] == best]
        exact = len(nearest) == 1 and _absolute(nearest[0]).parent.parts == folders[0]
        return Found(nearest, kind, exact)


def _absolute(path: Path) -> Path:
    """Write a path from the root and without "..", but follow no links: names are matched as people see them."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (`Path.absolute` keeps "..", and `resolve` follows links)


def _key(path: str | Path) -> str:
    """Return what two paths have alike where `_absolute` makes them the same; making a `Path` takes longer."""
    return os.path.normcase(os.path.abspath(path))  # noqa: PTH100 (as in `_absolute`)


def table_stems(table: Path) -> list[str]:
    """List the stems of audio that a table's own name can mean, the longest first."""
    bare = TABLE_WORDS.sub("", table.stem)
    return list(dict.fromkeys((table.stem, AUDIO_SUFFIX.sub("", table.stem), bare, AUDIO_SUFFIX.sub("", bare))))


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Count the folders that two paths share, from the top down and from the bottom up."""
    return _run(one, other) + _run(one[::-1], other[::-1])


def _run(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def match_tables(tables: Iterable[Table], problems: Iterable[Problem], recordings: Iterable[Path]) -> AnnotationSet:
    """Match every row of every table to a recording, by the name in the row, else by the table's own name."""
    tables = list(tables)
    found = _find_all(tables, Recordings(recordings))
    faults = list(problems)
    kept: dict[tuple[object, ...], Annotation] = {}
    about: dict[Path, Path | None] = {}
    for table in tables:
        own = found.get((table.source, None), Found([]))
        about[table.source] = own.paths[0] if _is_whole(table) and len(own.paths) == 1 else None
        faults += table.problems
        faults += _faults(table, found)
        for row in table.annotations:
            paths = found[table.source, row.audio_name].paths
            if len(paths) == 1:
                kept.setdefault((paths[0], row.channel, row.event), replace(row, recording=paths[0]))
    heard = {recording for recording in about.values() if recording is not None}
    heard |= {row.recording for row in kept.values() if row.recording is not None}
    doubtful = {path for table in tables for path in _doubtful(table, found)}
    return AnnotationSet(tuple(kept.values()), tuple(faults), about, tuple(sorted(heard)), tuple(sorted(doubtful)))


def _doubtful(table: Table, found: dict[tuple[Path, str | None], Found]) -> list[Path]:
    """List the recordings that rows were about that could not be used."""
    meant = [found.get((table.source, name), Found([])).paths for name in _names_of_lost(table)]
    return [paths[0] for paths in meant if len(paths) == 1]


def _names_of_lost(table: Table) -> set[str | None]:
    """List what rows that could not be used call their audio; None, in a table about one recording, is that one."""
    names = {problem.audio_name for problem in table.problems if not problem.kept}
    return names if _is_whole(table) else names - {None}


def _is_whole(table: Table) -> bool:
    """Return whether the table is about one recording, rather than naming one in each row."""
    return not (table.names_audio and table.n_rows)


def _find_all(tables: Iterable[Table], audio: Recordings) -> dict[tuple[Path, str | None], Found]:
    """Find the audio of every name in every table; a recording that one name means exactly is no other's.

    Recorders number their files alike: where a/X.txt lies beside a/X.flac, b/X.txt has lost its own X.flac.
    """
    found: dict[tuple[Path, str | None], Found] = {}
    for table in tables:
        names = {row.audio_name for row in table.annotations} | _names_of_lost(table)
        names |= {None} if _is_whole(table) else set()
        found |= {(table.source, name): audio.find(name, table.source) for name in names}
    settled = {(one.kind, one.paths[0]) for one in found.values() if one.exact and one.kind}
    for key, one in found.items():
        if not one.exact and len(one.paths) == 1 and (one.kind, one.paths[0]) in settled:
            found[key] = Found([], taken=one.paths[0])
    return found


def _faults(table: Table, found: dict[tuple[Path, str | None], Found]) -> list[Problem]:
    """Say once for each name how many rows lead to no audio, or to several."""
    rows_of = Counter(row.audio_name for row in table.annotations)
    if not table.n_rows and not table.names_audio:
        rows_of[None] = 0
    faults = []
    for name, n_rows in rows_of.items():
        one = found[table.source, name]
        if len(one.paths) != 1:
            rows = "this empty table" if not n_rows else many(n_rows, "row")
            reason = _reason(one, rows, name or table_stems(table.source)[-1])
            faults.append(Problem(table.source, None, reason))
    return faults


def _reason(found: Found, rows: str, name: str) -> str:
    if found.taken:
        return f"no audio for {rows}: {name} ({found.taken} belongs to another of this name)"
    if not found.paths:
        return f"no audio for {rows}: {name}"
    shown = ", ".join(str(path) for path in found.paths[:SHOWN]) + (", ..." if len(found.paths) > SHOWN else "")
    return f"ambiguous audio for {rows}: {name} is one of {shown}"
