"""`detector convert`: tables of detections or annotations in another format."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from detector.cli.messages import say
from detector.cli.options import TABLE
from detector.cli.paths import NEW_PATH, refuse_inputs
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
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
def convert(
    tables: tuple[Path, ...],
    output: Path | None,
    table_format: str | None,
    source_format: str | None,
    label: str | None,
    label_column: str | None,
    effort: Path | None,
    force: bool,
) -> None:
    """Write the rows of TABLES as one table in another format, or as a folder of tables.

    TABLES are files, or folders that are searched for tables. Their formats are recognized by their content. PATH is a
    file; for audacity it is a folder with a file for each recording, and for raven it is one if it has no ending.

    What the format has no place for is said on standard error. Rows that it cannot hold, such as rows without an
    absolute time in a Tethys document, are counted there; the exit code is then 1.

    \b
    Examples:
      detector convert detections.csv -o detections.parquet
      detector convert detections.csv --format raven -o selections/
      detector convert selections/ -o annotations.csv
      detector convert detections.csv --effort effort.csv --format tethys -o detections.xml
    """  # noqa: D301
    from detector.tables.converting import ConvertRequest
    from detector.tables.converting import convert as convert_tables
    from detector.tables.destination import Destination
    from detector.tables.table import ReadOptions
    from detector.texts import many

    refuse_inputs([output], [*tables, effort])
    destination = Destination.named(output, table_format)
    read = ReadOptions(label=label, label_column=label_column, format=source_format)
    converted = convert_tables(ConvertRequest(tables, destination, read, effort, force), byte_for_byte(sys.stdout))
    for problem in converted.problems[:SHOWN]:
        say(problem)
    if len(converted.problems) > SHOWN:
        say(f"and {many(len(converted.problems) - SHOWN, 'more problem')}")
    for line in converted.tally.lines(destination.format):
        say(line)
    say(f"{many(converted.tally.n_written, 'row')} of {many(len(converted.tables), 'table')}")
    if not converted.is_complete:
        sys.exit(1)
