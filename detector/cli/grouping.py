"""The option --group, which extract, evaluate and tune share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def group_option(use: str) -> Callable[[Any], Any]:
    """Make the option; `use` says in its help what the groups are for."""
    return click.option(
        "--group",
        metavar="REGEX",
        help=f"Pattern of the site or deployment in a recording's name: {use}. A pattern with a slash is searched in "
        "the path below the folder given, for example '^([^/]+)/' for one folder per site. Without a slash, it is "
        "searched in the file name.",
    )
