"""Plain CSV and TSV with a header, and the table of detections, which is one of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from detector.line_ends import LineEnds
from detector.tables.rows import Row, table_of
from detector.tables.sheet import first_line, read_sheet
from detector.tables.table import Located, ReadOptions, Table

COLUMNS = ("recording", "channel", "start_s", "end_s", "low_hz", "high_hz", "label", "score", "start_time")

# The names that people and other tools give to each column, the surest first.
AUDIO = (
    *("recording", "file", "filename", "file_name", "audio", "audio_file", "audio_path"),
    *("path", "filepath", "file_path", "notated_path", "begin_path", "begin_file"),
)
START = (
    *("start_s", "start", "onset_s", "onset", "begin_s", "begin"),
    *("begin_time_s", "begin_time", "start_time_s", "start_time"),
)
END = ("end_s", "end", "offset_s", "offset", "stop_s", "stop", "end_time_s", "end_time")
LOW = ("low_hz", "low_freq_hz", "low_freq", "low_f", "min_freq", "fmin")
HIGH = ("high_hz", "high_freq_hz", "high_freq", "high_f", "max_freq", "fmax")
DELIMITERS = (",", "\t", ";")


def recognise(path: Path, line: str) -> bool:
    """Tell a CSV by the file's name; any content is possible."""
    return path.suffix.casefold() in (".csv", ".tsv") and bool(line)


def read(path: Path, options: ReadOptions) -> Table:
    """Read a CSV whose delimiter is the one most frequent in its header."""
    line = first_line(path)
    delimiter = max(DELIMITERS, key=line.count)
    sheet = read_sheet(path, delimiter, quoted=True)
    start, end = sheet.required(*START), sheet.required(*END)
    low, high = sheet.column(*LOW), sheet.column(*HIGH)
    label, channel = sheet.label_column(options, "label"), sheet.column("channel")
    audio, score = sheet.column(*AUDIO), sheet.column("score", "confidence")

    missing = len(sheet.header)  # of what the table has no column for, each row gets an empty cell
    here = (start, end, label, low, high, score, channel, audio)
    pick = itemgetter(*(missing if column is None else column for column in here))
    rows = [_row(number, pick((*cells, ""))) for number, cells in sheet.rows]
    if delimiter == ";":
        rows = [_with_points(row) for row in rows]
    return table_of(path, rows, options, names_audio=audio is not None, problems=sheet.problems)


def _row(number: int, cells: tuple[str, ...]) -> Row:
    start, end, label, low, high, score, channel, audio = cells
    return Row(number, start, end, label, low, high, score, _channel(channel), audio)


def _with_points(row: Row) -> Row:
    """Write decimal points: semicolons stand between cells where commas are decimal."""
    names = ("start", "end", "low", "high", "score")
    return row._replace(**{name: getattr(row, name).replace(",", ".") for name in names})


@cache
def _channel(text: str) -> str | None:
    """Read a channel; a column of whole numbers with gaps may have become "1.0"."""
    return re.sub(r"\.0+$", "", text) or None


def write(events: Iterable[Located], stream: TextIO) -> None:
    """Write a table with the columns of the table of detections; `start_time` stays empty."""
    writer = csv.writer(LineEnds(stream), lineterminator=LineEnds.QUOTED)
    writer.writerow(COLUMNS)
    for recording, channel, event in events:
        band = ("" if hz is None else f"{hz:.3f}" for hz in (event.low_hz, event.high_hz))
        score = "" if event.score is None else f"{event.score:.6f}"
        times = (f"{event.start_s:.6f}", f"{event.end_s:.6f}")
        writer.writerow((recording, channel, *times, *band, event.label, score, ""))
