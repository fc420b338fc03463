"""The option for the format of a table of detections."""

from __future__ import annotations

import click

WRITABLE = ("csv", "jsonl", "parquet", "raven", "audacity", "tethys", "biodcase", "kaleidoscope")
READABLE = (*WRITABLE, "classify", "notmat", "textgrid")
FORMAT = click.option(
    "--format",
    "table_format",
    type=click.Choice(WRITABLE),
    help="Format of the detections.  [default: by the ending of PATH, or csv]",
)
