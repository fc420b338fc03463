"""`detector summary`: detections for each hour of effort, by hour of day, day, site and label."""

from __future__ import annotations

import sys
from datetime import tzinfo
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli.collection import without_collection
from detector.cli.command import Command
from detector.cli.grouping import group_option
from detector.cli.json_option import CSV, JSON, STANDARD_OUTPUT, check_json, json_file, show
from detector.cli.messages import say
from detector.cli.options import TABLE
from detector.cli.paths import refuse_inputs
from detector.cli.plotting import plot_option
from detector.cli.recordings import zone
from detector.cli.runs import detections_and_effort, effort_rows
from detector.cli.streams import byte_for_byte

if TYPE_CHECKING:
    from detector.activity.sums import Activity


@click.command(cls=Command, short_help="Detections per hour of effort, by hour, day and site.")
@click.argument("detections", metavar="RUN|DETECTIONS...", nargs=-1, required=True, type=TABLE)
@click.option("--effort", multiple=True, type=TABLE, help="Table of scan --effort, or the folder of a run. Repeatable.")
@click.option("--label", help="The label of rows that have none.")
@group_option("the site; without it, the site is the folder")
@click.option(
    "--timezone",
    metavar="ZONE",
    callback=zone,
    help="Show hours and days in this zone: +10:00, Z, Africa/Nairobi.  [default: as written]",
)
@JSON
@CSV
@plot_option("the rates by hour of day, day and site")
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
@without_collection()
def summary(
    detections: tuple[Path, ...],
    effort: tuple[Path, ...],
    label: str | None,
    group: str | None,
    timezone: tzinfo | None,
    json_path: Path | None,
    csv_path: Path | None,
    plot: Path | None,
    force: bool,
) -> None:
    """Divide the detections of each label by the hours of effort: for each hour of day, day and site.

    DETECTIONS is a table of scan. RUN is the folder of scan --run, which has its own effort table. Several of them are
    added up; --effort then names the effort of all of them. The time that was scanned of a recording is spread over the
    hours that it covers. Each scanned channel counts as effort.

    An hour without detections has the rate 0. An hour without effort has none. Recordings without a start time count
    for their site only.

    --csv gives a row for each site, day, hour and label: site,day,hour,label,detections,effort_h,per_hour.

    \b
    Examples:
      detector summary season-2026 --plot activity.png
      detector summary season-2025 season-2026 --csv > rates.csv
      detector summary detections.csv --effort effort.csv --timezone Australia/Brisbane
      detector summary detections.csv --effort effort.csv --group '^([^_]+)_' --csv > rates.csv
    """  # noqa: D301
    from detector.activity.picture import draw_activity
    from detector.activity.reading import read_activity
    from detector.activity.report import as_object, as_text
    from detector.drawing import check_picture
    from detector.outputs import check_output

    if STANDARD_OUTPUT == json_path == csv_path:
        raise click.UsageError("--json and --csv cannot both be printed; give one of them a FILE.")
    efforts = list(dict.fromkeys(effort or detections))
    tables = [detections_and_effort(path, None) for path in dict.fromkeys(detections)]
    lacking = [table for table, own_effort in tables if own_effort is None]
    if lacking and not effort:
        raise click.UsageError(f"{lacking[0]} is a table; give its effort table with --effort.")
    inputs = chain(tables, (detections_and_effort(path, None) for path in efforts))
    refuse_inputs([plot, json_file(json_path), json_file(csv_path)], list(chain.from_iterable(inputs)))
    for output in (json_path, csv_path):
        check_json(output, force)
    if plot is not None:
        check_picture(plot, "plot")
        check_output(plot, force)
    rows = [row for path in efforts for row in effort_rows(path)]
    activity, notes = read_activity([table for table, _ in tables], rows, label, group, timezone)
    for note in notes:
        say(note)
    if plot is not None:
        draw_activity(activity, plot)
    if csv_path is not None:
        _write_csv(activity, csv_path, force)
    text = None if csv_path == STANDARD_OUTPUT else as_text(activity)
    show(text, lambda: as_object(activity), json_path, force)


def _write_csv(activity: Activity, path: Path, force: bool) -> None:
    """Write the table to a file, or to standard output."""
    from detector.activity.report import COLUMNS, as_rows
    from detector.outputs import new_file
    from detector.tables.csv_rows import CsvRows
    from detector.tables.sink import Sink

    if path == STANDARD_OUTPUT:
        CsvRows(Sink(byte_for_byte(sys.stdout)), COLUMNS).add(as_rows(activity))
        return
    with new_file(path, force) as stream:
        CsvRows(Sink(stream, path), COLUMNS).add(as_rows(activity))
