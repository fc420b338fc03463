"""Folders that appear under their names only when they are whole; each kind of folder says which files it holds."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from detector.errors import OutputError, Parameter
from detector.interruption import uninterrupted
from detector.outputs.claims import OLD, claimed, locked, refuse_busy
from detector.outputs.files import flush_file, flush_folder, refuse_existing, written

LEFTOVER = ".*.part"  # what a killed process left of a file that it was writing into a folder


@dataclass(frozen=True)
class FolderKind:
    """A kind of folder that the program writes; the room that writes it declares it.

    Attributes
    ----------
    name : str
        For messages, as in "a folder of clips".
    files : tuple of str
        Names of all files that such a folder may hold; `*` stands for any characters, as in `power-*.npy`.
    """

    name: str
    files: tuple[str, ...]

    def is_kind_of(self, folder: Path) -> bool:
        """Return whether `folder` is a folder that holds nothing but files of this kind; an empty one is of any."""
        return folder.is_dir() and all(self._may_hold(path.name) for path in folder.iterdir())

    def _may_hold(self, name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in (*self.files, LEFTOVER))


def refuse_folder(output: Path, kind: FolderKind, *, force: bool) -> None:
    """Raise `OutputError` if a new folder of some kind may not replace `output`.

    It may not where something exists there; with `force`, where that is no folder of the same kind. It may not either
    where another process is writing it.
    """
    if not output.name:
        raise OutputError(f"{output}: names no folder; give it a name")
    refuse_busy(output)  # this first: it puts back what a killed process was replacing
    _refuse_kept(output, kind, force=force)


def _refuse_kept(output: Path, kind: FolderKind, *, force: bool) -> None:
    refuse_existing(output, force=force)
    if output.is_symlink() or (output.exists() and not kind.is_kind_of(output)):
        raise OutputError(f"{output}: is not (only) {kind.name}, so {Parameter('force')} keeps it; move it away")


@contextmanager
def new_folder(output: Path, kind: FolderKind, *, force: bool) -> Iterator[Path]:
    """Return a folder of a temporary name that becomes `output` when the block ends well, and goes when it does not."""
    refuse_folder(output, kind, force=force)
    missing = [parent for parent in output.parents if not parent.exists()]
    try:
        with written(output):
            output.parent.mkdir(parents=True, exist_ok=True)
            with claimed(output, folder=True) as claim:
                yield claim.temporary
                _flush_all(claim.temporary)
                with uninterrupted(), locked(output.parent):
                    _refuse_kept(output, kind, force=force)  # it may have come to be in the meantime
                    _replace(output, claim.temporary)
                    flush_folder(output.parent)
    finally:
        if not output.exists():
            _remove_empty(missing)


def _flush_all(folder: Path) -> None:
    """Bring a folder and all that it holds to disk."""
    for path, _, names in os.walk(folder):
        for name in names:
            flush_file(Path(path) / name)
        flush_folder(Path(path))


def _replace(output: Path, folder: Path) -> None:
    """Put a folder in the place of another one: at every moment one of the two is whole."""
    if not output.exists():
        folder.rename(output)
        return
    old = Path(tempfile.mkdtemp(prefix=f"{output.name}.partial-", dir=output.parent)) / OLD
    output.rename(old)
    try:
        folder.rename(output)
    except BaseException:
        old.rename(output)
        raise
    finally:
        shutil.rmtree(old.parent, ignore_errors=True)


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders, the innermost first, as far as they are empty."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
