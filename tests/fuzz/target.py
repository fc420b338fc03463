"""What a fuzzer calls: a target takes bytes, and raises where the program does what it must not."""

from __future__ import annotations

import hashlib
import random
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import memory

MOST_S = 10.0  # of processor time, for an input of at most MOST_BYTES
MOST_MEMORY = 500 << 20  # bytes, beyond those that the process held before
MOST_BYTES = 1 << 17

Mutate = Callable[[bytes, random.Random], bytes]


class TooSlowError(AssertionError):
    """An input takes more time than its size can explain."""


class TooLargeError(AssertionError):
    """An input takes more memory than its size can explain."""


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes
    ----------
    name : str
        On the command line.
    seeds : callable
        Gives inputs that the program takes, to begin with.
    run : callable
        Takes an input and an empty folder; lets through every exception that the program must not raise.
    mutate : callable
        Changes an input so that much of it stays sound.
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    run: Callable[[bytes, Path], None]
    mutate: Mutate


@dataclass(frozen=True)
class Found:
    """An exception that must not be: where it was raised names it."""

    name: str
    text: str


def attempt(target: Target, data: bytes, folder: Path) -> Found | None:
    """Run a target on an input; give what is wrong."""
    try:
        with in_bounds():
            target.run(data, folder)
    except Exception as error:  # noqa: BLE001 (any exception that comes here is a finding)
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if "/detector/" in frame.filename] or frames
        place = f"{type(error).__name__}-{Path(own[-1].filename).stem}-{own[-1].lineno}"
        return Found(place, "".join(traceback.format_exception(error)))
    return None


@contextmanager
def in_bounds() -> Iterator[None]:
    """Raise `TooSlowError` or `TooLargeError` where what is within has taken too much time or memory of its own."""
    memory.forget_peak()
    held, start = memory.resident(), time.process_time()
    yield
    if (taken := time.process_time() - start) > MOST_S:
        raise TooSlowError(f"{taken:.0f} s of processor time")
    if (taken := memory.peak() - held) > MOST_MEMORY:
        raise TooLargeError(f"{taken >> 20} MiB of memory")


def file_name(data: bytes) -> str:
    """Name an input by its content."""
    return hashlib.sha256(data).hexdigest()[:12]


def replaced(data: bytes, rng: random.Random, pieces: Sequence[bytes], separators: bytes) -> bytes:
    """Replace, double, remove or exchange some of the pieces between separators."""
    parts = [bytearray()]
    for byte in data:
        if byte in separators:
            parts += [bytearray([byte]), bytearray()]
        else:
            parts[-1].append(byte)
    for _ in range(rng.randint(1, 4)):
        n = rng.randrange(len(parts))
        match rng.randrange(5):
            case 0 | 1:
                parts[n] = bytearray(rng.choice(pieces))
            case 2:
                parts.insert(n, bytearray(parts[rng.randrange(len(parts))]))
            case 3 if len(parts) > 1:
                del parts[n]
            case _:
                parts[n] = bytearray(spoilt(bytes(parts[n]), rng))
    return b"".join(parts)


def spoilt(data: bytes, rng: random.Random, within: int | None = None) -> bytes:
    """Change bytes, bits or whole fields among the first `within` bytes, or the length."""
    changed = bytearray(data)
    if not changed:
        return rng.randbytes(4)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(min(len(changed), within or len(changed)) or 1)
        width = rng.choice((1, 2, 4, 8))
        match rng.randrange(6):
            case 0:
                changed[at] ^= 1 << rng.randrange(8)
            case 1 | 2:
                top = 1 << 8 * width
                value = rng.choice((0, 1, 2, top - 1, top - 2, top // 2, top // 2 - 1, rng.randrange(top)))
                changed[at : at + width] = value.to_bytes(width, rng.choice(("little", "big")))
            case 3:
                changed[at:at] = rng.randbytes(width)
            case 4 if len(changed) > width + 1:
                del changed[at : at + width]
            case 5 if rng.random() < 0.3:
                del changed[rng.randrange(len(changed)) + 1 :]
            case _:
                changed[at] = rng.randrange(256)
    return bytes(changed)
