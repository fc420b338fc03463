"""Raven selection tables: tab-separated, one row a selection and view, channels counted from 1."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TextIO

from detector.tables.rows import Row, table_of
from detector.tables.sheet import Sheet, cell, plain, read_sheet, single_line
from detector.tables.table import Located, ReadOptions, Table

COLUMNS = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Begin File",
    "Begin Path",
    "File Offset (s)",
    "Annotation",
    "Score",
)
AUDIO = ("begin_path", "begin_file", "file")
MOST_DIGITS = 9
"""No recording has more channels than such a number can count."""

BEGIN, END = "begin_time_s", "end_time_s"


def recognise(_path: Path, line: str) -> bool:
    """Tell a selection table by its header, whatever the file is called."""
    names = {plain(name) for name in line.split("\t")}
    return BEGIN in names and END in names


def read(path: Path, options: ReadOptions) -> Table:
    """Read a selection table; a selection that stands there once a view counts once."""
    sheet = read_sheet(path, "\t", quoted=False)
    rows = _without_views(sheet, _rows(sheet, options))
    return table_of(path, rows, options, names_audio=sheet.column(*AUDIO) is not None, problems=sheet.problems)


def _rows(sheet: Sheet, options: ReadOptions) -> list[Row]:
    begin, end = sheet.required(BEGIN), sheet.required(END)
    low, high = sheet.column("low_freq_hz"), sheet.column("high_freq_hz")
    label, channel = sheet.label_column(options), sheet.column("channel")
    score, offset = sheet.column("score", "confidence"), sheet.column("file_offset_s")
    rows = []
    for number, cells in sheet.rows:
        audio = _audio(sheet, cells)
        row = Row(
            number,
            start=cells[begin],
            end=cells[end],
            label=cell(cells, label),
            low=cell(cells, low),
            high=cell(cells, high),
            score=cell(cells, score),
            channel=_from_zero(cell(cells, channel)),
            audio=audio,
            file_offset=cell(cells, offset) if audio else "",
        )
        rows.append(row)
    return rows


def _audio(sheet: Sheet, cells: tuple[str, ...]) -> str:
    """Give the first name of the audio that is filled in."""
    names = (cell(cells, sheet.column(name)) for name in AUDIO)
    return next((name for name in names if name), "")


def _without_views(sheet: Sheet, rows: list[Row]) -> list[Row]:
    """Drop a waveform's row where another view shows the same selection: same number, times, channel and label."""
    selection, view = sheet.column("selection"), sheet.column("view")
    if selection is None or view is None:
        return rows
    texts = dict(sheet.rows)

    def key(row: Row) -> tuple[str | None, ...]:
        return texts[row.number][selection], row.start, row.end, row.channel, row.label, row.audio

    def is_waveform(row: Row) -> bool:
        return texts[row.number][view].casefold().startswith("waveform")

    elsewhere = {key(row) for row in rows if not is_waveform(row)}
    return [row for row in rows if not (is_waveform(row) and key(row) in elsewhere)]


def _from_zero(channel: str) -> str | None:
    """Count a channel from 0, where Raven counts from 1; None where it is no such number."""
    return str(int(channel) - 1) if _is_channel(channel) and int(channel) > 0 else None


def _is_channel(text: str) -> bool:
    """Say whether a text can be the number of a channel; one of thousands of digits cannot even be converted."""
    return text.isdecimal() and len(text) <= MOST_DIGITS


def write(events: Iterable[Located], stream: TextIO) -> None:
    """Write a selection table; times are relative to each row's own Begin File.

    By Begin Path and File Offset, Raven finds the rows of a table of many recordings. Where a recording is named "",
    both are empty.
    """
    stream.write("\t".join(COLUMNS) + "\n")
    for selection, (recording, channel, event) in enumerate(events, start=1):
        cells = (
            str(selection),
            "Spectrogram 1",
            str(int(channel) + 1) if _is_channel(channel) else "1",
            f"{event.start_s:.9f}",
            f"{event.end_s:.9f}",
            "" if event.low_hz is None else f"{event.low_hz:.3f}",
            "" if event.high_hz is None else f"{event.high_hz:.3f}",
            PurePath(single_line(recording)).name,
            recording,
            f"{event.start_s:.9f}" if recording else "",
            single_line(event.label),
            "" if event.score is None else f"{event.score:.6f}",
        )
        stream.write("\t".join(cells) + "\n")
