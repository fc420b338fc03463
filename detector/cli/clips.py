"""The options that cut detections out of their recordings, for every command that makes a table of detections."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from detector.cli.options import finite
from detector.cli.paths import NEW_FOLDER

if TYPE_CHECKING:
    from detector.cutouts import Cutting

Command = TypeVar("Command", bound=Callable[..., Any])
LONGEST_MARGIN_S = 3600


def clip_options(command: Command) -> Command:
    """Add the options --clips, --best and --margin."""
    options = (
        click.option("--clips", type=NEW_FOLDER, metavar="DIR", help="Cut each detection out into the folder DIR."),
        click.option(
            "--best",
            type=click.IntRange(min=1),
            metavar="N",
            help="With --clips: cut only the N highest scores of each label.",
        ),
        click.option(
            "--margin",
            type=click.FloatRange(0, LONGEST_MARGIN_S),
            callback=finite,
            help="With --clips: seconds before and after each detection.  [default: 1]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def cutting_of(clips: Path | None, best: int | None, margin: float | None) -> Cutting | None:
    """Return which clips to cut; None for none. Raise `UsageError` if options say how to cut, but not where."""
    if clips is None:
        if best is not None or margin is not None:
            raise click.UsageError("--best and --margin need --clips, the folder for the clips.")
        return None
    from detector.cutouts import MARGIN_S, Cutting

    return Cutting(clips, MARGIN_S if margin is None else margin, best)
