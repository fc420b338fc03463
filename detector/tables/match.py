"""Match tables, and rows of tables, to recordings."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from detector.place.names import absolute_path, path_key
from detector.tables.table import Annotation, AnnotationSet, Problem, Table
from detector.texts import many

AUDIO_SUFFIX = re.compile(
    r"\.(?:wave?|w64|flac|mp3|mp4|m4a|aac|ogg|oga|opus|aiff?|aifc|au|caf|wv|wac|wma|w4v|cbin|raw)$", re.IGNORECASE
)
"""Endings of audio files; other endings, such as ".north" or ".23322048_9", are part of the name."""

TABLE_WORDS = re.compile(
    r"(?:[._-](?:table[._]\d+|table|selections?|annotations?|labels?|results?|detections?|birdnet)|\.not)+$",
    re.IGNORECASE,
)
"""Words that annotation programs add to the name of a recording: NAME.Table.1.selections.txt, NAME.wav.not.mat."""

DRIVE = re.compile(r"[A-Za-z]:")

SHOWN = 3
"""Most candidates that a message lists."""


@dataclass(frozen=True, slots=True)
class Match:
    """The recordings that a name may stand for.

    Attributes
    ----------
    paths : sequence of Path
        One if the name is clear, several if it is ambiguous, none if there is no such recording.
    kind : str or None
        "table" for the name of the table itself, "path" for a name with folders, None for a bare file name.
    exact : bool
        Whether the recording lies in exactly the folder that the name means.
    taken : Path or None
        The recording that the name would stand for, if another name did not mean it exactly.
    """

    paths: Sequence[Path]
    kind: str | None = None
    exact: bool = False
    taken: Path | None = None


class Recordings:
    """The given recordings, searched by path, by file name or by stem."""

    def __init__(self, recordings: Iterable[Path]) -> None:
        self._by_path: dict[str, Path] = {}
        self._by_name: defaultdict[str, list[Path]] = defaultdict(list)
        self._by_stem: defaultdict[str, list[Path]] = defaultdict(list)
        self._folders: dict[Path, Path] = {}
        for recording in recordings:
            key = path_key(recording)
            if key not in self._by_path:
                self._by_path[key] = recording
                self._by_name[recording.name].append(recording)
                self._by_stem[recording.stem].append(recording)

    def find(self, name: str | None, table: Path) -> Match:
        """Find the recordings that `name` in a row of `table` stands for; None means the name of the table."""
        folder = self._folders.get(table) or self._folders.setdefault(table, absolute_path(table).parent)
        if name is None:
            return self._nearest(self._of_stems(*table_stems(table)), [folder.parts], "table")
        path = name.replace("\\", "/")
        for exact in (path_key(path, folder), path_key(path)):
            if exact in self._by_path:
                return Match([self._by_path[exact]], "path", exact=True)
        *parents, file = path.split("/")
        paths = self._by_name.get(file) or self._of_stems(file, AUDIO_SUFFIX.sub("", file))
        if not parents:
            return self._nearest(paths, [folder.parts], None)
        absolute = path.startswith("/") or DRIVE.match(path)
        meant = Path(path).parent.parts if absolute else absolute_path(folder / path).parent.parts
        return self._nearest(paths, [meant, folder.parts], "path")

    def _of_stems(self, *stems: str) -> Sequence[Path]:
        return next((self._by_stem[stem] for stem in stems if stem in self._by_stem), [])

    @staticmethod
    def _nearest(paths: Sequence[Path], folders: Sequence[tuple[str, ...]], kind: str | None) -> Match:
        """Keep the candidates in the folder most similar to the first of `folders`; the next ones decide ties."""
        shares = {path: [_shared(absolute_path(path).parent.parts, folder) for folder in folders] for path in paths}
        best = max(shares.values(), default=[])
        nearest = [path for path in paths if shares[path] == best]
        exact = len(nearest) == 1 and absolute_path(nearest[0]).parent.parts == folders[0]
        return Match(nearest, kind, exact)


def table_stems(table: Path) -> list[str]:
    """List the stems of recordings that the name of a table can stand for, the longest first."""
    bare = TABLE_WORDS.sub("", table.stem)
    return list(dict.fromkeys((table.stem, AUDIO_SUFFIX.sub("", table.stem), bare, AUDIO_SUFFIX.sub("", bare))))


def _shared(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """Count the folders that two paths share at their beginnings, plus those at their ends."""
    return _count_equal(first, second) + _count_equal(first[::-1], second[::-1])


def _count_equal(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """Count the parts before the first difference."""
    return next((i for i, (a, b) in enumerate(zip(first, second)) if a != b), min(len(first), len(second)))


def match_tables(tables: Iterable[Table], problems: Iterable[Problem], recordings: Iterable[Path]) -> AnnotationSet:
    """Match every row of every table to a recording, by the name in the row or else by the name of the table."""
    tables = list(tables)
    matches = _find_all(tables, Recordings(recordings))
    faults = list(problems)
    kept: dict[tuple[object, ...], Annotation] = {}
    about: dict[Path, Path | None] = {}
    for table in tables:
        own = matches.get((table.source, None), Match([]))
        about[table.source] = own.paths[0] if _has_one_recording(table) and len(own.paths) == 1 else None
        faults += table.problems
        faults += _faults(table, matches)
        for row in table.annotations:
            paths = matches[table.source, row.audio_name].paths
            if len(paths) == 1:
                kept.setdefault((paths[0], row.channel, row.event), replace(row, recording=paths[0]))
    matched = {recording for recording in about.values() if recording is not None}
    matched |= {row.recording for row in kept.values() if row.recording is not None}
    doubtful = {path for table in tables for path in _doubtful(table, matches)}
    return AnnotationSet(tuple(kept.values()), tuple(faults), about, tuple(sorted(matched)), tuple(sorted(doubtful)))


def _doubtful(table: Table, matches: dict[tuple[Path, str | None], Match]) -> list[Path]:
    """List the recordings of the rows that cannot be used."""
    candidates = [matches.get((table.source, name), Match([])).paths for name in _names_of_lost(table)]
    return [paths[0] for paths in candidates if len(paths) == 1]


def _names_of_lost(table: Table) -> set[str | None]:
    """Return the names of recordings in rows that cannot be used; None stands for the one recording of a table."""
    names = {problem.audio_name for problem in table.problems if not problem.kept}
    return names if _has_one_recording(table) else names - {None}


def _has_one_recording(table: Table) -> bool:
    """Return whether all rows of a table are about one recording, because they do not name any."""
    return not (table.names_audio and table.n_rows)


def _find_all(tables: Iterable[Table], recordings: Recordings) -> dict[tuple[Path, str | None], Match]:
    """Find the recordings of every name in every table.

    A recording that one name means exactly is not matched to other names. Recorders number their files alike: if
    a/X.txt lies beside a/X.flac, then b/X.txt belongs to another X.flac, which is missing.
    """
    matches: dict[tuple[Path, str | None], Match] = {}
    for table in tables:
        names = {row.audio_name for row in table.annotations} | _names_of_lost(table)
        names |= {None} if _has_one_recording(table) else set()
        matches |= {(table.source, name): recordings.find(name, table.source) for name in names}
    taken = {(match.kind, match.paths[0]) for match in matches.values() if match.exact and match.kind}
    for key, match in matches.items():
        if not match.exact and len(match.paths) == 1 and (match.kind, match.paths[0]) in taken:
            matches[key] = Match([], taken=match.paths[0])
    return matches


def _faults(table: Table, matches: dict[tuple[Path, str | None], Match]) -> list[Problem]:
    """List the names that match no recording or several, each with its number of rows."""
    rows_of = Counter(row.audio_name for row in table.annotations)
    if not table.n_rows and not table.names_audio:
        rows_of[None] = 0
    faults = []
    for name, n_rows in rows_of.items():
        match = matches[table.source, name]
        if len(match.paths) != 1:
            rows = "this empty table" if not n_rows else many(n_rows, "row")
            reason = _reason(match, rows, name or table_stems(table.source)[-1])
            faults.append(Problem(table.source, None, reason))
    return faults


def _reason(match: Match, rows: str, name: str) -> str:
    if match.taken:
        return f"no audio for {rows}: {name} ({match.taken} belongs to another table or row of this name)"
    if not match.paths:
        return f"no audio for {rows}: {name}"
    shown = ", ".join(str(path) for path in match.paths[:SHOWN]) + (", ..." if len(match.paths) > SHOWN else "")
    return f"ambiguous audio for {rows}: {name} is one of {shown}"
