"""Outputs that are whole or not there: written under a temporary name, renamed when done."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from detector.errors import OutputError

OURS = (
    "recipe.toml", "clips.csv", "events.csv", "labels.json", "recordings.csv", "annotations.csv", "power-*.npy",
    "state-*.npy", "weights.safetensors", "operating.toml", "README.md", "training.csv", "curves.png",
    "learning-curve.csv", "learning-curve.png", "checksums.txt",
)  # fmt: skip
"""The names of all files in folders that are written here: clips and models."""


def refuse_existing(output: Path, *, force: bool) -> None:
    """Raise `OutputError` where `output` exists and may not be replaced."""
    if (output.exists() or output.is_symlink()) and not force:
        raise OutputError(f"{output}: exists already; choose another name, or --force to replace it")


def refuse_folder(output: Path, *, force: bool) -> None:
    """Raise `OutputError` where a folder may not replace `output`: with `force`, where it is none of ours."""
    if not output.name:
        raise OutputError(f"{output}: names no folder; give it a name")
    refuse_existing(output, force=force)
    if output.is_symlink() or (output.exists() and not _is_ours(output)):
        raise OutputError(f"{output}: is not (only) a folder of clips or a model, so --force keeps it; move it away")


def _is_ours(output: Path) -> bool:
    return output.is_dir() and all(any(fnmatch(path.name, name) for name in OURS) for path in output.iterdir())


@contextmanager
def new_folder(output: Path, *, force: bool) -> Iterator[Path]:
    """Give a folder of a temporary name that becomes `output` when the block ends well, and goes when it does not."""
    refuse_folder(output, force=force)
    missing = [parent for parent in output.parents if not parent.exists()]
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{output.name}.partial-", dir=output.parent))
    except OSError as error:
        raise OutputError(f"{output}: cannot be written: {error.strerror}") from error
    try:
        folder.chmod(0o755)
        yield folder
        refuse_folder(output, force=force)  # it may have come to be in the meantime
        _replace(output, folder)
    except OSError as error:
        raise OutputError(f"{output}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not output.exists():
            _remove_empty(missing)


def _replace(output: Path, folder: Path) -> None:
    """Put a folder in the place of another one: at every moment one of the two is whole."""
    if not output.exists():
        folder.rename(output)
        return
    old = Path(tempfile.mkdtemp(prefix=f"{output.name}.partial-", dir=output.parent)) / "old"
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
