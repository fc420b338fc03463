"""Where detections go, and in which format: one file, standard output, or a folder with a file for each recording."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

from detector.errors import ConfigurationError, OutputError
from detector.outputs import FolderKind, check_output, new_files, new_folder, refuse_folder
from detector.tables.formats import Writing
from detector.tables.sink import Sink
from detector.tables.writer import DetectionsTable, WriteOptions
from detector.tables.writing import EachRecording, writing_of

DEFAULT = "csv"
FOLDERS = ("raven", "audacity")
"""The formats that can have a file for each recording."""

ENDINGS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".xml": "tethys", ".selections.txt": "raven"}
"""The endings that only one format has; CSV is the format for all others."""

STANDARD_OUTPUT = "standard output"


@dataclass(frozen=True)
class Destination:
    """Where detections go, and in which format.

    Attributes
    ----------
    path : Path or None
        A file or a folder; None for a stream.
    format : str
        A format in `FORMATS` that can be written.

    Raises
    ------
    ParameterError
        If the format cannot be written.
    ConfigurationError
        If the format has a file for each recording and no folder is named, or a package is missing.
    """

    path: Path | None = None
    format: str = DEFAULT

    def __post_init__(self) -> None:
        package = self.writing.package
        if package and find_spec(package) is None:
            raise ConfigurationError(f'{self.format}: needs {package}: pip install "detector[{self.format}]"')
        if self.writing.one_recording and self.path is None:
            raise ConfigurationError(f"{self.format}: has a file for each recording; name a folder for the output")

    @classmethod
    def named(cls, path: Path | None, name: str | None = None) -> Destination:
        """Choose the format by the ending of a path where no format is named."""
        ending = "" if path is None else path.name.casefold()
        by_ending = (known for suffix, known in ENDINGS.items() if ending.endswith(suffix))
        return cls(path, name or next(by_ending, DEFAULT))

    @property
    def writing(self) -> Writing:
        """Return how the format is written."""
        return writing_of(self.format)

    @property
    def is_folder(self) -> bool:
        """Return whether there is a file for each recording: where the format has no other way, or `path` is no file.

        A path without an ending, or an existing folder, is no file.
        """
        if self.path is None or self.format not in FOLDERS:
            return False
        return self.writing.one_recording or self.path.is_dir() or not self.path.suffix

    @property
    def file(self) -> Path | None:
        """Return the file; None for a folder or a stream."""
        return None if self.is_folder else self.path

    @property
    def kind(self) -> FolderKind:
        """Return which folder may be replaced: one that holds nothing but tables of this format."""
        return FolderKind(f"a folder of {self.format} tables", (f"*{self.writing.ending}",))

    def check(self, *, force: bool) -> None:
        """Raise `OutputError` if the output cannot be written."""
        if self.path is None:
            return
        if self.is_folder:
            refuse_folder(self.path, self.kind, force=force)
        else:
            check_output(self.path, force)

    @contextmanager
    def folder(self, *, force: bool) -> Iterator[Path | None]:
        """Yield a new folder, which appears when the block succeeds; None if a file or a stream is to be written."""
        if self.path is None or not self.is_folder:
            yield None
            return
        with new_folder(self.path, self.kind, force=force) as folder:
            yield folder

    def table(
        self, where: Path | TextIO, options: WriteOptions | None = None, *, dispensable: bool = False
    ) -> DetectionsTable:
        """Begin the table.

        Parameters
        ----------
        where : Path or TextIO
            The new folder; or the open file, or a stream in its place.
        options : WriteOptions, optional
            How to write.
        dispensable : bool
            As for `Sink`.
        """
        if isinstance(where, Path):
            return EachRecording(where, self.writing, options)
        name = self.path or STANDARD_OUTPUT
        if not self.writing.binary:
            return self.writing.open(Sink(where, name, dispensable=dispensable), options)
        if where.isatty():
            raise OutputError(f"{self.format}: is binary, not for a terminal; name a file for the output")
        return self.writing.open(Sink(where.buffer, name, dispensable=dispensable), options)

    @contextmanager
    def opened(self, stream: TextIO, options: WriteOptions | None = None, *, force: bool) -> Iterator[DetectionsTable]:
        """Open the table; it appears when the block succeeds. It goes to `stream` if there is no path."""
        paths = [] if self.file is None else [self.file]
        with (
            self.folder(force=force) as folder,
            new_files(paths, force=force) as files,
            self.table(folder or next(iter(files), stream), options) as table,
        ):
            yield table
