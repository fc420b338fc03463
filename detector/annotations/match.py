"""Find the recording that a table or one of its rows is about."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from detector.annotations.table import Annotation, AnnotationSet, Problem, Table

AUDIO_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
"""What may be an extension; ".23322048_9" at the end of a name without one is not."""

TABLE_WORDS = re.compile(
    r"(?:[._-](?:table[._]\d+|table|selections?|annotations?|labels?|results?|detections?|birdnet|not))+$",
    re.IGNORECASE,
)
"""What annotation tools add to a recording's name: NAME.Table.1.selections.txt, NAME.wav.not.mat."""

SHOWN = 3


class Recordings:
    """The audio at hand, found by path, by file name or by stem."""

    def __init__(self, recordings: Iterable[Path]) -> None:
        self._by_path: dict[Path, Path] = {}
        self._by_name: defaultdict[str, list[Path]] = defaultdict(list)
        self._by_stem: defaultdict[str, list[Path]] = defaultdict(list)
        for recording in recordings:
            if recording.absolute() not in self._by_path:
                self._by_path[recording.absolute()] = recording
                self._by_name[recording.name].append(recording)
                self._by_stem[recording.stem].append(recording)

    def named(self, name: str, table: Path) -> Sequence[Path]:
        """List what a row of `table` may mean by `name`: one where it is clear, none where there is no such audio."""
        path = name.replace("\\", "/")
        folder = table.absolute().parent
        for exact in (folder / path, Path(path).absolute()):
            if exact in self._by_path:
                return [self._by_path[exact]]
        *parents, file = path.split("/")
        found = self._by_name.get(file) or self._of_stems(file, AUDIO_SUFFIX.sub("", file))
        absolute = path.startswith("/") or re.match(r"[A-Za-z]:", path)
        meant = (() if absolute else folder.parts) + tuple(part for part in parents if part not in (".", ".."))
        return _nearest(found, [meant, folder.parts] if parents else [folder.parts])

    def of_table(self, table: Path) -> Sequence[Path]:
        """List the recordings that `table` may be about by its own name."""
        return _nearest(self._of_stems(*table_stems(table)), [table.absolute().parent.parts])

    def _of_stems(self, *stems: str) -> Sequence[Path]:
        return next((self._by_stem[stem] for stem in stems if stem in self._by_stem), [])


def table_stems(table: Path) -> list[str]:
    """List the stems of audio that a table's own name can mean, the longest first."""
    stem = table.stem
    bare = TABLE_WORDS.sub("", stem)
    return list(dict.fromkeys(AUDIO_SUFFIX.sub("", name) if cut else name for name in (stem, bare) for cut in (0, 1)))


def _nearest(found: Sequence[Path], folders: Sequence[tuple[str, ...]]) -> Sequence[Path]:
    """Keep the candidates whose own folder shares most with `folders`, the first of them before the next."""
    if len(found) < 2:
        return found
    shares = {path: [_shared(path.absolute().parent.parts, folder) for folder in folders] for path in found}
    best = max(shares.values())
    return [path for path in found if shares[path] == best]


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Count the folders that two paths share, from the top down and from the bottom up."""
    return _run(one, other) + _run(one[::-1], other[::-1])


def _run(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def match_tables(tables: Iterable[Table], problems: Iterable[Problem], recordings: Iterable[Path]) -> AnnotationSet:
    """Match every row of every table to a recording, by the name in the row, else by the table's own name."""
    audio = Recordings(recordings)
    kept: dict[tuple[object, ...], Annotation] = {}
    faults = list(problems)
    about: dict[Path, Path | None] = {}
    for table in tables:
        faults += table.problems
        own = audio.of_table(table.source)
        whole = not (table.names_audio and table.n_rows)
        about[table.source] = own[0] if whole and len(own) == 1 else None
        if not table.n_rows and not table.names_audio:
            faults += _fault(table, own, None, 0)
        matched, lost = _match_rows(table, audio)
        faults += lost
        for row in matched:
            kept.setdefault((row.recording, row.channel, row.event), row)
    heard = {recording for recording in about.values() if recording is not None}
    heard |= {row.recording for row in kept.values() if row.recording is not None}
    return AnnotationSet(tuple(kept.values()), tuple(faults), about, tuple(sorted(heard)))


def _match_rows(table: Table, audio: Recordings) -> tuple[list[Annotation], list[Problem]]:
    """Give the rows with their recordings, and one problem for each name that leads to none or to several."""
    rows_of = Counter(row.audio_name for row in table.annotations)
    found = {name: audio.named(name, table.source) if name else audio.of_table(table.source) for name in rows_of}
    matched = [
        replace(row, recording=found[row.audio_name][0]) for row in table.annotations if len(found[row.audio_name]) == 1
    ]
    lost = [fault for name, n in rows_of.items() for fault in _fault(table, found[name], name, n)]
    return matched, lost


def _fault(table: Table, found: Sequence[Path], name: str | None, n_rows: int) -> list[Problem]:
    """Say that `n_rows` rows (0: an empty table) have no audio, or too much; nothing where there is exactly one."""
    if len(found) == 1:
        return []
    rows = "this empty table" if not n_rows else f"{n_rows} row{'s' * (n_rows > 1)}"
    name = name or table_stems(table.source)[-1]
    if not found:
        return [Problem(table.source, None, f"no audio for {rows}: {name}")]
    shown = ", ".join(str(path) for path in found[:SHOWN]) + (", ..." if len(found) > SHOWN else "")
    return [Problem(table.source, None, f"ambiguous audio for {rows}: {name} is one of {shown}")]
