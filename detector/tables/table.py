"""The result of reading a table in any format: annotations and problems; and the options for reading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detector.errors import AnnotationError
from detector.events import Event


@dataclass(frozen=True, slots=True)
class Annotation:
    """One valid row of a table.

    Attributes
    ----------
    recording : Path or None
        The matched recording; None before matching.
    event : Event
        Times in seconds from the start of the recording.
    channel : str or None
        "0" is the first channel; None if the table does not say.
    source : Path
        The table.
    row : int
        Number of the row; 1 is the first row below the header.
    audio_name : str or None
        What the table itself calls the audio; None if only the table's own name tells.
    start_time : str or None
        When the event begins, as the table writes it; None if it does not say.
    """

    recording: Path | None
    event: Event
    channel: str | None
    source: Path
    row: int
    audio_name: str | None
    start_time: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A row, a cell or a table that cannot be used.

    Attributes
    ----------
    source : Path
        The table.
    row : int or None
        Number of the row; None for the whole table, or several rows of it.
    reason : str
        Why it cannot be used.
    audio_name : str or None
        The name of the recording in the row; None if it has none.
    kept : bool
        Whether the row is used without the cell.
    """

    source: Path
    row: int | None
    reason: str
    audio_name: str | None = None
    kept: bool = False

    def __str__(self) -> str:
        where = f"{self.source}" if self.row is None else f"{self.source}, row {self.row}"
        return f"{where}: {self.reason}"


@dataclass(frozen=True)
class Table:
    """One table, before its rows are matched to recordings.

    Attributes
    ----------
    source : Path
        The file.
    n_rows : int
        Number of rows, valid or not.
    annotations : tuple of Annotation
        The valid rows.
    problems : tuple of Problem
        The problems, in order of rows.
    names_audio : bool
        Whether a column names the recording. Then a table without rows is not about any recording.
    """

    source: Path
    n_rows: int
    annotations: tuple[Annotation, ...]
    problems: tuple[Problem, ...]
    names_audio: bool = False


@dataclass(frozen=True)
class AnnotationSet:
    """The annotations of a set of recordings, from a set of tables.

    Attributes
    ----------
    annotations : tuple of Annotation
        Matched annotations, in order of tables and rows, without exact repetitions.
    problems : tuple of Problem
        All problems.
    tables : dict of Path to Path or None
        Every table read -> the one recording it is about; None if its rows name recordings or nothing matched.
    recordings : tuple of Path
        All recordings that were matched to a row or a table, even an empty table, sorted.
    doubtful : tuple of Path
        Recordings with rows that cannot be used, sorted; they may contain sounds that `annotations` lacks.
    """

    annotations: tuple[Annotation, ...]
    problems: tuple[Problem, ...]
    tables: dict[Path, Path | None]
    recordings: tuple[Path, ...]
    doubtful: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ReadOptions:
    """How to read tables.

    Attributes
    ----------
    label : str or None
        Fills empty labels; other labels stay.
    label_column : str or None
        The column of labels in Raven and CSV tables; None for the first known one.
    format : str or None
        A name in `FORMATS`; None recognises the format of each file by its name and content.
    untimed : bool
        Whether a CSV table without columns of times is about whole recordings.
    strict_scores : bool
        Whether a score that is not a number from 0 to 1 is an error; otherwise the row is kept without it.
    """

    label: str | None = None
    label_column: str | None = None
    format: str | None = None
    strict_scores: bool = False
    untimed: bool = False


class UnreadableTableError(AnnotationError):
    """A file is not a valid table. If it lies in a folder, reading goes on with the other files."""

    def __init__(self, source: Path, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason
