"""What every table format reads into: annotations, the problems met on the way, and how to read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detector.errors import AnnotationError
from detector.events import Event


@dataclass(frozen=True, slots=True)
class Annotation:
    """One usable row of a table.

    Attributes
    ----------
    recording : Path or None
        The audio it was matched to; None before matching.
    event : Event
        Times in seconds from the start of the recording.
    channel : str or None
        "0" is the first channel; None if the table does not say.
    source : Path
        The table.
    row : int
        Counted from 1, the first row below the header.
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
    """One thing that could not be used: a row or one of its cells, or more of a table at once (`row` is None).

    `audio_name` is what the row calls its audio, where it does; `kept` tells that the row is used without that cell.
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
    """One table as read, before its rows are matched to audio.

    Attributes
    ----------
    source : Path
        The file.
    n_rows : int
        How many rows it has, usable or not.
    annotations : tuple of Annotation
        The usable rows.
    problems : tuple of Problem
        What could not be used, in order of rows.
    names_audio : bool
        Whether a column names the audio; then an empty table is about no recording in particular.
    """

    source: Path
    n_rows: int
    annotations: tuple[Annotation, ...]
    problems: tuple[Problem, ...]
    names_audio: bool = False


@dataclass(frozen=True)
class AnnotationSet:
    """What a set of tables says of a set of recordings.

    Attributes
    ----------
    annotations : tuple of Annotation
        Each with its recording, in order of tables and rows; exact repetitions counted once.
    problems : tuple of Problem
        Everything that could not be used.
    tables : dict of Path to Path or None
        Every table read -> the one recording it is about; None if its rows name recordings or nothing matched.
    recordings : tuple of Path
        Every recording that a table, even an empty one, or a row was matched to, sorted.
    doubtful : tuple of Path
        Those with rows that could not be used, sorted: sounds may be in them that `annotations` does not tell.
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
        Fills empty labels; a row that has a label keeps it.
    label_column : str or None
        The column of labels in Raven and CSV tables; None takes the first known one.
    format : str or None
        A name out of `FORMATS`; None tells each file's format by its name and content.
    strict_scores : bool
        Whether a score that is no number from 0 to 1 is an error; else the row is kept without it.
    """

    label: str | None = None
    label_column: str | None = None
    format: str | None = None
    strict_scores: bool = False


class UnreadableTableError(AnnotationError):
    """One file is not the table it should be; in a folder it costs only itself."""

    def __init__(self, source: Path, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason
