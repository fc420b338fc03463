"""The CSV of Kaleidoscope (`id.csv`, `cluster.csv`) and of BirdNET-Analyzer for it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, DecimalException
from pathlib import Path

from detector.audio.metadata import name_chronology
from detector.place import LocalPlace
from detector.tables.csv_rows import CsvRows
from detector.tables.csv_table import DELIMITERS
from detector.tables.detection import Detection
from detector.tables.instants import after, named_start, parse_time
from detector.tables.rows import Row, table_of
from detector.tables.sheet import cell, first_line, plain, read_sheet
from detector.tables.sink import Sink
from detector.tables.table import ReadOptions, Table
from detector.tables.writer import Decimals, WriteOptions, Writer

COLUMNS = (
    *("INDIR", "FOLDER", "IN FILE", "CHANNEL", "OFFSET", "DURATION", "DATE", "TIME", "HOUR"),
    *("AUTO ID", "Fmax", "Fmin", "MANUAL ID", "confidence", "start_time"),
)
"""Those of `id.csv` that a detection fills, in its order. The last two are ours: a user may add columns."""

LABELS = ("manual_id", "auto_id", "top1match", "common_name", "scientific_name")
"""The columns of labels; the first one that is not empty counts, so a person's correction goes first."""

READ = (
    *("indir", "folder", "in_file", "channel", "offset", "duration"),
    *("fmin", "fmax", "confidence", "start_time", "date", "time"),
)
"""The other columns that are read."""

HZ_PER_KHZ = 1000
CHANNEL = re.compile(r"\d{1,9}")


def recognise(_path: Path, line: str) -> bool:
    """Return whether a file is such a table, by its header."""
    names = {plain(name) for name in re.split(r"[,;\t]", line)}
    return names.issuperset({"in_file", "offset", "duration"})


def read(path: Path, options: ReadOptions) -> Table:
    """Read a table.

    DATE and TIME are local time without a zone, where neither `start_time` nor the name of the recording says more.
    Programs differ in whether they are of the detection or of its recording (`_clocks_of_recordings`). A band is read
    only beside AUTO ID, because only there its unit is known: kHz.
    """
    sheet = read_sheet(path, max(DELIMITERS, key=first_line(path).count), quoted=True)
    for name in ("in_file", "offset", "duration"):
        sheet.required(name)
    columns = {name: sheet.column(name) for name in (*READ, *LABELS)}
    if columns["auto_id"] is None:
        columns |= {"fmin": None, "fmax": None}
    if options.label_column is not None:
        columns |= dict.fromkeys(LABELS) | {LABELS[0]: sheet.label_column(options)}
    texts = [(row, {name: cell(cells, column) for name, column in columns.items()}) for row, cells in sheet.rows]
    of_recording = _clocks_of_recordings([text for _, text in texts])
    rows = (_row(row, text, of_recording=_clock_of(text) in of_recording) for row, text in texts)
    return table_of(path, rows, options, names_audio=True, problems=sheet.problems)


def _clock_of(text: dict[str, str]) -> tuple[str, ...]:
    """Return the cells that name the recording, and DATE and TIME."""
    return tuple(text[name] for name in ("indir", "folder", "in_file", "date", "time"))


def _row(number: int, text: dict[str, str], *, of_recording: bool) -> Row:
    """Make a row from its cells, by column; `of_recording` says whether DATE and TIME are of the recording."""
    audio = _audio_of(text)
    return Row(
        number,
        start=text["offset"],
        end=_sum(text["offset"], text["duration"]),
        label=next(filter(None, (text[name] for name in LABELS)), ""),
        low=_hertz(text["fmin"]),
        high=_hertz(text["fmax"]),
        score=text["confidence"],
        channel=text["channel"] or None,
        audio=audio,
        start_time=text["start_time"] or _local_time(audio, text, of_recording=of_recording),
    )


def _local_time(audio: str, text: dict[str, str], *, of_recording: bool) -> str:
    """Return when a detection began by DATE and TIME; "" if they do not say, or if the recording's name says more."""
    when = _clock_time(text)
    if when is None or named_start(audio) is not None:
        return ""
    if not of_recording:
        return when.isoformat()
    try:
        return after(when, float(text["offset"])).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError):  # not an offset: a problem of its row
        return ""


def _clock_time(text: dict[str, str]) -> datetime | None:
    """Read DATE and TIME; None if they are no time."""
    return parse_time(f"{text['date']}T{text['time']}") if text["date"] and text["time"] else None


def _clocks_of_recordings(texts: Iterable[dict[str, str]]) -> set[tuple[str, ...]]:
    """Return the clocks (`_clock_of`) of rows whose DATE and TIME are of the recording, not of its detections.

    They are of the recording if detections at least a second apart have them, or if the name of the recording has them.
    """
    offsets_s: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
    first: dict[tuple[str, ...], dict[str, str]] = {}
    for text in texts:
        first.setdefault(_clock_of(text), text)
        with suppress(ValueError):  # not an offset: a problem of its row
            offset_s = float(text["offset"])
            offsets_s[_clock_of(text)].append(offset_s)
    apart = {clock for clock, numbers in offsets_s.items() if max(numbers) - min(numbers) >= 1}
    return apart | {clock for clock, text in first.items() if _is_in_name(_clock_time(text), _audio_of(text))}


def _is_in_name(when: datetime | None, audio: str) -> bool:
    """Return whether the name of a recording has a time."""
    named = name_chronology(LocalPlace(Path(audio)))
    return named is not None and named.pieces[0].start.replace(tzinfo=None) == when


def _sum(offset: str, duration: str) -> str:
    """Add two numbers without rounding; return the second as it is if one of them is not a number."""
    try:
        return str(Decimal(offset) + Decimal(duration))
    except DecimalException:
        return duration


def _hertz(text: str) -> str:
    """Convert kHz to Hz; return a text that is not a number as it is."""
    try:
        return str(Decimal(text) * HZ_PER_KHZ)
    except DecimalException:
        return text


def _audio_of(text: dict[str, str]) -> str:
    """Return the path of the recording of a row."""
    return _joined(text["indir"], text["folder"], text["in_file"])


def _joined(*parts: str) -> str:
    """Join folders and a name."""
    path = "/".join(filter(None, parts))
    return path.replace("//", "/", 1) if path.startswith("//") else path  # the first folder is the root


class KaleidoscopeWriter(Writer):
    """Write a table; INDIR is the folder of the recording, and DATE and TIME are those of the detection."""

    DECIMALS = Decimals(seconds=3, hertz=1, score=4)

    def __init__(self, sink: Sink[str], options: WriteOptions | None = None) -> None:
        super().__init__(sink, options)
        self._rows = CsvRows(sink, (*COLUMNS, *self._columns))

    def lost(self, detection: Detection) -> Iterable[str]:
        """Name the fields that the table has no place for."""
        return ["channel"] if detection.channel and not CHANNEL.fullmatch(detection.channel) else []

    def _write(self, detections: Iterable[Detection]) -> None:
        self._rows.add((*self._cells(row), *self._extra(row)) for row in detections)

    def _cells(self, detection: Detection) -> tuple[str, ...]:
        event = detection.event
        start, end = self._decimals.span(event)
        folder, slash, name = detection.recording.rpartition("/")
        return (
            folder or slash,
            "",
            name,
            detection.channel if CHANNEL.fullmatch(detection.channel) else "",
            start,
            str(Decimal(end) - Decimal(start)),
            *_clock(detection.start_time),
            event.label,
            self._kilohertz(event.high_hz),
            self._kilohertz(event.low_hz),
            "",
            self._decimals.rounded(event.score),
            detection.start_time or "",
        )

    def _kilohertz(self, hertz: float | None) -> str:
        """Format one edge of a band in kHz, with three more decimals than in Hz."""
        text = self._decimals.frequency(hertz)
        return f"{Decimal(text) / HZ_PER_KHZ:f}" if text else ""


def _clock(start_time: str | None) -> tuple[str, str, str]:
    """Return date, time to the second, and hour, as the clock of the recorder showed them; "" if unknown."""
    when = parse_time(start_time)
    return ("", "", "") if when is None else (when.date().isoformat(), f"{when:%H:%M:%S}", f"{when:%H}")
