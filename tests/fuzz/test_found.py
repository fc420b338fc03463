"""What fuzzers found stays mended, and a few mutations of every kind are tried each time."""

from __future__ import annotations

import importlib
import random
import sys
from pathlib import Path

import pytest

from tests.fuzz.__main__ import TARGETS
from tests.fuzz.target import MOST_BYTES, Target, attempt

FOUND = Path(__file__).parent / "found"
N_DRAWN = 150


def target_of(name: str) -> Target:
    return importlib.import_module(f"tests.fuzz.{name}").TARGET


@pytest.mark.parametrize("path", sorted(FOUND.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_a_fuzzer_found_is_read_or_refused(path: Path, tmp_path: Path) -> None:
    found = attempt(target_of(path.parent.name), path.read_bytes(), tmp_path)
    assert found is None, found.text


@pytest.mark.parametrize("name", TARGETS)
def test_a_sound_input_is_read(name: str, tmp_path: Path) -> None:
    target = target_of(name)
    for data in target.seeds():
        found = attempt(target, data, tmp_path)
        assert found is None, found.text


@pytest.mark.skipif(sys.platform == "win32", reason="files that a decoder holds open cannot be replaced")
@pytest.mark.parametrize("name", TARGETS)
def test_a_spoilt_input_is_read_or_refused(name: str, tmp_path: Path) -> None:
    target, rng = target_of(name), random.Random(0)
    seeds = target.seeds()
    for n in range(N_DRAWN):
        data = target.mutate(seeds[n % len(seeds)], rng)[:MOST_BYTES]
        found = attempt(target, data, tmp_path)
        assert found is None, f"{data[:80]!r}: {found.text}"
