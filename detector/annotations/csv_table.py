"""Plain CSV and TSV with a header, and the table of detections, which is one of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from detector.annotations.rows import Row, table_of
from detector.annotations.sheet import cell, first_line, read_sheet
from detector.annotations.table import Located, ReadOptions, Table
from detector.outputs.line_ends import LineEnds

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

    def decimal(cells: tuple[str, ...], column: int | None) -> str:
        text = cell(cells, column)
        return text.replace(",", ".") if delimiter == ";" else text  # semicolons stand where commas are decimal

    rows = [
        Row(
            number,
            start=decimal(cells, start),
            end=decimal(cells, end),
            label=cell(cells, label),
            low=decimal(cells, low),
            high=decimal(cells, high),
            score=decimal(cells, score),
            channel=_channel(cell(cells, channel)),
            audio=cell(cells, audio),
        )
        for number, cells in sheet.rows
    ]
    return table_of(path, rows, options, names_audio=audio is not None, problems=sheet.problems)


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
