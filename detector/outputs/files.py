"""Write files that appear only when they are complete; several files appear together or not at all."""

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

CANNOT_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}  # from file systems without fsync


def refuse_existing(output: Path, *, force: bool) -> None:
    """Raise `OutputError` if `output` exists and may not be replaced."""
    if os.path.lexists(output) and not force:
        raise OutputError(f"{output}: exists already; choose another name, or {Parameter('force')} to replace it")


def check_output(path: Path, force: bool) -> None:
    """Check that `path` can become a new file.

    Raises
    ------
    OutputError
        If it exists (unless `force`), is not a regular file, has no valid file name, lies in a folder that does not
        exist, or is being written by another process.
    """
    if not path.name:
        raise OutputError(f"{path}: is not the name of a file")
    with written(path):
        with suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()  # refuses a name that is too long now, not after the work
        if path.exists() and not path.is_file():
            raise OutputError(f"{path}: is not a regular file, so it cannot be replaced")
        refuse_existing(path, force=force)
        if not path.parent.is_dir():
            raise OutputError(f"{path}: there is no folder {path.parent}")
        refuse_busy(path)


@contextmanager
def new_paths(paths: Sequence[Path], *, force: bool) -> Iterator[list[Path]]:
    """Yield empty temporary files. If the block succeeds, all of them are renamed to `paths`, else none.

    Meanwhile no other process can write `paths`. The files are flushed to disk before they are renamed.

    Raises
    ------
    OutputError
        If one of `paths` exists (unless `force`), is being written by another process, or cannot be written.
    """
    for path in paths:
        check_output(path, force)
    with ExitStack() as stack:
        claims: dict[Path, Claim] = {}
        for path in sorted(paths):  # in a fixed order, so that one of two processes gets all of the same files
            with written(path):
                claims[path] = stack.enter_context(claimed(path))
        yield [claims[path].temporary for path in paths]
        _publish(list(claims.values()), force)


@contextmanager
def new_files(paths: Sequence[Path], *, force: bool) -> Iterator[list[TextIO]]:
    """Open files for text that become `paths` as `new_paths` says.

    Names of files that are not valid UTF-8 keep their bytes.
    """
    with new_paths(paths, force=force) as temporaries, ExitStack() as stack:
        yield [stack.enter_context(_opened(path, temporary)) for path, temporary in zip(paths, temporaries)]


@contextmanager
def new_file(path: Path, force: bool) -> Iterator[TextIO]:
    """Open one text file, as `new_files` does."""
    with new_files([path], force=force) as (stream,):
        yield stream


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Raise an `OutputError` in the place of an `OSError` while `path` is written."""
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
                raise OutputError(f"{claim.path}: another program has made it meanwhile; the results are in {kept}")
        _rename(claims)
        for folder in folders:
            flush_folder(folder)


def _kept(claim: Claim) -> Path:
    """Rename a result so that no later run takes it for a leftover; return its new name."""
    kept = claim.path.with_name(f"{claim.path.name}.kept-{secrets.token_hex(4)}")
    with written(kept):
        claim.temporary.replace(kept)
    return kept


def _rename(claims: Sequence[Claim]) -> None:
    """Rename all temporaries to their outputs; if one fails, undo the others."""
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
    """Give a file a second name or, on file systems without links, another name; return a function that undoes it."""
    try:
        other.hardlink_to(path)
    except OSError:
        path.replace(other)

    def undo() -> None:
        other.replace(path)
        other.unlink(missing_ok=True)  # if both are links to one file, `replace` leaves both

    return undo


@contextmanager
def own_file(path: Path) -> Iterator[Path]:
    """Yield a temporary name for a file, which is renamed to `path` if the block succeeds.

    This is for files in a folder of one process, such as the state of a run. They need no claims, and the next run
    overwrites what a killed process leaves.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    temporary = path.with_name(f"{path.name}.partial")
    yield temporary
    flush_file(temporary)
    temporary.replace(path)
    flush_folder(path.parent)


def flush_file(path: Path) -> None:
    """Flush a file to disk, so that after a power failure its name does not stand for an empty file."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in CANNOT_FLUSH:
            raise
    finally:
        os.close(descriptor)


def flush_folder(folder: Path) -> None:
    """Flush the names in a folder to disk, if the system supports that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
