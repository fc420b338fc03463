"""`detector detect`: make detections from the scores that a run keeps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli.clips import clip_options, cutting_of
from detector.cli.messages import say
from detector.cli.options import RUN, WORKERS, finite
from detector.cli.paths import NEW_FILE, NEW_PATH
from detector.cli.progress import BY_RECORDING, Bars
from detector.cli.recordings import TIMEZONE
from detector.cli.streams import byte_for_byte
from detector.cli.table_format import FORMAT
from detector.cli.thresholds import threshold_option

if TYPE_CHECKING:
    from datetime import tzinfo

    from detector.operating.target import Target

LENGTH = click.FloatRange(0, 86400)
SHARE = click.FloatRange(0, 1)
BETWEEN = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command(short_help="Stored scores to detections again: other thresholds, no audio.")
@click.argument("runs", nargs=-1, required=True, type=RUN)
@click.option("-m", "--model", metavar="MODEL", help="Use the present thresholds of MODEL.  [default: as in the scan]")
@threshold_option("as in the scan")
@click.option("--level", type=BETWEEN, callback=finite, help="Share of its score at which a detection begins and ends.")
@click.option("--depth", type=SHARE, callback=finite, help="Share by which scores fall between two detections.")
@click.option(
    "--gap", "gap_s", type=LENGTH, callback=finite, help="Fill dips of the scores of at most this length, in s."
)
@click.option("--shortest", "shortest_s", type=LENGTH, callback=finite, help="Leave out shorter detections, in s.")
@click.option(
    "--smooth", "smooth_s", type=LENGTH, callback=finite, help="Length of the moving median of scores, in s; 0: none."
)
@click.option(
    "--onset", "onset_threshold", type=SHARE, callback=finite,
    help="Part detections at onsets with at least this score; 0: at none.",
)  # fmt: skip
@TIMEZONE
@click.option("--scores", type=NEW_FILE, help="Write the scores of every window (or frame column) to FILE.")
@click.option("-o", "--output", type=NEW_PATH, help="Write the detections to PATH.  [default: standard output]")
@FORMAT
@click.option("--effort", type=NEW_FILE, help="Write to FILE how much of each recording and channel was scanned.")
@clip_options
@click.option("--workers", type=WORKERS, help="Threads.  [default: one on each core]")
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
def detect(
    runs: tuple[Path, ...],
    model: str | None,
    threshold: float | Target | None,
    level: float | None,
    depth: float | None,
    gap_s: float | None,
    shortest_s: float | None,
    smooth_s: float | None,
    onset_threshold: float | None,
    timezone: tzinfo | None,
    scores: Path | None,
    output: Path | None,
    table_format: str | None,
    effort: Path | None,
    clips: Path | None,
    best: int | None,
    margin: float | None,
    workers: int | None,
    force: bool,
) -> None:
    """Make the table of detections of RUNS from their stored scores. Recordings are read only for --clips.

    RUNS are folders that scan --run wrote: the shards of one scan, or scans of different recordings with one model.
    Without options, the table is the one that the scan wrote.

    \b
    Examples:
      detector detect season-2026 --threshold 0.9 > sure.csv
      detector detect season-2026 --threshold fa=2/h --gap 0.5 -o detections.csv
      detector detect season-2026 --format raven -o tables/
      detector detect season-2026 --clips clips/ --best 50 -o detections.csv
      detector detect shard-* -o detections.csv --effort effort.csv
      detector tune models/my-whale calls.csv season-2026 && detector detect season-2026 -m models/my-whale
    """  # noqa: D301
    from detector.cores import count_cores
    from detector.presets import find_folder
    from detector.runs.detect import Changes, detect_runs
    from detector.scanning.results import Outputs
    from detector.tables.destination import Destination

    summary = detect_runs(
        runs,
        Changes(
            threshold,
            level=level,
            depth=depth,
            gap_s=gap_s,
            shortest_s=shortest_s,
            smooth_s=smooth_s,
            onset_threshold=onset_threshold,
            timezone=timezone,
        ),
        Outputs(Destination.named(output, table_format), scores, effort, force, cutting_of(clips, best, margin)),
        stream := byte_for_byte(sys.stdout),
        model=None if model is None else find_folder(model),
        workers=workers or count_cores(),
        progress=Bars(form=BY_RECORDING, hidden=output is None and stream.isatty()),
    )
    say(summary)
    if summary.failed or summary.left_out or summary.uncut:
        sys.exit(1)
