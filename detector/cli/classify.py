"""`detector classify`: say what sounds in whole recordings, or in given spans of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from detector.cli.messages import say
from detector.cli.options import DEVICE, TABLE, WORKERS
from detector.cli.paths import NEW_FILE, refuse_inputs
from detector.cli.progress import BY_RECORDING, Bars
from detector.cli.recordings import LIMIT, NULL, RECORDINGS, TIME_PATTERN, TIMEZONE, list_paths
from detector.cli.splitting import choice_of, split_options
from detector.cli.stopping import explained_when_stopped
from detector.cli.streams import byte_for_byte

if TYPE_CHECKING:
    from detector.classifying.rows import Statistic
    from detector.device import DeviceName


@click.command(short_help="Name the sounds of whole recordings or given spans.")
@RECORDINGS
@click.option(
    "-m", "--model", metavar="MODEL", help="Folder of a model, or a shipped one's name.  [default: call-activity]"
)
@click.option(
    "--spans", type=TABLE, help="Table of spans, or folder of tables: a row for each span, not for each file."
)
@click.option(
    "--score",
    "statistic",
    type=click.Choice(["max", "mean"]),
    default="max",
    show_default=True,
    help="The highest of the scores in a file or span, or their mean.",
)
@click.option("--top", type=click.IntRange(1), metavar="N", help="Write only the N best labels.  [default: all]")
@click.option("-o", "--output", type=NEW_FILE, metavar="TABLE", help="Write to TABLE.  [default: standard output]")
@click.option("--device", type=DEVICE, default="auto", show_default=True, help="Device that the network runs on.")
@click.option("--workers", type=WORKERS, help="Threads that scan.  [default: one on each core]")
@TIMEZONE
@TIME_PATTERN
@LIMIT
@split_options("Classify")
@NULL
@click.option("--force", is_flag=True, help="Replace TABLE if it exists.")
def classify(
    recordings: tuple[str, ...],
    null: bool,
    model: str | None,
    spans: Path | None,
    statistic: Statistic,
    top: int | None,
    output: Path | None,
    device: DeviceName,
    workers: int | None,
    split: Path | None,
    split_name: str | None,
    force: bool,
    **options: Any,
) -> None:
    """Name the sounds of RECORDINGS: one row for each file, or for each span of a table, the best label first.

    Each label has its highest or its mean score, calibrated where the model is. A file or span that could not be
    analysed keeps its row: the column status says failed, and the exit code is 1. RECORDINGS are those of detector
    scan. detector evaluate --units reads the table.

    \b
    Examples:
      detector classify clips/ -m models/my-species -o classified.csv
      detector classify clips/ -m models/my-species --score mean --top 3 > classified.csv
      detector classify recordings/ -m models/my-syllables --spans annotations.csv -o classified.csv
      detector evaluate classified.csv annotations.csv --units spans
    """  # noqa: D301
    from detector.classifying.classify import ClassifyRequest
    from detector.classifying.classify import classify as run
    from detector.cores import count_cores
    from detector.scanning.setting import Setting

    paths = [Path(path) for path in list_paths(recordings, byte_for_byte(sys.stdin), null=null)]
    refuse_inputs([output], [spans, split, *paths])
    request = ClassifyRequest(spans, statistic, top, output, force, choice_of(split, split_name))
    setting = Setting(workers=workers or count_cores(), **options)
    stream = byte_for_byte(sys.stdout)
    bars = Bars(form=BY_RECORDING, hidden=output is None and stream.isatty())
    with explained_when_stopped("stopped" if output is None else f"stopped: {output} was not written"):
        done = run(paths, model, device, setting, request, stream, progress=bars)
    say(done)
    if done.summary.bugs:
        say(f"a bug in the program caused {len(done.summary.bugs)} of these failures; please report it")
    if done.failed or done.summary.failed:
        sys.exit(1)
