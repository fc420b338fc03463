"""The table of formats: which there are, how a file's format is told, and reading through them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.errors import AnnotationError, ParameterError
from detector.tables import audacity, crowsetta_formats, csv_table, raven
from detector.tables.match import match_tables
from detector.tables.sheet import first_line
from detector.tables.sink import Sink
from detector.tables.table import AnnotationSet, Problem, ReadOptions, Table, UnreadableTableError
from detector.tables.writer import WriteOptions, Writer


@dataclass(frozen=True)
class Writing:
    """How one kind of table is written.

    Attributes
    ----------
    open : callable
        Makes a writer from a sink and options.
    ending : str
        How its files' names end.
    one_recording : bool
        Whether a file holds the rows of one recording only.
    binary : bool
        Whether it is bytes, not text.
    """

    open: Callable[[Sink[Any], WriteOptions | None], Writer]
    ending: str
    one_recording: bool = False
    binary: bool = False


@dataclass(frozen=True)
class Format:
    """One kind of table.

    Attributes
    ----------
    suffixes : tuple of str
        How its files' names end, in lower case: what a folder is searched for.
    recognise : callable
        Says whether a file is one, by its path and its first line that is not blank.
    read : callable
        Path and options to a `Table`.
    writing : Writing or None
        How it is written; None if it is only read.
    """

    suffixes: tuple[str, ...]
    recognise: Callable[[Path, str], bool]
    read: Callable[[Path, ReadOptions], Table]
    writing: Writing | None = None


RAVEN = Writing(raven.RavenWriter, ".Table.1.selections.txt")
AUDACITY = Writing(audacity.AudacityWriter, ".txt", one_recording=True)
CSV = Writing(csv_table.CsvWriter, ".csv")

# In order: the first that recognises a file has it. A CSV takes what is left by its name, so it comes last.
FORMATS: dict[str, Format] = {
    "notmat": Format((".not.mat",), crowsetta_formats.is_notmat, crowsetta_formats.read_notmat),
    "textgrid": Format((".textgrid",), crowsetta_formats.is_textgrid, crowsetta_formats.read_textgrid),
    "raven": Format((".txt",), raven.recognise, raven.read, RAVEN),
    "audacity": Format((".txt",), audacity.recognise, audacity.read, AUDACITY),
    "csv": Format((".csv", ".tsv"), csv_table.recognise, csv_table.read, CSV),
}


def read_annotations(
    path: Path | Sequence[Path], recordings: Iterable[Path], options: ReadOptions | None = None
) -> AnnotationSet:
    """Read tables and match them to recordings.

    Parameters
    ----------
    path : Path or sequence of Path
        Tables, or folders that are searched for them.
    recordings : iterable of Path
        The audio at hand; nothing is opened.
    options : ReadOptions, optional
        How to read them.

    Raises
    ------
    AnnotationError
        If a path does not exist, a folder holds no table, a file named outright is no table, `label_column` is not
        there, or a format needs a package that is not installed. In a folder, a file that is no table is a problem.
    """
    tables, problems = read_tables(path, options)
    return match_tables(tables, problems, recordings)


def read_tables(path: Path | Sequence[Path], options: ReadOptions | None = None) -> tuple[list[Table], list[Problem]]:
    """Read tables as `read_annotations` does, without matching them to audio; the problems are whole files."""
    options = options or ReadOptions()
    reader = None if options.format is None else format_of(options.format)
    tables: list[Table] = []
    problems: list[Problem] = []
    seen: set[Path] = set()
    for given in [path] if isinstance(path, Path) else path:
        for source in _sources(given, reader):
            if source.absolute() in seen:
                continue
            seen.add(source.absolute())
            try:
                tables.append((reader or detected(source)).read(source, options))
            except UnreadableTableError as error:
                if source == given:
                    raise
                problems.append(Problem(source, None, error.reason))
    return tables, problems


def detected(path: Path) -> Format:
    """Find out a file's format by its name and its first line."""
    line = first_line(path)
    for known in FORMATS.values():
        if known.recognise(path, line):
            return known
    raise UnreadableTableError(path, f"is empty, or no table of a known format ({', '.join(FORMATS)})")


def format_of(name: str) -> Format:
    """Return the format of a name."""
    if name not in FORMATS:
        raise ParameterError("format", name, "is no format of tables", ", ".join(FORMATS))
    return FORMATS[name]


def _sources(given: Path, reader: Format | None) -> Iterator[Path]:
    """List a file as it is, a folder's tables in sorted order; hidden files (such as macOS adds) are none."""
    if given.is_file():
        yield given
        return
    if not given.is_dir():
        raise AnnotationError(f"{given}: no such file or folder")
    suffixes = tuple(suffix for known in ([reader] if reader else FORMATS.values()) for suffix in known.suffixes)
    tables = [
        path
        for path in sorted(given.rglob("*"))
        if path.name.casefold().endswith(suffixes) and not path.name.startswith(".") and path.is_file()
    ]
    if not tables:
        raise AnnotationError(
            f"{given}: no table in this folder (files that end in {', '.join(dict.fromkeys(suffixes))})"
        )
    yield from tables
