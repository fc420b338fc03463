"""Claims on outputs: of two processes that write one output the second is refused, and a killed one blocks nobody.

A process holds a lock (flock) on its temporary file or folder as long as it lives. What lies there without a lock was
left by a process that was killed, and is removed. Where a file system knows no locks, names are unique all the same.
"""

from __future__ import annotations

import errno
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

PATIENCE_S = 0.5  # for the lock of a folder: its holder only makes or renames files, unless it is another program
LONGEST = 200  # bytes of a name that leave room for what a temporary name adds to it
OLD = "old"  # in a temporary folder: the folder that is being replaced


@dataclass(frozen=True)
class Claim:
    """The right to write an output, as long as the block lasts that made it.

    Attributes
    ----------
    path : Path
        The output.
    temporary : Path
        What becomes it.
    descriptor : int or None
        The open temporary, which holds the lock; None if there are no locks.
    """

    path: Path
    temporary: Path
    descriptor: int | None


@contextmanager
def claimed(output: Path, *, folder: bool = False) -> Iterator[Claim]:
    """Claim an output; in the end, remove the temporary file or folder, unless it was renamed.

    Raises
    ------
    OutputError
        If another process is writing it.
    OSError
        If nothing can be made beside it.
    """
    with unfinished(), ExitStack() as stack:
        with uninterrupted(), locked(output.parent):
            _sweep(output)
            temporary, descriptor = _made_folder(output) if folder else _made_file(output)
            stack.callback(_released, temporary, descriptor)
            if descriptor is not None:
                _lock(descriptor)
        yield Claim(output, temporary, descriptor)


def refuse_busy(output: Path) -> None:
    """Raise `OutputError` if another process is writing `output`; remove what killed ones left of it."""
    with uninterrupted(), locked(output.parent):
        _sweep(output)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let no two processes make, rename or remove temporaries in a folder at once, as far as it can be locked."""
    descriptor = _opened(folder.resolve())
    try:
        end = time.monotonic() + PATIENCE_S
        while descriptor is not None and _lock(descriptor) is False and time.monotonic() < end:
            time.sleep(0.01)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def aside(output: Path) -> Path:
    """Name a file that holds what was at `output` while that is replaced; a killed process's is a leftover, too."""
    return output.with_name(f".{_stem(output)}.{secrets.token_hex(8)}.part")


def _made_file(output: Path) -> tuple[Path, int | None]:
    path = aside(output)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)  # less what the umask takes
    if sys.platform == "win32":  # what is open cannot be renamed there
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
            free = _lock(descriptor)
            if free is False:
                raise OutputError(f"{output}: another process is writing it (into {leftover.name})")
            if free:
                _recover(leftover, output)
                _remove(leftover)
        finally:
            os.close(descriptor)


def _leftovers(output: Path) -> list[Path]:
    """List the temporaries of an output, those of earlier versions, which a process number made unique, among them."""
    file = rf"\.{re.escape(_stem(output))}\.([0-9]+|[0-9a-f]{{16}})\.part"
    pattern = re.compile(rf"{file}|{re.escape(output.name)}\.partial-\w{{8}}")
    try:
        return sorted(path for path in output.parent.iterdir() if pattern.fullmatch(path.name))
    except OSError:
        return []


def _recover(leftover: Path, output: Path) -> None:
    """Put back the folder that a process was replacing when it was killed."""
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
    """Return what stands for an output in the names of its temporaries: its name, or of a long one a digest."""
    name = os.fsencode(output.name)
    return output.name if len(name) <= LONGEST else hashlib.sha256(name).hexdigest()[:32]


def _opened(path: Path) -> int | None:
    """Open a file or folder to lock it; None if that is not possible."""
    for access in (os.O_RDWR, os.O_RDONLY):  # a folder can only be read; a lock over a network may need writing
        with suppress(OSError):
            return os.open(path, access | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    return None


def _lock(descriptor: int) -> bool | None:
    """Lock an open file or folder; False where another holds the lock, None if there are no locks."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in {errno.EWOULDBLOCK, errno.EACCES} else None
    return True
