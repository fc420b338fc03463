"""Arrays from anyone: a header that lies is refused, with the file's name, before anything is mapped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.shards import map_array, read_header


def saved(path: Path, array: Any, **options: Any) -> Path:
    np.save(path, array, **options)
    return path


def with_header(path: Path, text: bytes, version: bytes = b"\x01\x00") -> Path:
    size = len(text).to_bytes(2 if version == b"\x01\x00" else 4, "little")
    path.write_bytes(b"\x93NUMPY" + version + size + text + b"\0" * 64)
    return path


def test_an_array_is_mapped_as_it_was_saved(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    found = map_array(saved(tmp_path / "a.npy", array))
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, array)


ARRAYS = {
    "half": np.zeros((2, 3), np.float16),
    "double": np.zeros((2, 3)),
    "big-endian": np.zeros((2, 3), ">f4"),
    "whole": np.zeros((2, 3), np.int32),
    "Fortran": np.asfortranarray(np.zeros((2, 3), np.float32)),
    "record": np.zeros(3, [("a", np.float32)]),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_numbers_of_another_type_or_order_are_refused_with_what_is_expected(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ValueError, match=r"a\.npy.*float32"):
        read_header(saved(tmp_path / "a.npy", ARRAYS[kind]))


def test_objects_are_refused_and_not_unpickled(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a\.npy"):
        read_header(saved(tmp_path / "a.npy", np.array([{}, []], dtype=object), allow_pickle=True))


FLOATS = b"{'descr': '<f4', 'fortran_order': False, 'shape': %s}"
HEADERS = {
    "giant": FLOATS % b"(4611686018427387904, 4611686018427387904)",
    "negative": FLOATS % b"(-4, -4)",
    "of very long numbers": FLOATS % (b"(" + b"9" * 5000 + b",)"),
    "nested": FLOATS % (b"(" * 3000 + b")" * 3000),
    "of no numbers": FLOATS % b"('a', 'b')",
    "empty": b"",
    "no dictionary": b"[1, 2]",
    "a program": b"__import__('os').abort()",
    "too long": FLOATS % b"(4, 4)" + b" " * 60_000,
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_that_cannot_be_is_refused_in_a_line_that_names_the_file(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ValueError, match=r"a\.npy") as caught:
        read_header(with_header(tmp_path / "a.npy", HEADERS[kind]))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_header_that_claims_gigabytes_is_not_read(tmp_path: Path) -> None:
    path = with_header(tmp_path / "a.npy", b"", version=b"\x02\x00")
    path.write_bytes(b"\x93NUMPY\x02\x00\xff\xff\xff\xff")
    os.truncate(path, 2**33)  # takes no room on disk
    with pytest.raises(ValueError, match=r"a\.npy"):
        read_header(path)


@pytest.mark.parametrize("more", [-1, 1, -20])
def test_a_file_that_is_shorter_or_longer_than_its_shape_is_refused(tmp_path: Path, more: int) -> None:
    path = saved(tmp_path / "a.npy", np.zeros((2, 3), np.float32))
    os.truncate(path, path.stat().st_size + more)
    with pytest.raises(ValueError, match=r"a\.npy.*2, 3"):
        read_header(path)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04" + b"\0" * 100, b"\x80\x04."])
def test_what_is_no_array_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.npy"):
        read_header(tmp_path / "a.npy")
