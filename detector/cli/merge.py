"""`detector merge`: join the shards of a scan."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from detector.cli.messages import say
from detector.cli.options import RUN
from detector.cli.paths import NEW_FOLDER
from detector.cli.progress import BY_RECORDING, Bars


@click.command(short_help="Join the shards of a scan into one run.")
@click.argument("runs", nargs=-1, required=True, type=RUN)
@click.option("-o", "--output", required=True, type=NEW_FOLDER, help="Folder of the new run.")
@click.option("--force", is_flag=True, help="Replace a run that exists.")
def merge(runs: tuple[Path, ...], output: Path, force: bool) -> None:
    """Join RUNS, all shards of one scan, into one run.

    RUNS are the folders of scan --run with --shard 1/N to N/N, in any order. The new run holds all scores, and its
    tables are those of a scan without shards. If a shard is missing or not finished, the command names it and writes
    nothing.

    \b
    Examples:
      detector merge shard-1 shard-2 shard-3 shard-4 -o season-2026
      detector merge shards/* -o season-2026
    """  # noqa: D301
    from detector.runs.merge import merge_runs

    summary = merge_runs(runs, output, force=force, progress=Bars(form=BY_RECORDING))
    say(summary)
    if summary.failed:
        sys.exit(1)
