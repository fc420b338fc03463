"""Write detections in any format: to a stream, to a file, or to one file for each recording."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from pathlib import Path, PurePath
from typing import IO, Any

from detector.errors import ParameterError
from detector.outputs import new_paths, written
from detector.tables.detection import Detection
from detector.tables.formats import FORMATS, Writing, format_of
from detector.tables.origin import Searched
from detector.tables.sink import Sink
from detector.tables.tally import Tally
from detector.tables.writer import DetectionsTable, WriteOptions

LONGEST_STEM = 220
"""Most bytes of a recording's name in the name of a table; a file's name may have 255."""


def write_table(
    detections: Iterable[Detection], target: Path | IO[Any], name: str, options: WriteOptions | None = None
) -> None:
    """Write detections to one file or stream.

    Parameters
    ----------
    detections : iterable of Detection
        The rows, in order.
    target : Path or stream
        A file appears only when it is complete, and replaces an existing one; the caller checks whether it may. A
        stream takes text, or bytes if the format is binary; its errors (`OSError`) pass to the caller.
    name : str
        A format in `FORMATS` that can be written.
    options : WriteOptions, optional
        Extra columns and decimals.
    """
    writing = writing_of(name)
    if not isinstance(target, Path):
        _write(detections, target, writing, options)
        return
    with new_paths([target], force=True) as (temporary,), written(target), _opened(temporary, writing) as stream:
        _write(detections, stream, writing, options)


class EachRecording(DetectionsTable):
    """Write one file for each recording, with its name, into an existing folder.

    Recordings with the same name get files with numbers: "a", "a-2", "a-3". A recording that was searched without a
    result gets a table without rows. An `OSError` passes to the caller.

    Parameters
    ----------
    folder : Path
        The folder.
    writing : Writing
        How to write the format.
    options : WriteOptions, optional
        How to write.
    """

    def __init__(self, folder: Path, writing: Writing, options: WriteOptions | None = None) -> None:
        super().__init__()
        self._folder = folder
        self._writing = writing
        self._options = options
        self._stems: set[str] = set()
        self._recordings: set[str] = set()

    def add(self, detections: Iterable[Detection]) -> None:
        """Write the tables of recordings; all rows of a recording come together."""
        for recording, rows in groupby(detections, key=attrgetter("recording")):
            self._write(recording, rows)

    def cover(self, searched: Searched) -> None:
        """Write a table without rows, if the recording has no other."""
        if searched.recording not in self._recordings:
            self._write(searched.recording, ())

    def _write(self, recording: str, rows: Iterable[Detection]) -> None:
        if recording in self._recordings:
            raise ValueError(f"{recording}: its rows do not come together")
        self._recordings.add(recording)
        path = self._folder / f"{_free_stem(recording, self._stems)}{self._writing.ending}"
        with _opened(path, self._writing) as stream:
            self.tally.update(_write(rows, stream, self._writing, self._options))


def write_each(detections: Iterable[Detection], folder: Path, name: str, options: WriteOptions | None = None) -> None:
    """Write one file for each recording into an existing folder, as `EachRecording` does, in order of recordings."""
    each = EachRecording(folder, writing_of(name), options)
    for _, rows in sorted(by_recording(detections).items()):
        each.add(rows)


def by_recording(detections: Iterable[Detection]) -> dict[str, list[Detection]]:
    """Return the rows of each recording, in order of the first rows."""
    rows_of: dict[str, list[Detection]] = {}
    for detection in detections:
        rows_of.setdefault(detection.recording, []).append(detection)
    return rows_of


def writing_of(name: str) -> Writing:
    """Return how to write a format; raise `ParameterError` if it can only be read."""
    writing = format_of(name).writing
    if writing is None:
        writable = ", ".join(other for other, known in FORMATS.items() if known.writing)
        raise ParameterError("format", name, "can only be read", writable)
    return writing


def _write(detections: Iterable[Detection], stream: IO[Any], writing: Writing, options: WriteOptions | None) -> Tally:
    with writing.open(Sink(stream), options) as writer:
        writer.add(detections)
    return writer.tally


def _opened(path: Path, writing: Writing) -> IO[Any]:
    """Open a file for writing; names that are not valid UTF-8 keep their bytes."""
    if writing.binary:
        return path.open("wb")
    return path.open("w", encoding="utf-8", errors="surrogateescape", newline="")


def _free_stem(recording: str, taken: set[str]) -> str:
    """Return the stem of a recording, with a number if it is in `taken`; add the result to `taken`."""
    stem = PurePath(recording).stem
    if len(os.fsencode(stem)) > LONGEST_STEM:
        stem = os.fsencode(stem)[:LONGEST_STEM].decode("utf-8", "ignore")
    name = stem
    n = 1
    while name.casefold() in taken:
        n += 1
        name = f"{stem}-{n}"
    taken.add(name.casefold())
    return name
