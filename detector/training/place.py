"""Check that a run can write its state, and translate the errors of writing it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from detector.errors import OutputError

WRITERS = ("inline_container", "PytorchStreamWriter")  # names of torch.save in its RuntimeErrors


def check_place(folder: Path) -> None:
    """Raise `OutputError` if a folder cannot be made or written, before hours of work depend on it."""
    path = folder.absolute()
    nearest = next(place for place in (path, *path.parents) if place.exists() or place.is_symlink())
    if not nearest.is_dir():
        raise OutputError(f"{nearest}: is not a folder and stands in the place of {folder}; move it away")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: cannot be written: you may not write to {nearest}")


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Raise an `OutputError` in the place of what libraries raise if `path` cannot be written, as on a full disk."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    except (SafetensorError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(name in str(error) for name in WRITERS):
            raise
        raise OutputError(f"{path}: cannot be written; is the disk full? ({error})") from error
