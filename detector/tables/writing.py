"""Write detections in any format: to a stream as they come, to a file, or to a file for each recording."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import IO, Any

from detector.errors import ParameterError
from detector.outputs import new_paths, written
from detector.tables.detection import Detection
from detector.tables.formats import FORMATS, Writing, format_of
from detector.tables.sink import Sink
from detector.tables.writer import WriteOptions


def write_table(
    detections: Iterable[Detection], target: Path | IO[Any], name: str, options: WriteOptions | None = None
) -> None:
    """Write detections to one file or stream.

    Parameters
    ----------
    detections : iterable of Detection
        The rows, in the order in which they are to stand.
    target : Path or stream
        A file appears whole or not at all, and replaces one of that name: whether it may is the caller's to check.
        A stream takes text, or bytes where the format is binary; an `OSError` is left to whoever opened it.
    name : str
        One of `FORMATS` that can be written.
    options : WriteOptions, optional
        How to write it.
    """
    writing = writing_of(name)
    if not isinstance(target, Path):
        _write(detections, target, writing, options)
        return
    with new_paths([target], force=True) as (temporary,), written(target), _opened(temporary, writing) as stream:
        _write(detections, stream, writing, options)


def write_each(detections: Iterable[Detection], folder: Path, name: str, options: WriteOptions | None = None) -> None:
    """Write a file for each recording, named for it, into a folder that is there.

    Recordings of one name in several folders get files with numbers: "a", "a-2", "a-3". An `OSError` is left to
    whoever made the folder.
    """
    writing = writing_of(name)
    of_recording: dict[str, list[Detection]] = {}
    for detection in detections:
        of_recording.setdefault(detection.recording, []).append(detection)
    taken: set[str] = set()
    for recording, rows in sorted(of_recording.items()):
        path = folder / f"{_free_stem(recording, taken)}{writing.ending}"
        with _opened(path, writing) as stream:
            _write(rows, stream, writing, options)


def writing_of(name: str) -> Writing:
    """Return how a format is written; refuse one that is only read."""
    writing = format_of(name).writing
    if writing is None:
        writable = ", ".join(other for other, known in FORMATS.items() if known.writing)
        raise ParameterError("format", name, "is only read", writable)
    return writing


def _write(detections: Iterable[Detection], stream: IO[Any], writing: Writing, options: WriteOptions | None) -> None:
    writer = writing.open(Sink(stream), options)
    writer.add(detections)
    writer.finish()


def _opened(path: Path, writing: Writing) -> IO[Any]:
    """Open a file to be written; names that are no text (as POSIX allows) are written byte for byte."""
    if writing.binary:
        return path.open("wb")
    return path.open("w", encoding="utf-8", errors="surrogateescape", newline="")


def _free_stem(recording: str, taken: set[str]) -> str:
    """Return the name of a recording without its ending, and a number where another one has it; `taken` grows."""
    stem = PurePath(recording).stem
    name = stem
    n = 1
    while name.casefold() in taken:
        n += 1
        name = f"{stem}-{n}"
    taken.add(name.casefold())
    return name
