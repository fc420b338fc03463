"""`detector convert`: tables of detections or annotations in another format."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from detector.cli.clips import clip_options, cutting_of
from detector.cli.collection import without_collection
from detector.cli.messages import say
from detector.cli.options import TABLE
from detector.cli.paths import NEW_PATH, refuse_inputs
from detector.cli.progress import BY_RECORDING, Bars
from detector.cli.runs import detections_and_effort
from detector.cli.streams import byte_for_byte
from detector.cli.table_format import FORMAT, READABLE

SHOWN = 20
"""Most problems of rows that are shown."""


@click.command(short_help="Write tables of detections in another format.")
@click.argument("tables", nargs=-1, required=True, type=TABLE)
@click.option("-o", "--output", type=NEW_PATH, help="Write the rows to PATH.  [default: standard output]")
@FORMAT
@click.option(
    "--from", "source_format", type=click.Choice(READABLE), help="Format of TABLES, where it is not recognized."
)
@click.option("--label", help="The label of rows that have none.")
@click.option("--label-column", help="The column that holds the label.")
@click.option(
    "--effort",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The table of what was scanned, from scan --effort; Tethys and Raven tables use it.",
)
@clip_options
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
def convert(
    tables: tuple[Path, ...],
    output: Path | None,
    table_format: str | None,
    source_format: str | None,
    label: str | None,
    label_column: str | None,
    effort: Path | None,
    clips: Path | None,
    best: int | None,
    margin: float | None,
    force: bool,
) -> None:
    """Write the rows of TABLES as one table in another format, or as a folder of tables.

    TABLES are files, or folders that are searched for tables. Their formats are recognized by their content. PATH is a
    file; for audacity it is a folder with a file for each recording, and for raven it is one if it has no ending.

    What the format has no place for is said on standard error. Rows that it cannot hold, such as rows without an
    absolute time in a Tethys document, are counted there; the exit code is then 1.

    --clips reads the recordings by the paths in TABLES, from the present folder.

    \b
    Examples:
      detector convert detections.csv -o detections.parquet
      detector convert detections.csv --format raven -o selections/
      detector convert selections/ -o annotations.csv
      detector convert detections.csv --effort effort.csv --format tethys -o detections.xml
      detector convert detections.csv --clips clips/ --margin 2 -o detections.txt --format raven
    """  # noqa: D301
    from detector.tables.converting import ConvertRequest, detection_of
    from detector.tables.converting import convert as convert_tables
    from detector.tables.destination import Destination
    from detector.tables.table import ReadOptions
    from detector.texts import many

    cutting = cutting_of(clips, best, margin)
    refuse_inputs([output, clips], [*tables, effort])
    if len(tables) == 1:
        detections, effort = detections_and_effort(tables[0], effort)
        tables = (detections,)
    if cutting is not None:
        if output is not None and output.resolve() == cutting.folder.resolve():
            raise click.UsageError(f"{output} is named for two outputs; the clips need a folder of their own.")
        cutting.check(force=force)
    destination = Destination.named(output, table_format)
    read = ReadOptions(label=label, label_column=label_column, format=source_format)
    request = ConvertRequest(tables, destination, read, effort, force)
    with without_collection():
        converted = convert_tables(request, byte_for_byte(sys.stdout))
    for problem in converted.problems[:SHOWN]:
        say(problem)
    if len(converted.problems) > SHOWN:
        say(f"and {many(len(converted.problems) - SHOWN, 'more problem')}")
    for line in converted.tally.lines(destination.format):
        say(line)
    say(f"{many(converted.tally.n_written, 'row')} of {many(len(converted.tables), 'table')}")
    n_uncut = 0
    if cutting is not None:
        from detector.cutouts import cut_rows

        rows = (detection_of(row) for table in converted.tables for row in table.annotations)
        cutter = cut_rows(rows, cutting, force=force, progress=Bars(form=BY_RECORDING))
        n_uncut = cutter.n_missing
        say(many(cutter.n_clips, "clip"))
    if n_uncut or not converted.is_complete:
        sys.exit(1)
