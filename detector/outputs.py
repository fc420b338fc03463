"""Outputs that are whole or not there: written under a temporary name, renamed when done."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from detector.errors import OutputError

MARK = "recipe.toml"  # what every folder that is written here holds: clips and models


def refuse_existing(output: Path, *, force: bool) -> None:
    """Raise `OutputError` where `output` exists and may not be replaced."""
    if output.exists() and not force:
        raise OutputError(f"{output}: exists already; choose another name, or --force to replace it")


def refuse_folder(output: Path, *, force: bool) -> None:
    """Raise `OutputError` where a folder may not replace `output`: with `force`, where it is none of ours."""
    refuse_existing(output, force=force)
    if output.is_symlink() or (output.exists() and not _is_ours(output)):
        raise OutputError(f"{output}: is no folder of clips and no model (it holds no {MARK}), so --force keeps it")


def _is_ours(output: Path) -> bool:
    return output.is_dir() and ((output / MARK).is_file() or not any(output.iterdir()))


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
        if output.exists():
            shutil.rmtree(output)
        folder.rename(output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not output.exists():
            _remove_empty(missing)


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders, the innermost first, as far as they are empty."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
