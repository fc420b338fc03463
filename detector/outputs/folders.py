"""Write folders that appear only when they are complete. Each kind of folder declares its files."""

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

LEFTOVER = ".*.part"  # a file in a folder that a killed process left incomplete


@dataclass(frozen=True)
class FolderKind:
    """A kind of folder that the program writes, declared by the package that writes it.

    Attributes
    ----------
    name : str
        For messages, as in "a folder of clips".
    files : tuple of str
        Names of all files that such a folder may contain; `*` stands for any characters, as in `power-*.npy`.
    """

    name: str
    files: tuple[str, ...]

    def is_kind_of(self, folder: Path) -> bool:
        """Return whether `folder` contains only files of this kind; an empty folder is of every kind."""
        return folder.is_dir() and all(self._may_hold(path.name) for path in folder.iterdir())

    def _may_hold(self, name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in (*self.files, LEFTOVER))


def refuse_folder(output: Path, kind: FolderKind, *, force: bool) -> None:
    """Raise `OutputError` if a new folder may not take the place of `output`.

    Without `force`, nothing may exist there; with it, only a folder of the same kind. In no case may another process be
    writing it.
    """
    if not output.name:
        raise OutputError(f"{output}: is not the name of a folder; give a name")
    refuse_busy(output)  # first, because it puts back a folder that a killed process was replacing
    _refuse_kept(output, kind, force=force)


def _refuse_kept(output: Path, kind: FolderKind, *, force: bool) -> None:
    refuse_existing(output, force=force)
    if output.is_symlink() or (output.exists() and not kind.is_kind_of(output)):
        raise OutputError(
            f"{output}: is not {kind.name}, or holds other files, so {Parameter('force')} does not replace it; "
            "move it away"
        )


@contextmanager
def new_folder(output: Path, kind: FolderKind, *, force: bool) -> Iterator[Path]:
    """Yield a temporary folder, which is renamed to `output` if the block succeeds and removed if it fails."""
    refuse_folder(output, kind, force=force)
    output = _anchored(output)
    missing = [parent for parent in output.parents if not parent.exists()]
    try:
        with written(output):
            output.parent.mkdir(parents=True, exist_ok=True)
            with claimed(output, folder=True) as claim:
                yield claim.temporary
                _flush_all(claim.temporary)
                with uninterrupted(), locked(output.parent):
                    _refuse_kept(output, kind, force=force)  # it may have been made meanwhile
                    _replace(output, claim.temporary)
                    flush_folder(output.parent)
    finally:
        if not output.exists():
            _remove_empty(missing)


def _anchored(output: Path) -> Path:
    """Return the path of a folder without `..`, so that it does not lead through the folder that it replaces."""
    return output.parent.resolve() / output.name if ".." in output.parts else output


def _flush_all(folder: Path) -> None:
    """Flush a folder and all its files to disk."""
    for path, _, names in os.walk(folder):
        for name in names:
            flush_file(Path(path) / name)
        flush_folder(Path(path))


def _replace(output: Path, folder: Path) -> None:
    """Replace a folder by another one, so that one of them is complete at every moment."""
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
    """Remove the folders that are empty, beginning with the innermost."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
