"""`detector info`: describe recordings by their headers."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli.command import Command
from detector.cli.formatting import table
from detector.cli.json_option import CSV, JSON, STANDARD_OUTPUT, check_json, json_file
from detector.cli.messages import say
from detector.cli.paths import refuse_inputs
from detector.cli.progress import BY_RECORDING, Bars
from detector.cli.recordings import LIMIT, NULL, RECORDINGS, TIME_PATTERN, TIMEZONE, list_paths
from detector.cli.streams import byte_for_byte
from detector.terminal import visible

if TYPE_CHECKING:
    from detector.audio.limits import Limits
    from detector.audio.times.pattern import TimePattern
    from detector.survey.folders import FolderInfo
    from detector.survey.recording import RecordingInfo
    from detector.survey.survey import Survey

WIDEST_NAME = 100
"""Most characters that the column of names gets. A longer name moves the rest of its row."""

COLUMNS = (
    ("format", 12),
    ("rate Hz", 7),
    ("channels", 8),
    ("length s", 10),
    ("start", 29),
    ("source", 17),
    ("read from", 20),
    ("faults", 0),
)
"""The columns after the file, and the width of each; rows are printed before all of them are known."""

RIGHT = ("rate Hz", "channels", "length s")
FOLDERS = (
    ("", "folder"),
    ("", "duty cycle"),
    ("", "first"),
    ("", "last"),
    ("", "recordings"),
    ("not", "readable"),
    ("no usable", "start"),
    ("hours", "of sound"),
    ("recorded", "%"),
    ("", "gaps"),
    ("longest", "gap"),
)

LEGEND = (
    "recorded %: share of the time from first to last that the recordings cover; "
    "gaps: pauses that the duty cycle does not explain"
)


@click.command(cls=Command, short_help="What recordings are, and when they were made.")
@RECORDINGS
@TIMEZONE
@TIME_PATTERN
@LIMIT
@NULL
@JSON
@CSV
@click.option("--debug", is_flag=True, help="Show the traceback where the program failed on a recording.")
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
def info(
    recordings: tuple[str, ...],
    timezone: tzinfo | None,
    time_pattern: TimePattern | None,
    limits: Limits,
    null: bool,
    json_path: Path | None,
    csv_path: Path | None,
    debug: bool,
    force: bool,
) -> None:
    """List RECORDINGS with their format, length, start time and faults, then summarise each folder.

    RECORDINGS are files, folders (searched for audio, in sorted order), or - for a list on standard input, one path per
    line. Only headers are read. Faults that decoding would find are not listed.

    The summary gives the duty cycle of a folder, such as 5 min every 30 min, the share of the time that is covered, and
    the gaps: pauses that the duty cycle does not explain. Clocks that are doubtful are named on standard error. The
    exit code is 1 if a file cannot be read.

    \b
    Examples:
      detector info recordings/
      detector info recordings/ --timezone +10:00 --csv > recordings.csv
      detector info recordings/ --time-pattern SITE_%y%j-%H%M --json | jq .folders
      find /archive -name '*.wav' | detector info - --csv recordings.csv
    """  # noqa: D301
    from detector.survey.survey import Survey

    if STANDARD_OUTPUT == json_path == csv_path:
        raise click.UsageError("--json and --csv cannot both be printed; give one of them a FILE.")
    stdout = byte_for_byte(sys.stdout)
    paths = [Path(path) for path in list_paths(recordings, byte_for_byte(sys.stdin), null=null)]
    refuse_inputs([json_file(json_path), json_file(csv_path)], paths)
    for output in (json_path, csv_path):
        check_json(output, force)
    survey = Survey(paths, limits, timezone, time_pattern)
    _show(survey, json_path, csv_path, force, Bars(form=BY_RECORDING, hidden=stdout.isatty()))
    for line in survey.notes():
        say(line)
    for bug in survey.bugs if debug else ():
        click.echo("".join(traceback.format_exception(bug)), err=True, nl=False)
    if survey.failed:
        sys.exit(1)


def _show(survey: Survey, json_path: Path | None, csv_path: Path | None, force: bool, bars: Bars) -> None:
    """Read the recordings, and write each row as soon as it is known; then the folders."""
    import json

    from detector.outputs import new_file
    from detector.survey.recording import COLUMNS as CSV_COLUMNS
    from detector.tables.csv_rows import CsvRows
    from detector.tables.sink import Sink

    is_text = STANDARD_OUTPUT not in (json_path, csv_path)
    objects: list[dict[str, object]] = []
    listeners: list[Callable[[RecordingInfo], object]] = []
    with ExitStack() as stack:
        if csv_path is not None:
            stream = sys.stdout if csv_path == STANDARD_OUTPUT else stack.enter_context(new_file(csv_path, force))
            rows = CsvRows(Sink(stream, json_file(csv_path)), CSV_COLUMNS)
            listeners.append(lambda row: rows.add([row.row()]))
        if json_path is not None:
            listeners.append(lambda row: objects.append(asdict(row)))
        if is_text:
            width = min(WIDEST_NAME, max(map(len, map(visible, survey.names)), default=0))
            click.echo(_line("file", width, [name for name, _ in COLUMNS]))
            listeners.append(lambda row: click.echo(_line(visible(row.recording), width, _cells(row))))
        bar = bars.begin(len(survey.names), "recording")
        for row in survey.rows():
            for listen in listeners:
                listen(row)
            bar.advance()
        bar.done()
        folders = survey.folders()
        if json_path is not None:
            stream = sys.stdout if json_path == STANDARD_OUTPUT else stack.enter_context(new_file(json_path, force))
            whole = {"recordings": objects, "folders": [folder.as_object() for folder in folders]}
            stream.write(json.dumps(whole, indent=1) + "\n" * (stream is sys.stdout))
    if is_text and folders:
        click.echo("\n" + "\n".join(table(FOLDERS, [_folder_cells(folder) for folder in folders], left=4)))
        click.echo(LEGEND)


def _line(name: str, width: int, cells: Sequence[str]) -> str:
    """Align the cells of a row to the widths of the columns."""
    aligned = (
        cell.rjust(column_width) if column in RIGHT else cell.ljust(column_width)
        for cell, (column, column_width) in zip(cells, COLUMNS)
    )
    return "  ".join((name.ljust(width), *aligned)).rstrip()


def _cells(row: RecordingInfo) -> list[str]:
    """Write the cells of a row, without the name of the recording."""
    return [visible(cell) for cell in row.row()[1:]]


def _folder_cells(folder: FolderInfo) -> list[str]:
    coverage = folder.coverage
    return [
        visible(folder.folder),
        _duty_cycle(folder),
        _minute(folder.first),
        _minute(folder.last),
        f"{folder.recordings:,}",
        f"{folder.failed:,}",
        f"{folder.untimed:,}",
        f"{folder.seconds / 3600:,.2f}",
        "" if coverage is None else f"{100 * coverage.share:.3g}",
        "" if coverage is None else f"{len(coverage.gaps):,}",
        "" if coverage is None or not coverage.gaps else duration(coverage.longest_gap_s),
    ]


def _duty_cycle(folder: FolderInfo) -> str:
    """Write the duty cycle, such as "5 min every 30 min"."""
    schedule = folder.schedule
    if schedule is None:
        return "none found"
    return "continuous" if schedule.is_continuous else f"{duration(schedule.on_s)} every {duration(schedule.every_s)}"


def _minute(when: datetime | None) -> str:
    return "" if when is None else when.isoformat(sep=" ", timespec="minutes")


def duration(seconds: float) -> str:
    """Write a length of time with its two largest units, such as "2 h 5 min"."""
    return " ".join(_parts(round(seconds))) or f"{seconds:.3g} s"


def _parts(seconds: int) -> Iterator[str]:
    """Yield the two largest units of a length of time that are not 0."""
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    largest = next((n for n, (_, size) in enumerate(units) if seconds >= size), len(units))
    for unit, size in units[largest : largest + 2]:
        count, seconds = divmod(seconds, size)
        if count:
            yield f"{count} {unit}"
