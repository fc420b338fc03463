"""`detector scan`: find sounds in recordings."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from detector.cli.messages import say
from detector.cli.options import DEVICE, SECONDS, finite
from detector.cli.paths import NEW_FILE, NEW_PATH
from detector.cli.progress import BY_RECORDING, Bars
from detector.cli.streams import byte_for_byte
from detector.cli.table_format import FORMAT
from detector.errors import ConfigurationError, DetectorError

if TYPE_CHECKING:
    from detector.audio.limits import Limits
    from detector.device import DeviceName
    from detector.operating.target import Target

MOST_LIMIT = 10**9  # the largest value of --limit
SCORE = click.FloatRange(0, 1)


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


def threshold_or_target(ctx: click.Context, param: click.Parameter, value: str | None) -> float | Target | None:
    """Read a score from 0 to 1, or a target such as p=0.9, fa=2/h or f1."""
    from detector.operating.target import parse_target

    if value is None:
        return None
    try:
        return finite(ctx, param, SCORE.convert(float(value), param, ctx))
    except ValueError:
        pass
    try:
        return parse_target(value)
    except DetectorError as error:
        wrong_score = f"{value!r}: must be a score from 0 to 1 or a target such as p=0.9, fa=2/h or f1"
        raise click.BadParameter(str(error) if "=" in value else wrong_score, param=param) from error


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
@click.option(
    "--threshold",
    metavar="SCORE|p=P|fa=R/h",
    callback=threshold_or_target,
    help="Lowest score of a detection. For a tuned model also a target for each label: a precision of at least P, "
    "or at most R false alarms per hour.  [default: the model's]",
)
@click.option("--scores", type=NEW_FILE, help="Write the scores of every window (or frame column) to FILE.")
@click.option("-o", "--output", type=NEW_PATH, help="Write the detections to PATH.  [default: standard output]")
@FORMAT
@click.option("--effort", type=NEW_FILE, help="Write to FILE how much of each recording and channel was scanned.")
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
    table_format: str | None,
    scores: Path | None,
    effort: Path | None,
    force: bool,
    strict: bool,
    debug: bool,
    threshold: float | Target | None,
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
      detector scan recordings/ -m models/my-whale --hop 0.5 --scores scores.csv --timezone +10:00 -o detections.csv
    """  # noqa: D301
    from detector.cores import count_cores
    from detector.scanning.results import Outputs
    from detector.scanning.scan import scan as scan_recordings
    from detector.scanning.scanner import Setting
    from detector.tables.destination import Destination

    paths = [Path(path) for path in list_paths(recordings, byte_for_byte(sys.stdin), null=null)]
    outputs = Outputs(Destination.named(output, table_format), scores, effort, force)
    setting = Setting(hop_s=hop, workers=workers or count_cores(), **options)
    stream = byte_for_byte(sys.stdout)
    bars = Bars(form=BY_RECORDING, hidden=output is None and stream.isatty())
    summary = scan_recordings(paths, model, device, setting, outputs, stream, threshold=threshold, progress=bars)
    say(summary)
    for bug in summary.bugs if debug else ():
        click.echo("".join(traceback.format_exception(bug)), err=True, nl=False)
    if summary.bugs:
        hint = "" if debug else " with the output of --debug"
        say(f"a bug in the program caused {len(summary.bugs)} of these failures; please report it{hint}")
    if summary.failed or summary.left_out or (strict and summary.incomplete):
        sys.exit(1)


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
