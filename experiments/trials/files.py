"""Files that several processes may want at once: made by one of them, whole or not at all, named by what they hold."""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def write_table(path: Path, header: Sequence[str], content: Iterable[Sequence[object]]) -> Path:
    """Write a table, whole or not at all, for several processes may write the same one."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([header, *content])
    return write_whole(path, text.getvalue())


def write_whole(path: Path, text: str) -> Path:
    """Write a file under a name of its own, then give it its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return path


@contextmanager
def alone(work: Path, name: str) -> Iterator[None]:
    """Wait until no other process makes the same; a lock goes with the process that holds it."""
    place = work / "locks" / f"{name}.lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fingerprint(*parts: object) -> str:
    """Name some values, and what the tables and folders among them hold, in 12 hexadecimal digits."""
    return hashlib.sha256(repr([content(part) for part in parts]).encode()).hexdigest()[:12]


def content(part: object) -> object:
    """Give what a table holds, or which files a folder does and what the tables among them hold; all else is itself."""
    if not isinstance(part, Path):
        return part
    if part.is_dir():
        return [(path.relative_to(part).as_posix(), table(path)) for path in sorted(part.rglob("*")) if path.is_file()]
    return table(part) or part.name


def table(path: Path) -> bytes:
    """Read a table; of another file, nothing."""
    return path.read_bytes() if path.is_file() and path.suffix in (".csv", ".txt") else b""


@contextmanager
def remade(folder: Path) -> Iterator[Path | None]:
    """Give a folder that becomes `folder` when all went well, or None where that is there."""
    if folder.exists():
        yield None
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}.partial-", dir=folder.parent))
    try:
        yield partial
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
