"""`detector scan`: find sounds in recordings."""

from __future__ import annotations

import shlex
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from detector.cli.clips import clip_options, cutting_of
from detector.cli.messages import say
from detector.cli.options import DEVICE, SECONDS, WORKERS, finite
from detector.cli.paths import NEW_FILE, NEW_FOLDER, NEW_PATH
from detector.cli.progress import BY_RECORDING, Bars
from detector.cli.recordings import LIMIT, NULL, RECORDINGS, TIME_PATTERN, TIMEZONE, list_paths
from detector.cli.splitting import choice_of, split_options
from detector.cli.stopping import explained_when_stopped
from detector.cli.streams import byte_for_byte
from detector.cli.table_format import FORMAT
from detector.cli.thresholds import threshold_option
from detector.errors import DetectorError, OutputError

if TYPE_CHECKING:
    from detector.device import DeviceName
    from detector.operating.target import Target
    from detector.runs.settings import KeepScores
    from detector.runs.shard import Shard


def shard_of(ctx: click.Context, param: click.Parameter, value: str | None) -> Shard | None:
    """Read I/N, a slice of the list of recordings."""
    from detector.runs.shard import parse_shard

    del ctx
    try:
        return None if value is None else parse_shard(value)
    except DetectorError as error:
        raise click.BadParameter(str(error), param=param) from error


@click.command()
@RECORDINGS
@click.option(
    "-m", "--model", metavar="MODEL", help="Folder of a model, or a shipped one's name.  [default: call-activity]"
)
@click.option(
    "--hop",
    type=SECONDS,
    callback=finite,
    help="Seconds from one window to the next.  [default: about an eighth of a window]",
)
@threshold_option("the model's")
@click.option("--scores", type=NEW_FILE, help="Write the scores of every window (or frame column) to FILE.")
@click.option("-o", "--output", type=NEW_PATH, help="Write the detections to PATH.  [default: standard output]")
@FORMAT
@click.option("--effort", type=NEW_FILE, help="Write to FILE how much of each recording and channel was scanned.")
@clip_options
@click.option(
    "--run",
    "run_folder",
    type=NEW_FOLDER,
    metavar="DIR",
    help="Keep scores and tables in the folder DIR. The same command goes on with a scan that was stopped.",
)
@click.option("--shard", callback=shard_of, metavar="I/N", help="With --run: scan the I-th of N slices of RECORDINGS.")
@click.option(
    "--keep-scores",
    type=click.Choice(["all", "none"]),
    default="all",
    show_default=True,
    help="With --run: keep the scores, so that detector detect can apply other thresholds.",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "shared", "windows"]),
    default="auto",
    show_default=True,
    help="shared: one pass for all windows; windows: each window by itself.",
)
@click.option("--device", type=DEVICE, default="auto", show_default=True, help="Device that the network runs on.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "tf32", "bfloat16", "float16"]),
    default="auto",
    show_default=True,
    help="Number format of the convolutions.",
)
@click.option("--workers", type=WORKERS, help="Threads that scan.  [default: one on each core]")
@TIMEZONE
@TIME_PATTERN
@click.option(
    "--continuous",
    is_flag=True,
    help="Let windows and calls go on into the next file, where it follows without a pause.",
)
@LIMIT
@split_options("Scan")
@click.option("--strict", is_flag=True, help="Exit with 1 also if a recording was damaged, truncated or empty.")
@click.option("--debug", is_flag=True, help="Show the traceback where the program failed on a recording.")
@NULL
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
def scan(
    recordings: tuple[str, ...],
    null: bool,
    model: str | None,
    device: DeviceName,
    hop: float | None,
    workers: int | None,
    output: Path | None,
    table_format: str | None,
    scores: Path | None,
    effort: Path | None,
    clips: Path | None,
    best: int | None,
    margin: float | None,
    force: bool,
    strict: bool,
    debug: bool,
    threshold: float | Target | None,
    run_folder: Path | None,
    shard: Shard | None,
    keep_scores: KeepScores,
    split: Path | None,
    split_name: str | None,
    **options: Any,
) -> None:
    """Find sounds in RECORDINGS; write a table of detections.

    RECORDINGS are files, folders (searched for audio, in sorted order), or - for a list on standard input, one path per
    line. A file that two paths lead to is scanned once.

    A recording that cannot be read, or a folder that cannot be searched, is named on standard error. The scan goes on,
    and the exit code is 1. Of a damaged recording, everything that can be read is scanned, and a line says what is
    missing.

    \b
    Examples:
      detector scan recordings/ -m models/my-whale > detections.csv
      detector scan a.wav b.flac -m models/my-whale --threshold 0.8 -o detections.csv
      detector scan recordings/ -m models/my-tuned-whale --threshold fa=2/h -o detections.csv
      find /archive -name '*.wav' | detector scan - -m models/my-whale -o detections.csv --effort effort.csv
      find /archive -name '*.wav' -print0 | detector scan -0 - -m models/my-whale -o detections.csv
      detector scan recordings/ -m models/my-whale --format raven -o tables/
      detector scan recordings/ -m models/my-whale --clips clips/ --best 50 -o detections.csv
      detector scan recordings/ -m models/my-whale --hop 0.5 --scores scores.csv --timezone +10:00 -o detections.csv
      detector scan recordings/ -m models/my-whale --split clips/recordings.csv --of test -o detections.csv
      detector scan deployment/ -m models/my-whale --continuous -o detections.csv
      detector scan /archive -m models/my-whale --run season-2026
      detector scan /archive -m models/my-whale --run shard-$I --shard $I/20
    """  # noqa: D301
    from detector.cores import count_cores
    from detector.scanning.results import Outputs
    from detector.scanning.setting import Setting
    from detector.tables.destination import Destination

    cutting = cutting_of(clips, best, margin)
    choice = choice_of(split, split_name)
    _refuse_mixture(run_folder, [output, scores, effort, table_format, clips], shard, keep_scores, force=force)
    paths = [Path(path) for path in list_paths(recordings, byte_for_byte(sys.stdin), null=null)]
    outputs = Outputs(Destination.named(output, table_format), scores, effort, force, cutting)
    setting = Setting(hop_s=hop, workers=workers or count_cores(), **options)
    stream = byte_for_byte(sys.stdout)
    bars = Bars(form=BY_RECORDING, hidden=output is None and run_folder is None and stream.isatty())
    stop_line = _stop_line(run_folder, output, recordings)
    if run_folder is None:
        from detector.scanning.scan import scan as scan_recordings

        with explained_when_stopped(stop_line):
            summary = scan_recordings(
                paths, model, device, setting, outputs, stream, threshold=threshold, choice=choice, progress=bars
            )
    else:
        from detector.runs.scan import RunRequest, scan_run

        request = RunRequest(run_folder, shard, keep_scores)
        with explained_when_stopped(stop_line), _resume_explained(stop_line, run_folder):
            summary = scan_run(
                request, paths, model, device, setting, threshold=threshold, choice=choice, progress=bars
            )
    say(summary)
    for bug in summary.bugs if debug else ():
        click.echo("".join(traceback.format_exception(bug)), err=True, nl=False)
    if summary.bugs:
        hint = "" if debug else " with the output of --debug"
        say(f"a bug in the program caused {len(summary.bugs)} of these failures; please report it{hint}")
    if summary.failed or summary.left_out or summary.uncut or (strict and summary.incomplete):
        sys.exit(1)


def _refuse_mixture(
    run_folder: Path | None,
    outputs: Sequence[Path | str | None],
    shard: Shard | None,
    keep_scores: KeepScores,
    *,
    force: bool,
) -> None:
    """Refuse options that only a scan with --run has, or only one without."""
    if run_folder is None:
        if shard is not None or keep_scores != "all":
            raise click.UsageError("--shard and --keep-scores need --run, the folder that keeps the results.")
    elif any(outputs):
        raise click.UsageError(
            f"--run writes its tables into {run_folder}; leave out -o, --format, --scores, --effort and --clips. "
            f"detector detect {run_folder} writes other tables, and clips, from the run."
        )
    elif force:
        raise click.UsageError("--run never replaces a run, so --force does nothing; delete the folder to begin anew.")


def _stop_line(run_folder: Path | None, output: Path | None, recordings: Sequence[str]) -> str:
    """Return what a user is told if a signal stops the scan."""
    if run_folder is not None:
        hint = ", with the same list on standard input" if "-" in recordings else ""
        return f"stopped; nothing is lost. To go on, type{hint}: {shlex.join(['detector', *sys.argv[1:]])}"
    lost = "" if output is None else f"{output} was not written. "
    return f"stopped: {lost}A scan with --run DIR keeps what is done, and can go on"


@contextmanager
def _resume_explained(line: str, run_folder: Path) -> Iterator[None]:
    """Say how a run goes on that has begun and could not be written, for example because the disk is full."""
    from detector.runs.folder import is_run

    try:
        yield
    except OutputError:
        if is_run(run_folder):
            say(line)
        raise
