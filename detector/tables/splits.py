"""Split tables: which recordings are for training, validation and test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from detector.cliptables import SPLITS
from detector.errors import ParameterError
from detector.tables.csv_table import AUDIO, DELIMITERS
from detector.tables.sheet import first_line, read_sheet
from detector.tables.table import UnreadableTableError
from detector.texts import many

OTHER_NAMES = {"val": "validation", "valid": "validation"}


@dataclass(frozen=True)
class SplitTable:
    """The splits that a table gives to recordings.

    Attributes
    ----------
    source : Path
        The table.
    rows : sequence of (str, str)
        The name of a recording, with slashes, and its split.
    """

    source: Path
    rows: Sequence[tuple[str, str]]

    def split_of(self, recording: Path) -> str | None:
        """Return the split of a recording; None if the table gives none, or several.

        A name in the table is compared with the end of the recording's path, then with its stem.
        """
        splits = {split for end in _ends(recording) for split in self._by_name.get(end, ())}
        splits = splits or self._by_stem.get(recording.stem, set())
        return next(iter(splits)) if len(splits) == 1 else None

    @cached_property
    def _by_name(self) -> dict[str, set[str]]:
        return _gathered((name, split) for name, split in self.rows)

    @cached_property
    def _by_stem(self) -> dict[str, set[str]]:
        return _gathered((PurePosixPath(name).stem, split) for name, split in self.rows)


def _ends(recording: Path) -> set[str]:
    """Return the ends of a path from each of its folders on, and the whole path."""
    return {
        recording.as_posix(),
        *(PurePosixPath(*recording.parts[n:]).as_posix() for n in range(len(recording.parts))),
    }


def _gathered(pairs: Iterator[tuple[str, str]]) -> dict[str, set[str]]:
    splits: dict[str, set[str]] = defaultdict(set)
    for name, split in pairs:
        splits[name].add(split)
    return dict(splits)


@dataclass(frozen=True)
class Choice:
    """The recordings of one split of a table."""

    table: SplitTable
    split: str

    def of(self, recordings: Sequence[Path]) -> tuple[list[bool], str]:
        """Return which recordings belong to the split, and a line that says how many they are.

        Raises
        ------
        ParameterError
            If none does.
        """
        chosen = [self.table.split_of(recording) == self.split for recording in recordings]
        if not any(chosen):
            problem = f"gives the split {self.split} to none of {many(len(recordings), 'recording')}"
            raise ParameterError("split", self.table.source, problem)
        line = f"{self.table.source}: {sum(chosen):,} of {many(len(recordings), 'recording')} in the split {self.split}"
        n_absent = len(self.absent(recordings))
        return chosen, line + (f"; {n_absent:,} more of this split are not among them" if n_absent else "")

    def absent(self, recordings: Sequence[Path]) -> list[Path]:
        """List what the split names and is not among some recordings."""
        ends = {end for recording in recordings for end in _ends(recording)}
        stems = {recording.stem for recording in recordings}
        names = dict.fromkeys(Path(name) for name, split in self.table.rows if split == self.split)
        return [name for name in names if name.as_posix() not in ends and name.stem not in stems]


def read_splits(path: Path) -> SplitTable:
    """Read a table with a column `split` and a column of recordings, which has a name that annotations may have, too.

    Raises
    ------
    ParameterError
        If the table cannot be read, lacks a column, or names another split.
    """
    try:
        sheet = read_sheet(path, max(DELIMITERS, key=first_line(path).count), quoted=True)
        audio = sheet.required(*AUDIO)
        column = sheet.required("split")
    except UnreadableTableError as error:
        raise ParameterError("split", path, error.reason) from error
    if sheet.problems:
        raise ParameterError("split", path, f"row {sheet.problems[0].row}: {sheet.problems[0].reason}")
    rows = [(cells[audio].replace("\\", "/"), OTHER_NAMES.get(cells[column], cells[column])) for _, cells in sheet.rows]
    wrong = sorted({split for _, split in rows} - set(SPLITS))
    if wrong:
        raise ParameterError("split", path, f"names the split {wrong[0]!r}", ", ".join(SPLITS))
    return SplitTable(path, rows)
