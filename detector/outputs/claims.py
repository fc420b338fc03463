"""Claims on outputs: only one process writes an output, and a killed process does not block the next one.

A process locks its temporary file or folder (flock) as long as it lives. A temporary without a lock was left by a
killed process and is removed. On a file system without locks, temporary names are still unique.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from detector.errors import OutputError
from detector.interruption import unfinished, uninterrupted
from detector.outputs.locks import system_lock

PATIENCE_S = 0.5  # the longest wait for the lock of a folder; another program might never release it
LONGEST = 200  # bytes of a name, so that a temporary name, which is longer, is still allowed
OLD = "old"  # name, in a temporary folder, of the folder that is being replaced


@dataclass(frozen=True)
class Claim:
    """The right to write an output, until the block of `claimed` ends.

    Attributes
    ----------
    path : Path
        The output.
    temporary : Path
        The file or folder that is renamed to `path`.
    """

    path: Path
    temporary: Path


@contextmanager
def claimed(output: Path, *, folder: bool = False) -> Iterator[Claim]:
    """Claim an output. At the end, remove its temporary file or folder, unless it was renamed.

    Raises
    ------
    OutputError
        If another process is writing it.
    OSError
        If the temporary cannot be made beside the output.
    """
    with unfinished(), ExitStack() as stack:
        with uninterrupted(), locked(output.parent):
            _sweep(output)
            temporary, descriptor = _made_folder(output) if folder else _made_file(output)
            stack.callback(_released, temporary, descriptor)
            if descriptor is not None:
                system_lock(descriptor)
        yield Claim(output, temporary)


def refuse_busy(output: Path) -> None:
    """Raise `OutputError` if another process is writing `output`; remove what killed processes left of it."""
    with uninterrupted(), locked(output.parent):
        _sweep(output)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder, so that only one process at a time makes, renames or removes temporaries in it.

    If it cannot be locked within `PATIENCE_S`, the block runs without a lock.
    """
    descriptor = _opened(folder.resolve())
    try:
        end = time.monotonic() + PATIENCE_S
        while descriptor is not None and system_lock(descriptor) is False and time.monotonic() < end:
            time.sleep(0.01)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def aside(output: Path) -> Path:
    """Return a unique temporary name beside `output`, which `_sweep` recognises after a killed process."""
    return output.with_name(f".{_stem(output)}.{secrets.token_hex(8)}.part")


def _made_file(output: Path) -> tuple[Path, int | None]:
    path = aside(output)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)  # the umask removes permissions
    if sys.platform == "win32":  # Windows cannot rename an open file
        os.close(descriptor)
        return path, None
    return path, descriptor


def _made_folder(output: Path) -> tuple[Path, int | None]:
    folder = Path(tempfile.mkdtemp(prefix=f"{output.name}.partial-", dir=output.parent))
    folder.chmod(0o755)
    return folder, _opened(folder)


def _released(temporary: Path, descriptor: int | None) -> None:
    with uninterrupted():
        _remove(temporary)
        if descriptor is not None:
            os.close(descriptor)


def _sweep(output: Path) -> None:
    for leftover in _leftovers(output):
        descriptor = _opened(leftover)
        if descriptor is None:
            continue
        try:
            free = system_lock(descriptor)
            if free is False:
                raise OutputError(f"{output}: another process is writing it (into {leftover.name})")
            if free:
                _recover(leftover, output)
                _remove(leftover)
        finally:
            os.close(descriptor)


def _leftovers(output: Path) -> list[Path]:
    """List the temporaries of an output, with those of earlier versions, which had a process number in their names."""
    file = rf"\.{re.escape(_stem(output))}\.([0-9]+|[0-9a-f]{{16}})\.part"
    pattern = re.compile(rf"{file}|{re.escape(output.name)}\.partial-\w{{8}}")
    try:
        return sorted(path for path in output.parent.iterdir() if pattern.fullmatch(path.name))
    except OSError:
        return []


def _recover(leftover: Path, output: Path) -> None:
    """Put back the old folder if a process was killed while it replaced it."""
    if (leftover / OLD).is_dir() and not os.path.lexists(output):
        with suppress(OSError):
            (leftover / OLD).rename(output)


def _remove(temporary: Path) -> None:
    if temporary.is_dir() and not temporary.is_symlink():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        with suppress(OSError):
            temporary.unlink()


def _stem(output: Path) -> str:
    """Return the part of a temporary name that stands for the output: its name, or a digest of a long name."""
    name = os.fsencode(output.name)
    return output.name if len(name) <= LONGEST else hashlib.sha256(name).hexdigest()[:32]


def _opened(path: Path) -> int | None:
    """Open a file or folder, to lock it; None if it cannot be opened."""
    for access in (os.O_RDWR, os.O_RDONLY):  # a folder opens read-only; a lock on a network drive may need write access
        with suppress(OSError):
            return os.open(path, access | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    return None
