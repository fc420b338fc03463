"""Folders that appear under their names only when they are whole: clips and models."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from detector.errors import OutputError, Parameter
from detector.interruption import uninterrupted
from detector.outputs.claims import OLD, claimed, locked, refuse_busy
from detector.outputs.files import flush_file, flush_folder, refuse_existing, written

OURS = (
    "recipe.toml", "clips.csv", "events.csv", "labels.json", "recordings.csv", "annotations.csv", "power-*.npy",
    "state-*.npy", "weights.safetensors", "operating.toml", "README.md", "training.csv", "curves.png",
    "learning-curve.csv", "learning-curve.png", "checksums.txt", ".*.part",
)  # fmt: skip
"""The names of all files in folders that are written here: clips and models, and what a killed process left there."""


def refuse_folder(output: Path, *, force: bool) -> None:
    """Raise `OutputError` where a folder may not replace `output`: with `force`, where it is none of ours.

    It may not either where another process is writing it.
    """
    if not output.name:
        raise OutputError(f"{output}: names no folder; give it a name")
    refuse_busy(output)  # this first: it puts back what a killed process was replacing
    _refuse_kept(output, force=force)


def _refuse_kept(output: Path, *, force: bool) -> None:
    refuse_existing(output, force=force)
    if output.is_symlink() or (output.exists() and not _is_ours(output)):
        raise OutputError(
            f"{output}: is not (only) a folder of clips or a model, so {Parameter('force')} keeps it; move it away"
        )


def _is_ours(output: Path) -> bool:
    return output.is_dir() and all(any(fnmatch(path.name, name) for name in OURS) for path in output.iterdir())


@contextmanager
def new_folder(output: Path, *, force: bool) -> Iterator[Path]:
    """Give a folder of a temporary name that becomes `output` when the block ends well, and goes when it does not."""
    refuse_folder(output, force=force)
    missing = [parent for parent in output.parents if not parent.exists()]
    try:
        with written(output):
            output.parent.mkdir(parents=True, exist_ok=True)
            with claimed(output, folder=True) as claim:
                yield claim.temporary
                _flush_all(claim.temporary)
                with uninterrupted(), locked(output.parent):
                    _refuse_kept(output, force=force)  # it may have come to be in the meantime
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
