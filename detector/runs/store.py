"""Append records and their data to two files. A process that is killed at any instant loses the last record at most.

NAME.jsonl holds the records, a line each: the checksum of the record in 8 hexadecimal digits, a blank, and the record
as a JSON object. NAME.data holds the bytes that records refer to. Nothing is changed in place and data are written
before the record that refers to them. So this works on network file systems, too (docs/decisions/0009).
"""

from __future__ import annotations

import json
import os
import time
import zlib
from contextlib import suppress
from io import FileIO
from pathlib import Path
from threading import RLock

from detector.errors import OutputError
from detector.interruption import uninterrupted
from detector.outputs import own_file
from detector.outputs.files import CANNOT_FLUSH, flush_file
from detector.runs.journal import DATA_KEY, FLUSHED, Extent, Record, contents_of, extents_of, line_of

FLUSH_S = 30.0  # after a power failure, the last records of this many seconds may be lost


class DamagedError(OutputError):
    """The data of a record are not what was written."""


class Store:
    """Records with data, in a folder. One process at a time may append; others may read.

    Parameters
    ----------
    folder : Path
        The folder. It must exist.
    name : str
        Name of the files, without endings.
    writable : bool
        Whether records can be appended. What a killed process left incomplete is then removed.

    Attributes
    ----------
    records : list of dict
        The whole records, in order. The key `data` of a record lists its extents.

    Raises
    ------
    OutputError
        If a file cannot be read or written.
    """

    def __init__(self, folder: Path, name: str, *, writable: bool = True) -> None:
        self.path = folder / f"{name}.jsonl"
        self._data_path = folder / f"{name}.data"
        self._lock = RLock()
        self._flushed_s = time.monotonic()
        self._unflushed = False
        self._files: list[FileIO] = []  # that are open for writing
        try:
            self._open(writable)
        except OSError as error:
            path = error.filename or self.path
            raise OutputError(f"{path}: cannot be opened: {error.strerror or error}") from error

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def n_bytes(self) -> int:
        """Return the size of the data, in bytes."""
        return self._data_end

    def put(self, data: bytes) -> Extent:
        """Append data, for a record that is appended later.

        Raises
        ------
        OutputError
            If they cannot be written, for example because the disk is full. The store stays as it was.
        """
        with self._lock, uninterrupted():
            extent = Extent(self._data_end, len(data), zlib.crc32(data))
            self._append(self._data, self._data_path, data, self._data_end)
            self._data_end += len(data)
        return extent

    def append(self, record: Record, data: bytes | None = None) -> None:
        """Append a record; `data`, if given, are put before it and become its only extent. Raises as `put`."""
        with self._lock, uninterrupted():
            if data is not None:
                record = {**record, DATA_KEY: [self.put(data)]}
            line = line_of(json.dumps(record, separators=(",", ":")).encode("ascii"))
            self._append(self._journal, self.path, line, self._end)
            self._end += len(line)
            self.records.append(record)
            self._unflushed = True
            if time.monotonic() - self._flushed_s > FLUSH_S:
                self.flush()

    def read(self, extent: Extent) -> bytes:
        """Read data.

        Raises
        ------
        DamagedError
            If they are not what was written.
        OutputError
            If the file cannot be read.
        """
        offset, size, checksum = extent
        try:
            with _unbuffered(self._data_path, writable=False) as file:  # many shards are read at once
                file.seek(offset)
                data = file.read(size)
        except OSError as error:
            raise OutputError(f"{self._data_path}: cannot be read: {error.strerror or error}") from error
        if len(data) != size or zlib.crc32(data) != checksum:
            raise DamagedError(f"{self._data_path}: is damaged between byte {offset} and {offset + size}")
        return data

    def flush(self) -> None:
        """Flush the files to disk, so that a power failure cannot take the records so far. Raises as `put`."""
        with self._lock:
            if not self._unflushed:
                return
            self._sync(self._data, self._data_path)
            line = line_of(FLUSHED)
            self._append(self._journal, self.path, line, self._end)
            self._end += len(line)
            self._sync(self._journal, self.path)
            self._flushed_s = time.monotonic()
            self._unflushed = False

    def close(self) -> None:
        """Flush and close the files; raises as `put`."""
        if not self._files:
            return
        try:
            self.flush()
        finally:
            self._close()

    def remove(self) -> None:
        """Close the files and delete them, as far as the disk allows."""
        self._close()
        for path in (self._data_path, self.path):  # the journal last: without it, nobody would find the data
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _close(self) -> None:
        for file in self._files:
            with suppress(OSError):
                file.close()
        self._files = []

    def _open(self, writable: bool) -> None:
        for path in (self.path, self._data_path) if writable else ():
            path.open("ab").close()
        contents = contents_of(self.path.read_bytes())
        data_size = self._data_path.stat().st_size
        self.records = [
            record
            for n, record in enumerate(contents.records)
            if self._is_whole(record, data_size, check=writable and n >= contents.n_flushed)
        ]
        self._end = contents.end
        ends = (extent.offset + extent.size for record in self.records for extent in extents_of(record))
        self._data_end = max(ends, default=0)
        if not writable:
            return
        if contents.n_damaged or len(self.records) < len(contents.records):
            self._rewrite()
        self._journal = _unbuffered(self.path, writable=True)
        self._data = _unbuffered(self._data_path, writable=True)
        self._files = [self._journal, self._data]
        self._journal.truncate(self._end)
        self._data.truncate(self._data_end)

    def _is_whole(self, record: Record, data_size: int, *, check: bool) -> bool:
        """Return whether the data of a record are there and, with `check`, undamaged."""
        for extent in extents_of(record):
            if extent.offset + extent.size > data_size:
                return False
            if check:
                try:
                    self.read(extent)
                except DamagedError:
                    return False
        return True

    def _rewrite(self) -> None:
        """Write the journal anew, with the whole records only."""
        flush_file(self._data_path)
        with own_file(self.path) as temporary, temporary.open("wb") as file:
            for record in self.records:
                file.write(line_of(json.dumps(record, separators=(",", ":")).encode("ascii")))
            file.write(line_of(FLUSHED))
            self._end = file.tell()

    def _append(self, file: FileIO, path: Path, content: bytes, end: int) -> None:
        """Write at the end of a file; cut off what a full disk leaves of it."""
        try:
            file.seek(end)
            rest = memoryview(content)
            while rest:
                rest = rest[file.write(rest) :]
        except OSError as error:
            with suppress(OSError):  # what is left is cut off when the store is opened again
                file.truncate(end)
            raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error

    def _sync(self, file: FileIO, path: Path) -> None:
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in CANNOT_FLUSH:
                raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _unbuffered(path: Path, writable: bool) -> FileIO:
    return FileIO(path, "r+b" if writable else "rb")
