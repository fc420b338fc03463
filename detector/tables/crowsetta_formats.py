"""Formats that crowsetta reads (extra `annot`): .not.mat of evsonganaly, and TextGrid of Praat."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from detector.errors import AnnotationError
from detector.tables.matlab import check_matlab
from detector.tables.rows import Row, table_of
from detector.tables.table import ReadOptions, Table, UnreadableTableError

Segment = tuple[float, float, str]


def is_notmat(path: Path, _line: str) -> bool:
    """Return whether a file has the name of annotations by evsonganaly."""
    return path.name.casefold().endswith(".not.mat")


def is_textgrid(path: Path, _line: str) -> bool:
    """Return whether a file has the name of annotations by Praat."""
    return path.suffix.casefold() == ".textgrid"


def read_notmat(path: Path, options: ReadOptions) -> Table:
    """Read a .not.mat file: the syllables of one recording."""
    try:
        check_matlab(path)
    except ValueError as error:
        raise UnreadableTableError(path, f"is not a MAT-file that can be read: {error}") from error
    return _read(path, "NotMat", options)


def read_textgrid(path: Path, options: ReadOptions) -> Table:
    """Read a TextGrid: all labelled intervals of all interval tiers. Points have no duration and are left out."""
    return _read(path, "TextGrid", options)


def _read(path: Path, name: str, options: ReadOptions) -> Table:
    crowsetta_format = getattr(_crowsetta(path).formats.seq, name)
    try:
        rows = [
            Row(number, start=str(float(start)), end=str(float(end)), label=str(label))
            for number, (start, end, label) in enumerate(_segments(crowsetta_format.from_file(path)), start=1)
        ]
    except Exception as error:  # crowsetta and scipy raise errors of many types on damaged files
        raise UnreadableTableError(path, f"is not a {name} file that crowsetta can read: {error}") from error
    return table_of(path, rows, options)


def _crowsetta(path: Path) -> Any:
    try:
        import crowsetta
    except ImportError as error:
        raise AnnotationError(f'{path}: this format needs crowsetta: pip install "detector[annot]"') from error
    return crowsetta


def _segments(annotated: Any) -> Iterable[Segment]:
    """Return onset, offset and label of each segment, not rounded to milliseconds."""
    sequences = annotated.to_seq(round_times=False)
    for sequence in sequences if isinstance(sequences, list) else [sequences]:
        yield from zip(sequence.onsets_s, sequence.offsets_s, sequence.labels, strict=True)
