"""Where a run keeps its state: whether it can be made there, and what is told where it cannot be written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from detector.errors import OutputError

WRITERS = ("inline_container", "PytorchStreamWriter")  # how torch.save names itself in a RuntimeError


def check_place(folder: Path) -> None:
    """Raise `OutputError` where a folder cannot be made or written, before hours of work go into it."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists() or path.is_symlink())
    if not there.is_dir():
        raise OutputError(f"{there}: is in the way of the folder {folder}; move it away")
    if not os.access(there, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: cannot be written: {there} may not be changed")


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Turn what the libraries raise where `path` cannot be written, as on a full disk, into an `OutputError`."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    except (SafetensorError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(name in str(error) for name in WRITERS):
            raise
        raise OutputError(f"{path}: cannot be written; is the disk full? ({error})") from error
