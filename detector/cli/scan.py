"""`detector scan`: find sounds in recordings."""

from __future__ import annotations

import re
import shlex
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from detector.cli.messages import say
from detector.cli.options import DEVICE, SECONDS, finite
from detector.cli.paths import NEW_FILE
from detector.cli.progress import BY_RECORDING, Bars
from detector.cli.streams import byte_for_byte
from detector.cli.thresholds import threshold_option
from detector.errors import ConfigurationError, DetectorError, OutputError

if TYPE_CHECKING:
    from detector.audio.limits import Limits
    from detector.audio.times.pattern import TimePattern
    from detector.device import DeviceName
    from detector.operating.target import Target
    from detector.runs.settings import KeepScores
    from detector.runs.shard import Shard

MOST_LIMIT = 10**9  # the largest value of --limit


def zone(ctx: click.Context, param: click.Parameter, value: str | None) -> tzinfo | None:
    """Read an offset from UTC such as +10:00, "Z", or a name such as Australia/Brisbane."""
    from zoneinfo import ZoneInfo

    del ctx
    if value is None:
        return None
    try:
        if value == "Z":
            return UTC
        if match := re.fullmatch(r"([+-])(\d\d):?(\d\d)?", value):
            sign, hours, minutes = match.groups(default="0")
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            return timezone(-offset if sign == "-" else offset)
        return ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:
        raise click.BadParameter(
            f"{value!r} is neither an offset such as +10:00, nor Z, nor a name such as Australia/Brisbane.", param=param
        ) from error


def pattern_of(ctx: click.Context, param: click.Parameter, value: str | None) -> TimePattern | None:
    """Read a pattern for the time in file names."""
    from detector.audio.times.pattern import TimePattern

    del ctx, param
    return None if value is None else TimePattern(value)


def limits_of(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Limits:
    """Read NAME=N, the limits of what a recording may require."""
    from detector.audio.limits import DEFAULT_LIMITS

    del ctx
    given: dict[str, float] = {}
    defaults = asdict(DEFAULT_LIMITS)
    for value in values:
        name, _, number = value.partition("=")
        if name not in defaults:
            raise click.BadParameter(f"{value!r}: must be NAME=N with NAME one of {', '.join(defaults)}.", param=param)
        is_whole = isinstance(defaults[name], int)
        try:
            given[name] = int(number) if is_whole else float(number)
        except ValueError:
            given[name] = 0  # is refused below
        if not MOST_LIMIT >= given[name] > 0:
            kind = "a whole number" if is_whole else "a number"
            raise click.BadParameter(f"{value!r}: N must be {kind} above 0 and at most {MOST_LIMIT}.", param=param)
    return replace(DEFAULT_LIMITS, **given)  # type: ignore[arg-type]  # int for each limit that is an int


def shard_of(ctx: click.Context, param: click.Parameter, value: str | None) -> Shard | None:
    """Read I/N, a slice of the list of recordings."""
    from detector.runs.shard import parse_shard

    del ctx
    try:
        return None if value is None else parse_shard(value)
    except DetectorError as error:
        raise click.BadParameter(str(error), param=param) from error


@click.command()
@click.argument("recordings", nargs=-1, required=True, type=click.Path(allow_dash=True))
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
@click.option("-o", "--output", type=NEW_FILE, help="Write the detections to FILE.  [default: standard output]")
@click.option("--effort", type=NEW_FILE, help="Write to FILE how much of each recording and channel was scanned.")
@click.option(
    "--run",
    "run_folder",
    type=click.Path(file_okay=False, path_type=Path),
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
@click.option("--workers", type=click.IntRange(min=1), help="Threads that scan.  [default: one on each core]")
@click.option(
    "--timezone",
    metavar="ZONE",
    callback=zone,
    help="Time zone of recordings that do not state it: +10:00, Z, Africa/Nairobi.",
)
@click.option(
    "--time-pattern",
    metavar="PATTERN",
    callback=pattern_of,
    help="Where the time stands in file names: %Y%m%d_%H%M%S, SITE_%y%j-%H%M.",
)
@click.option(
    "--continuous",
    is_flag=True,
    help="Let windows and calls go on into the next file, where it follows without a pause.",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    callback=limits_of,
    metavar="NAME=N",
    help="Largest rate (Hz), data (samples a second), memory (MB) or patience (s) of a recording.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 also if a recording was damaged, truncated or empty.")
@click.option("--debug", is_flag=True, help="Show the traceback where the program failed on a recording.")
@click.option("-0", "--null", is_flag=True, help="Paths on standard input end with NUL, as find -print0 writes them.")
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
def scan(
    recordings: tuple[str, ...],
    null: bool,
    model: str | None,
    device: DeviceName,
    hop: float | None,
    workers: int | None,
    output: Path | None,
    scores: Path | None,
    effort: Path | None,
    force: bool,
    strict: bool,
    debug: bool,
    threshold: float | Target | None,
    run_folder: Path | None,
    shard: Shard | None,
    keep_scores: KeepScores,
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
      detector scan recordings/ -m models/my-whale --hop 0.5 --scores scores.csv --timezone +10:00 -o detections.csv
      detector scan deployment/ -m models/my-whale --continuous -o detections.csv
      detector scan /archive -m models/my-whale --run season-2026
      detector scan /archive -m models/my-whale --run shard-$I --shard $I/20
    """  # noqa: D301
    from detector.cores import count_cores
    from detector.scanning.results import Outputs
    from detector.scanning.setting import Setting

    _refuse_mixture(run_folder, [output, scores, effort], shard, keep_scores, force=force)
    paths = [Path(path) for path in list_paths(recordings, byte_for_byte(sys.stdin), null=null)]
    outputs = Outputs(output, scores, effort, force)
    setting = Setting(hop_s=hop, workers=workers or count_cores(), **options)
    stream = byte_for_byte(sys.stdout)
    bars = Bars(form=BY_RECORDING, hidden=output is None and run_folder is None and stream.isatty())
    if run_folder is None:
        from detector.scanning.scan import scan as scan_recordings

        with _stop_explained(output):
            summary = scan_recordings(
                paths, model, device, setting, outputs, stream, threshold=threshold, progress=bars
            )
    else:
        from detector.runs.scan import RunRequest, scan_run

        request = RunRequest(run_folder, shard, keep_scores)
        with _resume_explained():
            summary = scan_run(request, paths, model, device, setting, threshold=threshold, progress=bars)
    say(summary)
    for bug in summary.bugs if debug else ():
        click.echo("".join(traceback.format_exception(bug)), err=True, nl=False)
    if summary.bugs:
        hint = "" if debug else " with the output of --debug"
        say(f"a bug in the program caused {len(summary.bugs)} of these failures; please report it{hint}")
    if summary.failed or (strict and summary.incomplete):
        sys.exit(1)


def _refuse_mixture(
    run_folder: Path | None,
    outputs: Sequence[Path | None],
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
            f"--run writes its tables into {run_folder}; leave out -o, --scores and --effort. "
            "detector detect writes other tables from a run."
        )
    elif force:
        raise click.UsageError("--run never replaces a run, so --force does nothing; delete the folder to begin anew.")


@contextmanager
def _stop_explained(output: Path | None) -> Iterator[None]:
    """Say what a stopped scan has left."""
    try:
        yield
    except KeyboardInterrupt:
        if output is not None:
            say(f"stopped: {output} was not written. A scan with --run DIR keeps what is done, and can go on")
        raise


@contextmanager
def _resume_explained() -> Iterator[None]:
    """Say how a stopped scan goes on."""
    try:
        yield
    except (KeyboardInterrupt, OutputError) as error:
        if isinstance(error, KeyboardInterrupt) or error.__cause__ is not None:
            command = shlex.join(["detector", *sys.argv[1:]])
            say(f"stopped: what is done is kept. This command goes on: {command}")
        raise


def list_paths(arguments: Iterable[str], stream: TextIO, *, null: bool = False) -> Iterable[str]:
    """List the paths of the arguments; `-` stands for the lines of `stream`, or with `null` its parts between NULs."""
    for argument in arguments:
        if not argument:
            raise ConfigurationError("RECORDINGS: '' names no recording and no folder")
        if argument != "-":
            yield argument
        elif null:
            yield from filter(None, stream.read().split("\0"))
        else:
            yield from filter(None, (line.removesuffix("\n").removesuffix("\r") for line in stream))
