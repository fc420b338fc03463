"""The argument RECORDINGS, and the options that say how to read recordings, which info and scan share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, TextIO

import click

from detector.errors import ConfigurationError

if TYPE_CHECKING:
    from detector.audio.limits import Limits
    from detector.audio.times.pattern import TimePattern

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


RECORDINGS = click.argument("recordings", nargs=-1, required=True, type=click.Path(allow_dash=True))
TIMEZONE = click.option(
    "--timezone",
    metavar="ZONE",
    callback=zone,
    help="Time zone of recordings that do not state it: +10:00, Z, Africa/Nairobi.",
)
TIME_PATTERN = click.option(
    "--time-pattern",
    metavar="PATTERN",
    callback=pattern_of,
    help="Where the time stands in file names: %Y%m%d_%H%M%S, SITE_%y%j-%H%M.",
)
LIMIT = click.option(
    "--limit",
    "limits",
    multiple=True,
    callback=limits_of,
    metavar="NAME=N",
    help="Largest rate (Hz), data (samples a second), memory (MB) or patience (s) of a recording.",
)
NULL = click.option(
    "-0", "--null", is_flag=True, help="Paths on standard input end with NUL, as find -print0 writes them."
)


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
