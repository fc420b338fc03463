"""Model folders: what is no whole model is refused with the program's own error."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from detector.errors import DetectorError
from detector.model import load_model
from tests.corpus.model import write_model
from tests.fuzz import folders
from tests.fuzz.target import Target

NAMES = ("recipe.toml", "weights.safetensors", "operating.toml")


@cache
def sound() -> Path:
    """Write a model, once."""
    return write_model(Path(tempfile.mkdtemp(prefix="fuzz-models-")) / "model")


def seeds() -> tuple[bytes, ...]:
    """Give the files of a model."""
    return folders.seeds_of(sound(), NAMES)


def run(data: bytes, folder: Path) -> None:
    """Load a model with one spoilt file."""
    with suppress(DetectorError):
        model = load_model(folders.with_file(sound(), NAMES, data, folder))
        model.fingerprint()


TARGET = Target("models", seeds, run, folders.mutate)
