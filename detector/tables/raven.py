"""Raven selection tables: tab-separated, one row for each selection and view, channels counted from 1."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath

from detector.events import Event
from detector.tables.detection import Detection
from detector.tables.origin import Searched
from detector.tables.rows import Row, table_of
from detector.tables.sheet import Sheet, cell, plain, read_sheet
from detector.tables.sink import Sink
from detector.tables.tab_rows import TabRows, broken
from detector.tables.table import ReadOptions, Table
from detector.tables.writer import Decimals, WriteOptions, Writer

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
"""A longer number is not the number of a channel."""

BEGIN, END = "begin_time_s", "end_time_s"


def recognise(_path: Path, line: str) -> bool:
    """Return whether a file is a selection table, by its header; its name may be anything."""
    names = {plain(name) for name in line.split("\t")}
    return BEGIN in names and END in names


def read(path: Path, options: ReadOptions) -> Table:
    """Read a selection table; a selection with one row for each view counts once."""
    sheet = read_sheet(path, "\t", quoted=False)
    rows = _without_views(sheet, _rows(sheet, options))
    return table_of(path, rows, options, names_audio=sheet.column(*AUDIO) is not None, problems=sheet.problems)


def _rows(sheet: Sheet, options: ReadOptions) -> list[Row]:
    begin = sheet.required(BEGIN)
    end = sheet.required(END)
    low = sheet.column("low_freq_hz")
    high = sheet.column("high_freq_hz")
    label = sheet.label_column(options)
    channel = sheet.column("channel")
    score = sheet.column("score", "confidence")
    offset = sheet.column("file_offset_s")
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
    """Return the first of the columns that name the audio which is not empty."""
    names = (cell(cells, sheet.column(name)) for name in AUDIO)
    return next((name for name in names if name), "")


def _without_views(sheet: Sheet, rows: list[Row]) -> list[Row]:
    """Drop a waveform's row where another view shows the same selection: same number, times, channel and label."""
    selection = sheet.column("selection")
    view = sheet.column("view")
    if selection is None or view is None:
        return rows
    cells = dict(sheet.rows)

    def key(row: Row) -> tuple[str | None, ...]:
        return cells[row.number][selection], row.start, row.end, row.channel, row.label, row.audio

    def is_waveform(row: Row) -> bool:
        return cells[row.number][view].casefold().startswith("waveform")

    in_other_views = {key(row) for row in rows if not is_waveform(row)}
    return [row for row in rows if not (is_waveform(row) and key(row) in in_other_views)]


def _from_zero(channel: str) -> str | None:
    """Convert a channel of Raven, counted from 1, to one counted from 0; None if it is not such a number."""
    return str(int(channel) - 1) if _is_channel(channel) and int(channel) > 0 else None


def _is_channel(text: str) -> bool:
    """Return whether a text can be the number of a channel; Python cannot convert a text of thousands of digits."""
    return text.isdecimal() and len(text) <= MOST_DIGITS


class RavenWriter(Writer):
    """Write a selection table.

    File Offset counts from the start of the row's own file, Begin Path. Begin Time counts from the start of the first
    file, over all files before: so the rows stand in their places in Raven when it opens all recordings as one sound.
    That needs their lengths (`cover`); without them, Begin Time counts like File Offset. If the name of a recording is
    "", Begin Path and File Offset are empty. Raven has no column for absolute time, and its channels are numbers.
    """

    DECIMALS = Decimals(seconds=9, hertz=3, score=6)
    """Raven writes times to the nanosecond, so that a selection keeps the exact samples that a person chose."""

    def __init__(self, sink: Sink[str], options: WriteOptions | None = None) -> None:
        super().__init__(sink, options)
        self._n_rows = 0
        self._before_s = 0.0
        self._has_lengths = False
        self._recordings: set[str] = set()
        self._rows = TabRows(sink)
        self._rows.add((*COLUMNS, *self._columns))

    def lost(self, detection: Detection) -> Iterable[str]:
        """Name the fields that a selection has no place for."""
        if detection.channel and not _is_channel(detection.channel):
            yield "channel"
        if detection.start_time is not None:
            yield "start_time"

    def refusal(self, detection: Detection) -> str:
        """Refuse texts that would break their line."""
        return broken(detection.recording, detection.event.label, *detection.extra)

    def cover(self, searched: Searched) -> None:
        """Let the next recording begin where this one ends."""
        self._before_s += searched.seconds
        self._has_lengths = True

    def finish(self) -> None:
        """Say how Begin Time counts in a table of several recordings whose lengths are unknown."""
        if len(self._recordings) > 1 and not self._has_lengths:
            self.tally.remarks.append(
                "Begin Time counts from the start of each recording, because no lengths are known"
            )

    def _write(self, detections: Iterable[Detection]) -> None:
        for detection in detections:
            self._n_rows += 1
            self._recordings.add(detection.recording)
            self._rows.add((str(self._n_rows), *self._cells(detection), *self._extra(detection)))

    def _band(self, event: Event) -> tuple[float | None, float | None]:
        """Return the band of an event; an unknown edge is that of the band which was listened to."""
        low_hz, high_hz = self._options.origin.band_hz or (None, None)
        low_hz = low_hz if event.low_hz is None else event.low_hz
        high_hz = high_hz if event.high_hz is None else event.high_hz
        is_box = low_hz is None or high_hz is None or low_hz <= high_hz
        return (low_hz, high_hz) if is_box else (event.low_hz, event.high_hz)

    def _cells(self, detection: Detection) -> tuple[str, ...]:
        event = detection.event
        offset, _ = self._decimals.span(event)
        start, end = self._decimals.span(event.later(self._before_s)) if self._before_s else self._decimals.span(event)
        return (
            "Spectrogram 1",
            str(int(detection.channel) + 1) if _is_channel(detection.channel) else "1",
            start,
            end,
            *map(self._decimals.frequency, self._band(event)),
            PurePath(detection.recording).name,
            detection.recording,
            offset if detection.recording else "",
            event.label,
            self._decimals.rounded(event.score),
        )
