"""The option --plot, which benchmark, extract, evaluate, audit and tune share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from detector.cli.paths import NEW_FILE


def plot_option(picture: str) -> Callable[[Any], Any]:
    """Make the option; `picture` says what is drawn."""
    return click.option("--plot", type=NEW_FILE, help=f"Draw {picture}: .png, .svg or .pdf.")
