"""The file of a model's weights: written with a checksum beside it, and checked in full before a tensor is made."""

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
CODES = {"F32": torch.float32, "I64": torch.int64}  # what safetensors calls the types that models hold


@dataclass(frozen=True)
class Expected:
    """What a tensor must be: its type, and one of some shapes."""

    dtype: torch.dtype
    shapes: frozenset[tuple[int, ...]]

    @property
    def most_bytes(self) -> int:
        """Bytes of the largest."""
        return max(math.prod(shape) for shape in self.shapes) * self.dtype.itemsize


def write_weights(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str]) -> None:
    """Write tensors, and beside them their file's SHA-256 as the program `sha256sum` reads it."""
    save_file(dict(tensors), path, metadata=dict(metadata))
    line = f"{_digest(path)}  {path.name}\n"
    path.with_name(CHECKSUMS_FILE).write_text(line, encoding="utf-8", newline="\n")


@dataclass(frozen=True)
class Weights:
    """A file of weights that is open: its metadata, and its tensors when they are asked for."""

    path: Path
    metadata: Mapping[str, str]
    _file: Any

    def read(self, expected: Mapping[str, Expected]) -> dict[str, Tensor]:
        """Read the tensors; raise `ModelError` where they are not `expected`, before one is made."""
        fault = _misfit(self._file, expected)
        if fault is not None:
            raise ModelError(f"{self.path}: does not fit recipe.toml: {fault}")
        tensors = {name: self._file.get_tensor(name) for name in expected}
        for name, tensor in tensors.items():
            if not tensor.isfinite().all():
                raise ModelError(f"{self.path}: {name} holds values that are no finite numbers")
        return tensors


@contextmanager
def open_weights(path: Path, expected: Mapping[str, Expected]) -> Iterator[Weights]:
    """Open a file of weights whose content is what was saved.

    A folder without checksums, as earlier versions wrote it, is read, too. A file that is much larger than what is
    expected is not: nothing is read of it.

    Raises
    ------
    ModelError
        Where the file is damaged or was changed, or is no safetensors.
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
    """Raise `ModelError` where the checksum of a file is not the one that was recorded."""
    sums = path.with_name(CHECKSUMS_FILE)
    if not os.path.lexists(sums):
        return
    try:
        lines = read_text(sums, CHECKSUMS_BYTES).removesuffix("\n").split("\n")
    except (OSError, ValueError) as error:
        raise ModelError(f"{sums}: cannot be read: {one_line(error)}") from error
    found = [match for match in map(SUM.fullmatch, lines) if match is not None]
    recorded = {match[2]: match[1] for match in found}.get(path.name)
    if recorded is None or len(found) < len(lines):
        raise ModelError(f"{sums}: is not a list of SHA-256 sums with one of {path.name}, as sha256sum writes it")
    digest = _digest(path)
    if digest != recorded:
        raise ModelError(
            f"{path}: its content is not what was saved (checksum {digest[:12]}, recorded {recorded[:12]}): the file "
            "is damaged or was changed"
        )


def _check_header_size(path: Path) -> None:
    """Raise `ValueError` where the header of safetensors claims to be longer than any of ours."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
    if size > HEADER_BYTES:
        raise ValueError(f"its header claims {size:,} bytes; at most {HEADER_BYTES:,}")


def _misfit(file: Any, expected: Mapping[str, Expected]) -> str | None:
    """Say which tensor is missing, one too many, or of another shape or type; None where all are as expected."""
    names = set(file.keys())
    if missing := sorted(expected.keys() - names):
        return f"{missing[0]} is missing"
    if more := sorted(names - expected.keys()):
        return f"{shown(more[0])} is none of its tensors"
    for name, each in expected.items():
        tensor = file.get_slice(name)
        code, shape = tensor.get_dtype(), tuple(tensor.get_shape())
        if CODES.get(code) != each.dtype:
            return f"{name} is of the type {code}, and must be {str(each.dtype).removeprefix('torch.')}"
        if shape not in each.shapes:
            return f"{name} has the shape {shape}, and must have {' or '.join(map(str, each.shapes))}"
    return None
