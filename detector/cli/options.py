"""Types of values that options of several commands share."""

from __future__ import annotations

import math
from pathlib import Path

import click

SECONDS = click.FloatRange(min=0, min_open=True)
SHARE = click.FloatRange(0, 1, min_open=True)
DEVICE = click.Choice(["auto", "cpu", "cuda", "mps"])
RUN = click.Path(exists=True, file_okay=False, path_type=Path)
WORKERS = click.IntRange(1, 1024)
TABLE = click.Path(exists=True, path_type=Path)


def finite(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    """Refuse nan, which Click's ranges let pass, and inf."""
    del ctx
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number.", param=param)
    return value
