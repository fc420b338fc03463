"""The table of formats, and how to recognise and read a file in any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.errors import AnnotationError, ParameterError
from detector.tables import (
    audacity,
    biodcase,
    crowsetta_formats,
    csv_table,
    jsonl,
    kaleidoscope,
    parquet,
    raven,
    tethys,
    tethys_reading,
    unit_table,
)
from detector.tables.match import match_tables
from detector.tables.sheet import first_line
from detector.tables.sink import Sink
from detector.tables.table import AnnotationSet, Problem, ReadOptions, Table, UnreadableTableError
from detector.tables.writer import WriteOptions, Writer


@dataclass(frozen=True)
class Writing:
    """How tables of one format are written.

    Attributes
    ----------
    open : callable
        Makes a writer from a sink and options.
    ending : str
        Ending of the file names.
    one_recording : bool
        Whether a file can hold the rows of only one recording.
    binary : bool
        Whether the format is binary, not text.
    package : str
        The package that writing needs, which has an extra of the format's name; "" if it needs none.
    """

    open: Callable[[Sink[Any], WriteOptions | None], Writer]
    ending: str
    one_recording: bool = False
    binary: bool = False
    package: str = ""


@dataclass(frozen=True)
class Format:
    """A format of tables.

    Attributes
    ----------
    suffixes : tuple of str
        Endings of the file names in lower case, for the search in folders.
    recognise : callable
        Returns whether a file has this format, given its path and its first line that is not blank.
    read : callable
        Reads a `Table`, given a path and options.
    writing : Writing or None
        How to write the format; None if it can only be read.
    """

    suffixes: tuple[str, ...]
    recognise: Callable[[Path, str], bool]
    read: Callable[[Path, ReadOptions], Table]
    writing: Writing | None = None


RAVEN = Writing(raven.RavenWriter, ".Table.1.selections.txt")
AUDACITY = Writing(audacity.AudacityWriter, ".txt", one_recording=True)
CSV = Writing(csv_table.CsvWriter, ".csv")
JSONL = Writing(jsonl.JsonLinesWriter, ".jsonl")
PARQUET = Writing(parquet.ParquetWriter, ".parquet", binary=True, package="pyarrow")
TETHYS = Writing(tethys.TethysWriter, ".xml")
BIODCASE = Writing(biodcase.BiodcaseWriter, ".csv")
KALEIDOSCOPE = Writing(kaleidoscope.KaleidoscopeWriter, ".csv")

# The first format that recognises a file reads it. CSV comes last, because it looks only at the name of the file.
FORMATS: dict[str, Format] = {
    "notmat": Format((".not.mat",), crowsetta_formats.is_notmat, crowsetta_formats.read_notmat),
    "textgrid": Format((".textgrid",), crowsetta_formats.is_textgrid, crowsetta_formats.read_textgrid),
    "raven": Format((".txt",), raven.recognise, raven.read, RAVEN),
    "audacity": Format((".txt",), audacity.recognise, audacity.read, AUDACITY),
    "jsonl": Format(jsonl.SUFFIXES, jsonl.recognise, jsonl.read, JSONL),
    "parquet": Format((".parquet",), parquet.recognise, parquet.read, PARQUET),
    "tethys": Format((".detections.xml",), tethys_reading.recognise, tethys_reading.read, TETHYS),
    "biodcase": Format((".csv",), biodcase.recognise, biodcase.read, BIODCASE),
    "kaleidoscope": Format((".csv",), kaleidoscope.recognise, kaleidoscope.read, KALEIDOSCOPE),
    "classify": Format((".csv", ".tsv"), unit_table.recognise, unit_table.read),
    "csv": Format((".csv", ".tsv"), csv_table.recognise, csv_table.read, CSV),
}


def read_annotations(
    path: Path | Sequence[Path], recordings: Iterable[Path], options: ReadOptions | None = None
) -> AnnotationSet:
    """Read tables and match them to recordings.

    Parameters
    ----------
    path : Path or sequence of Path
        Tables, or folders with tables.
    recordings : iterable of Path
        The recordings; they are not opened.
    options : ReadOptions, optional
        How to read them.

    Raises
    ------
    AnnotationError
        If a path does not exist, a folder holds no table, a given file is not a table, the column `label_column` is
        missing, or a format needs a package that is not installed. A file in a folder that is not a table gives a
        `Problem` instead.
    """
    tables, problems = read_tables(path, options)
    return match_tables(tables, problems, recordings)


def read_tables(path: Path | Sequence[Path], options: ReadOptions | None = None) -> tuple[list[Table], list[Problem]]:
    """Read tables as `read_annotations` does, but do not match them to recordings; the problems are of whole files."""
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
                tables.append((reader or detect_format(source)).read(source, options))
            except UnreadableTableError as error:
                if source == given:
                    raise
                problems.append(Problem(source, None, error.reason))
    return tables, problems


def detect_format(path: Path) -> Format:
    """Return the format of a file, by its name and its first line."""
    line = first_line(path)
    for known in FORMATS.values():
        if known.recognise(path, line):
            return known
    raise UnreadableTableError(path, f"is empty, or not a table of a known format ({', '.join(FORMATS)})")


def format_of(name: str) -> Format:
    """Return the format with a name; raise `ParameterError` if there is none."""
    if name not in FORMATS:
        raise ParameterError("format", name, "is not a format of tables", ", ".join(FORMATS))
    return FORMATS[name]


def _sources(given: Path, reader: Format | None) -> Iterator[Path]:
    """List a file itself, or the tables in a folder, sorted; skip hidden files, which macOS adds."""
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
            f"{given}: this folder has no table (a file that ends in {', '.join(dict.fromkeys(suffixes))})"
        )
    yield from tables
