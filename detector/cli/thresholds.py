"""The option --threshold, a score or a target, of the commands that make detections."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from detector.cli.options import finite
from detector.errors import DetectorError

if TYPE_CHECKING:
    from detector.operating.target import Target

SCORE = click.FloatRange(0, 1)


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


def threshold_option(default: str) -> Callable[[Any], Any]:
    """Return the option; `default` says in words which threshold is used without it."""
    return click.option(
        "--threshold",
        metavar="SCORE|p=P|fa=R/h",
        callback=threshold_or_target,
        help="Lowest score of a detection. For a tuned model also a target for each label: a precision of at least P, "
        f"or at most R false alarms per hour.  [default: {default}]",
    )
