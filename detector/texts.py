"""Read text files of limited size; write counts in words, and tables of plain text.

A file from a stranger can make a parser recurse too deeply, build huge numbers, or run for hours. So size, nesting and
the length of numbers are checked before a file is parsed. Every fault is a `ValueError` or an `OSError`; the callers
add what the file is for.
"""

from __future__ import annotations

import json
import re
import stat
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

RECIPE_BYTES = 2**20  # shipped recipes take 2 KiB; the names of 10,000 species take 300 more
OPERATING_BYTES = 2**25  # a tuned label takes 20 KiB
FACTS_BYTES = 2**24  # labels.json: 150 bytes a label
STATE_BYTES = 2**24  # state of training or mining: 200 bytes an epoch
CARD_BYTES = 2**20
PROVENANCE_BYTES = 2**26  # a label takes 200 bytes, an earlier card 1 MiB at most
TABLE_BYTES = 2**28  # clips.csv: some 2.5 million clips

NESTING = 16
"""Deepest nesting of tables, lists and dotted keys; a recipe needs 6."""

WORD = 100
"""Most characters of a number, or of a key without quotes."""

TOML_STRINGS = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"{3,5}|\Z)'  # a string without an end matches the rest, so that no attempt scans it again
    r"|'''.*?(?:'{3,5}|\Z)"
    r'|"(?:\\[^\n]|[^"\\\n])*"?'
    r"|'[^'\n]*'?"
    r"|#[^\n]*",
    re.DOTALL,
)
JSON_STRINGS = re.compile(r'"(?:\\.|[^"\\])*"?', re.DOTALL)
NO_STRUCTURE = re.compile(r"[^.=,\[\]{}\n]+")
LONG_WORD = re.compile(rf"\w{{{WORD + 1},}}")


def check_size(path: Path, most: int) -> int:
    """Return the size of a file in bytes.

    Parameters
    ----------
    most : int
        Most bytes that it may have.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is larger, or not a regular file: a pipe might never end.
    """
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise ValueError("is not a regular file")
    if facts.st_size > most:
        raise ValueError(f"has {facts.st_size:,} bytes; at most {most:,} are allowed")
    return facts.st_size


def read_text(path: Path, most: int, errors: str = "strict") -> str:
    """Read a text file in UTF-8 of at most `most` bytes.

    Raises
    ------
    OSError, ValueError
        If it cannot be read, is not a regular file, is larger, or is not UTF-8 (unless `errors` allows that).
    """
    check_size(path, most)
    with path.open(encoding="utf-8-sig", errors=errors) as stream:  # some editors write a byte order mark
        text = stream.read(most + 1)
    if len(text) > most:
        raise ValueError(f"grew to more than {most:,} bytes")
    return text


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML; raise `ValueError` if it is invalid, nested too deeply, or has too long a number."""
    _check_structure(TOML_STRINGS.sub('""', text))
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def parse_json(text: str) -> Any:
    """Parse JSON; raise `ValueError` if it is invalid, nested too deeply, or has too long a number."""
    _check_structure(JSON_STRINGS.sub('""', text))
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def _check_structure(bare: str) -> None:
    """Raise `ValueError` if a text, without its strings and comments, is nested too deeply or has too long a number."""
    if LONG_WORD.search(bare):
        raise ValueError(f"has a number or a key of more than {WORD} characters")
    structure = NO_STRUCTURE.sub("", bare)
    depth = 0
    for mark in structure:
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        if depth > NESTING:
            break
    if depth > NESTING or "." * NESTING in structure:
        raise ValueError(f"has more than {NESTING} tables, lists or parts of a key within one another")


def many(count: int, thing: str) -> str:
    """Write a count and its noun, for example `1 recording` or `2,000 recordings`."""
    return f"{count:,} {thing}{'s' * (count != 1)}"


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Write rows of cells as lines, indented by two: the first column left-aligned, the others right-aligned."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    for row in rows:
        first = row[0].ljust(widths[0])
        others = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        yield "  " + "  ".join([first, *others]).rstrip()
