"""The table of formats: which there are, how a file's format is told, and reading and writing through them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from detector.errors import AnnotationError, ParameterError
from detector.outputs import new_file, written
from detector.tables import audacity, crowsetta_formats, csv_table, raven
from detector.tables.match import match_tables
from detector.tables.sheet import first_line
from detector.tables.table import (
    AnnotationSet,
    Located,
    Problem,
    ReadOptions,
    Table,
    UnreadableTableError,
)


@dataclass(frozen=True)
class Format:
    """One kind of table.

    Attributes
    ----------
    suffixes : tuple of str
        How its files' names end, in lower case: what a folder is searched for.
    recognise : callable
        Tells it by a file's path and its first line that is not blank.
    read : callable
        Path and options to a `Table`.
    write : callable or None
        Events to a text stream; None where it is only read.
    """

    suffixes: tuple[str, ...]
    recognise: Callable[[Path, str], bool]
    read: Callable[[Path, ReadOptions], Table]
    write: Callable[[Iterable[Located], TextIO], None] | None = None


# In order: the first that recognises a file has it. A CSV takes what is left by its name, so it comes last.
FORMATS: dict[str, Format] = {
    "notmat": Format((".not.mat",), crowsetta_formats.is_notmat, crowsetta_formats.read_notmat),
    "textgrid": Format((".textgrid",), crowsetta_formats.is_textgrid, crowsetta_formats.read_textgrid),
    "raven": Format((".txt",), raven.recognise, raven.read, raven.write),
    "audacity": Format((".txt",), audacity.recognise, audacity.read, audacity.write),
    "csv": Format((".csv", ".tsv"), csv_table.recognise, csv_table.read, csv_table.write),
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
        Where a path does not exist, a folder holds no table, a file named outright is no table, `label_column` is not
        there, or a format needs a package that is not installed. In a folder, a file that is no table is a problem.
    """
    tables, problems = read_tables(path, options)
    return match_tables(tables, problems, recordings)


def read_tables(path: Path | Sequence[Path], options: ReadOptions | None = None) -> tuple[list[Table], list[Problem]]:
    """Read tables as `read_annotations` does, without matching them to audio; the problems are whole files."""
    options = options or ReadOptions()
    reader = None if options.format is None else _format(options.format)
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
    """Tell a file's format by its name and its first line."""
    line = first_line(path)
    for known in FORMATS.values():
        if known.recognise(path, line):
            return known
    raise UnreadableTableError(path, f"is empty, or no table of a known format ({', '.join(FORMATS)})")


def write_table(events: Iterable[Located], target: Path | TextIO, name: str) -> None:
    """Write events to a file or a text stream.

    Parameters
    ----------
    events : iterable of (recording, channel, Event)
        Channels count from "0"; what is no number, such as "mix", becomes Raven's channel 1.
    target : Path or text stream
        A file appears whole or not at all, and replaces one of that name: whether it may is the caller's to check.
    name : str
        One of `FORMATS` that can be written.
    """
    write = _format(name).write
    if write is None:
        writable = ", ".join(other for other, known in FORMATS.items() if known.write)
        raise ParameterError("format", name, "is only read", writable)
    if not isinstance(target, Path):
        write(events, target)
        return
    with written(target), new_file(target, force=True) as stream:
        write(events, stream)


def _format(name: str) -> Format:
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
    found = [
        path
        for path in sorted(given.rglob("*"))
        if path.name.casefold().endswith(suffixes) and not path.name.startswith(".") and path.is_file()
    ]
    if not found:
        raise AnnotationError(
            f"{given}: no table in this folder (files that end in {', '.join(dict.fromkeys(suffixes))})"
        )
    yield from found
