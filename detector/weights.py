"""The weights file of a model. A checksum is written beside it, and everything is checked before a tensor is made."""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from detector.errors import ModelError, one_line, shown
from detector.texts import check_size, read_text

CHECKSUMS_FILE = "checksums.txt"
HEADER_BYTES = 2**22  # names and shapes of tensors, and the recipe
CHECKSUMS_BYTES = 2**12
CHECKSUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")
TYPES = {"F32": torch.float32, "I64": torch.int64}
"""The types of tensors in models, by their names in safetensors."""


@dataclass(frozen=True)
class Expected:
    """The type that a tensor must have, and the shapes that it may have."""

    dtype: torch.dtype
    shapes: frozenset[tuple[int, ...]]

    @property
    def most_bytes(self) -> int:
        """Bytes of the tensor in its largest shape."""
        return max(math.prod(shape) for shape in self.shapes) * self.dtype.itemsize


def write_weights(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str]) -> None:
    """Write tensors to a safetensors file, and its SHA-256 to a file beside it, in the format of `sha256sum`."""
    save_file(dict(tensors), path, metadata=dict(metadata))
    line = f"{_digest(path)}  {path.name}\n"
    path.with_name(CHECKSUMS_FILE).write_text(line, encoding="utf-8", newline="\n")


@dataclass(frozen=True)
class Weights:
    """An open weights file: its metadata, and its tensors on demand."""

    path: Path
    metadata: Mapping[str, str]
    _file: Any

    def read(self, expected: Mapping[str, Expected]) -> dict[str, Tensor]:
        """Read the tensors.

        Raises
        ------
        ModelError
            Where their names, types or shapes are not as `expected` (then nothing is read), or values are not finite.
        """
        difference = _difference(self._file, expected)
        if difference is not None:
            raise ModelError(f"{self.path}: does not fit recipe.toml: {difference}")
        tensors = {name: self._file.get_tensor(name) for name in expected}
        for name, tensor in tensors.items():
            if not tensor.isfinite().all():
                raise ModelError(f"{self.path}: {name} holds values that are not finite")
        return tensors


@contextmanager
def open_weights(path: Path, expected: Mapping[str, Expected]) -> Iterator[Weights]:
    """Open a weights file after checking its size, its checksum and the size of its header.

    A folder without a checksums file, as earlier versions wrote it, is read without that check.

    Parameters
    ----------
    path : Path
        The weights file.
    expected : mapping of str to Expected
        Its tensors, by name. A file that is much larger than these is refused before it is read.

    Raises
    ------
    ModelError
        Where the file is damaged, was changed, or is not a safetensors file.
    """
    try:
        check_size(path, 8 + HEADER_BYTES + sum(tensor.most_bytes for tensor in expected.values()))
        _check_sum(path)
        _check_header_size(path)
        with safe_open(path, framework="pt") as file:
            yield Weights(path, file.metadata() or {}, file)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as safetensors: {one_line(error)}") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_sum(path: Path) -> None:
    """Raise `ModelError` where the checksum of a file differs from the recorded one, or none is recorded of it."""
    sums_path = path.with_name(CHECKSUMS_FILE)
    if not os.path.lexists(sums_path):
        return
    recorded = _recorded_sum(sums_path, path.name)
    digest = _digest(path)
    if digest != recorded:
        raise ModelError(
            f"{path}: is damaged or was changed: its checksum is {digest[:12]}, but {recorded[:12]} was recorded"
        )


def _recorded_sum(sums_path: Path, name: str) -> str:
    """Read the SHA-256 of the file `name` from a file of checksums; raise `ModelError` where that is not possible."""
    try:
        lines = read_text(sums_path, CHECKSUMS_BYTES).removesuffix("\n").split("\n")
    except (OSError, ValueError) as error:
        raise ModelError(f"{sums_path}: cannot be read: {one_line(error)}") from error
    matches = [match for match in map(CHECKSUM.fullmatch, lines) if match is not None]
    recorded = {match[2]: match[1] for match in matches}.get(name)
    if recorded is None or len(matches) < len(lines):
        raise ModelError(f"{sums_path}: is not a list of SHA-256 sums, as sha256sum writes it, with one of {name}")
    return recorded


def _check_header_size(path: Path) -> None:
    """Raise `ValueError` where the header of a safetensors file claims to be longer than `HEADER_BYTES`."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
    if size > HEADER_BYTES:
        raise ValueError(f"its header claims {size:,} bytes; at most {HEADER_BYTES:,}")


def _difference(file: Any, expected: Mapping[str, Expected]) -> str | None:
    """Describe the first tensor that is missing, unknown, or of another type or shape; None where there is none."""
    names = set(file.keys())
    if missing := sorted(expected.keys() - names):
        return f"{missing[0]} is missing"
    if unknown := sorted(names - expected.keys()):
        return f"{shown(unknown[0])} is none of its tensors"
    for name, allowed in expected.items():
        tensor = file.get_slice(name)
        type_name = tensor.get_dtype()
        shape = tuple(tensor.get_shape())
        if TYPES.get(type_name) != allowed.dtype:
            return f"{name} has the type {type_name}; it must be {str(allowed.dtype).removeprefix('torch.')}"
        if shape not in allowed.shapes:
            return f"{name} has the shape {shape}; it must be {' or '.join(map(str, allowed.shapes))}"
    return None
