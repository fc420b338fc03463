"""What a broken file is, and what a scan must make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Literal

Stretch = tuple[float, float]  # start and end on the true timeline, s
WHOLE: Stretch = (0.0, inf)
MARGIN_S = 0.5  # a call this near to damage is not judged: windows, codecs and clicks reach that far


@dataclass(frozen=True)
class Source:
    """An undamaged recording whose calls a case holds, `offset_s` later than there."""

    name: str
    offset_s: float = 0.0


@dataclass(frozen=True)
class Case:
    """A broken file and what must be true of its rows.

    Attributes
    ----------
    name : str
        Of the file, with a suffix by which a folder search finds it.
    write : callable
        Makes the file at a path.
    sources : tuple of Source
        Undamaged recordings that hold its calls.
    damaged : tuple of Stretch
        Where there is no good audio: calls there, and those within `MARGIN_S`, are not judged.
    optional : tuple of Stretch
        Where calls may be missing, as nothing or little tells where they belong; those that are found must be true.
    named : str
        "must": status or detail says that something is wrong. "unless": it must, unless every call that is not in
        `damaged` is found. "never": the file is healthy. "may": both.
    failed : bool
        Whether the recording may be refused as a whole.
    strict : bool
        Whether calls that are not there are a fault even where the row names the damage.
    listed : bool
        Whether a row must tell of it; a folder with an audio name has none.
    """

    name: str
    write: Callable[[Path], None] = field(repr=False)
    sources: tuple[Source, ...] = ()
    damaged: tuple[Stretch, ...] = ()
    optional: tuple[Stretch, ...] = ()
    named: Literal["must", "unless", "never", "may"] = "must"
    failed: bool = False
    strict: bool = True
    listed: bool = True


Group = Callable[[bool], Iterator[Case]]  # takes whether only the quick part is asked for


def content(data: bytes) -> Callable[[Path], None]:
    """Give what writes `data`."""

    def write(path: Path) -> None:
        path.write_bytes(data)

    return write


def in_header(name: str, data: bytes, source: str) -> Case:
    """A fault in a header: the same calls, or a word on what is wrong; a refusal will do."""
    return Case(name, content(data), (Source(source),), optional=(WHOLE,), named="unless", failed=True, strict=False)


def healthy(name: str, data: bytes, source: str) -> Case:
    """A rare but sound file: the same calls, and not a word."""
    return Case(name, content(data), (Source(source),), named="never")
