"""Read and write the weights of a model. A checksum lies beside them; everything is checked before tensors are made."""

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
SUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")
CODES = {"F32": torch.float32, "I64": torch.int64}  # by the names of safetensors


@dataclass(frozen=True)
class Expected:
    """The type of a tensor, and the shapes that it may have."""

    dtype: torch.dtype
    shapes: frozenset[tuple[int, ...]]

    @property
    def most_bytes(self) -> int:
        """Bytes of the largest of the shapes."""
        return max(math.prod(shape) for shape in self.shapes) * self.dtype.itemsize


def write_weights(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str]) -> None:
    """Write tensors to `path`, and beside it the SHA-256 of the file, in the format of the program `sha256sum`."""
    save_file(dict(tensors), path, metadata=dict(metadata))
    line = f"{_digest(path)}  {path.name}\n"
    path.with_name(CHECKSUMS_FILE).write_text(line, encoding="utf-8", newline="\n")


@dataclass(frozen=True)
class Weights:
    """An open file of weights: its metadata, and its tensors on request."""

    path: Path
    metadata: Mapping[str, str]
    _file: Any

    def read(self, expected: Mapping[str, Expected]) -> dict[str, Tensor]:
        """Read the tensors; raise `ModelError` if they are not as `expected`, or hold values that are not finite."""
        fault = _misfit(self._file, expected)
        if fault is not None:
            raise ModelError(f"{self.path}: does not fit recipe.toml: {fault}")
        tensors = {name: self._file.get_tensor(name) for name in expected}
        for name, tensor in tensors.items():
            if not tensor.isfinite().all():
                raise ModelError(f"{self.path}: {name} holds values that are not finite")
        return tensors


@contextmanager
def open_weights(path: Path, expected: Mapping[str, Expected]) -> Iterator[Weights]:
    """Open a file of weights, after its size and its checksum are checked.

    Folders without a checksum, as earlier versions wrote them, are accepted. A file much larger than the expected
    tensors is refused before it is read.

    Raises
    ------
    ModelError
        If the file is damaged, was changed, or is not a file of safetensors.
    """
    try:
        check_size(path, 8 + HEADER_BYTES + sum(each.most_bytes for each in expected.values()))
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
    """Raise `ModelError` if the checksum of a file is not the recorded one."""
    sums = path.with_name(CHECKSUMS_FILE)
    if not os.path.lexists(sums):
        return
    try:
        lines = read_text(sums, CHECKSUMS_BYTES).removesuffix("\n").split("\n")
    except (OSError, ValueError) as error:
        raise ModelError(f"{sums}: cannot be read: {one_line(error)}") from error
    matches = [match for match in map(SUM.fullmatch, lines) if match is not None]
    recorded = {match[2]: match[1] for match in matches}.get(path.name)
    if recorded is None or len(matches) < len(lines):
        raise ModelError(f"{sums}: is not a list of SHA-256 sums, as sha256sum writes it, with {path.name} in it")
    digest = _digest(path)
    if digest != recorded:
        raise ModelError(
            f"{path}: is damaged or was changed: its checksum is {digest[:12]}, the recorded one is {recorded[:12]}"
        )


def _check_header_size(path: Path) -> None:
    """Raise `ValueError` if the header of a safetensors file claims to be too long."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
    if size > HEADER_BYTES:
        raise ValueError(f"its header claims {size:,} bytes; at most {HEADER_BYTES:,} are allowed")


def _misfit(file: Any, expected: Mapping[str, Expected]) -> str | None:
    """Describe the first tensor that is missing, not expected, or of another shape or type; None if all fit."""
    names = set(file.keys())
    if missing := sorted(expected.keys() - names):
        return f"{missing[0]} is missing"
    if extra := sorted(names - expected.keys()):
        return f"{shown(extra[0])} is not one of its tensors"
    for name, each in expected.items():
        tensor = file.get_slice(name)
        code = tensor.get_dtype()
        shape = tuple(tensor.get_shape())
        if CODES.get(code) != each.dtype:
            return f"{name} has the type {code}; it must be {str(each.dtype).removeprefix('torch.')}"
        if shape not in each.shapes:
            return f"{name} has the shape {shape}; it must have {' or '.join(map(str, each.shapes))}"
    return None
