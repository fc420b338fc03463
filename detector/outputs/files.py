"""Files that appear under their names only when they are whole, several of them together or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from detector.errors import OutputError, Parameter
from detector.interruption import uninterrupted
from detector.outputs.claims import Claim, aside, claimed, locked, refuse_busy

CANNOT_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}  # a file system that knows no fsync


def refuse_existing(output: Path, *, force: bool) -> None:
    """Raise `OutputError` if `output` exists and may not be replaced."""
    if os.path.lexists(output) and not force:
        raise OutputError(f"{output}: exists already; choose another name, or {Parameter('force')} to replace it")


def check_output(path: Path, force: bool) -> None:
    """Check that `path` can become a new file.

    Raises
    ------
    OutputError
        If it exists (unless `force`), is no ordinary file, can be no name of a file, its folder does not exist, or
        another process is writing it.
    """
    if not path.name:
        raise OutputError(f"{path}: names no file")
    with written(path):
        with suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()  # a name that is too long is refused here, not when the work is done
        if path.exists() and not path.is_file():
            raise OutputError(f"{path}: is not an ordinary file, so it cannot be replaced")
        refuse_existing(path, force=force)
        if not path.parent.is_dir():
            raise OutputError(f"{path}: there is no folder {path.parent}")
        refuse_busy(path)


@contextmanager
def new_paths(paths: Sequence[Path], *, force: bool) -> Iterator[list[Path]]:
    """Return temporary files, made and empty, that become `paths`: all of them when the block ends well, or none.

    Another process that wants one of them meanwhile is refused. They are flushed to disk before they are renamed.

    Raises
    ------
    OutputError
        If one exists (unless `force`), is being written by another process, or cannot be written.
    """
    for path in paths:
        check_output(path, force)
    with ExitStack() as stack:
        claims: dict[Path, Claim] = {}
        for path in sorted(paths):  # in one order: of two processes that want the same files, one gets all of them
            with written(path):
                claims[path] = stack.enter_context(claimed(path))
        yield [claims[path].temporary for path in paths]
        _publish(list(claims.values()), force)


@contextmanager
def new_files(paths: Sequence[Path], *, force: bool) -> Iterator[list[TextIO]]:
    """Open files for text that become `paths` as `new_paths` says.

    Names that are no text (as POSIX allows) are written byte for byte.
    """
    with new_paths(paths, force=force) as temporaries, ExitStack() as stack:
        yield [stack.enter_context(_opened(path, temporary)) for path, temporary in zip(paths, temporaries)]


@contextmanager
def new_file(path: Path, force: bool) -> Iterator[TextIO]:
    """Open one file for text, as `new_files`."""
    with new_files([path], force=force) as (stream,):
        yield stream


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Turn what the system says against writing `path` into an `OutputError`."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


@contextmanager
def _opened(path: Path, temporary: Path) -> Iterator[TextIO]:
    with written(path):
        stream = temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    try:
        yield stream
        with written(path):
            stream.close()
    finally:
        with suppress(OSError):
            stream.close()


def _publish(claims: Sequence[Claim], force: bool) -> None:
    """Flush all temporaries to disk, then rename them."""
    for claim in claims:
        with written(claim.path):
            flush_file(claim.temporary)
    folders = sorted({claim.path.parent for claim in claims})
    with uninterrupted(), ExitStack() as stack:
        for folder in folders:
            stack.enter_context(locked(folder))
        for claim in claims:
            if os.path.lexists(claim.path) and (not force or claim.path.is_dir()):
                kept = ", ".join(str(_kept(claim)) for claim in claims)
                raise OutputError(f"{claim.path}: was made by somebody else meanwhile; the results are in {kept}")
        _rename(claims)
        for folder in folders:
            flush_folder(folder)


def _kept(claim: Claim) -> Path:
    """Keep a result under a name that no later run takes for a leftover."""
    kept = claim.path.with_name(f"{claim.path.name}.kept-{secrets.token_hex(4)}")
    with written(kept):
        claim.temporary.replace(kept)
    return kept


def _rename(claims: Sequence[Claim]) -> None:
    """Return all temporaries their names; where one of them cannot have its name, everything is as it was before."""
    replaced: list[Path] = []
    with ExitStack() as undo:
        for claim in claims:
            with written(claim.path):
                if len(claims) > 1 and os.path.lexists(claim.path):
                    replaced.append(aside(claim.path))
                    undo.callback(_set_aside(claim.path, replaced[-1]))
                claim.temporary.replace(claim.path)
                undo.callback(claim.path.replace, claim.temporary)
        undo.pop_all()
    for path in replaced:
        with suppress(OSError):
            path.unlink()


def _set_aside(path: Path, other: Path) -> Callable[[], object]:
    """Return a file a second name, or another one where it can have but one; return what undoes that."""
    try:
        other.hardlink_to(path)
    except OSError:
        path.replace(other)

    def undo() -> None:
        other.replace(path)
        other.unlink(missing_ok=True)  # two names of one file both stay

    return undo


@contextmanager
def own_file(path: Path) -> Iterator[Path]:
    """Return a temporary name for a file that becomes `path` when the block ends well.

    For files in a folder that one process has for itself, as the state of a run: nobody else wants their names, so they
    are not claimed, and what a killed process leaves is written over.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    temporary = path.with_name(f"{path.name}.partial")
    yield temporary
    flush_file(temporary)
    temporary.replace(path)
    flush_folder(path.parent)


def flush_file(path: Path) -> None:
    """Bring a file to disk: after a loss of power, a name must not stand for an empty file."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in CANNOT_FLUSH:
            raise
    finally:
        os.close(descriptor)


def flush_folder(folder: Path) -> None:
    """Bring the names in a folder to disk, where the system can do that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
