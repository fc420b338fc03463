"""The option --group, which extract, evaluate and tune share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def group_option(use: str) -> Callable[[Any], Any]:
    """Make the option; `use` says what becomes of the groups."""
    return click.option(
        "--group",
        metavar="REGEX",
        help=f"What names the site or deployment: {use}. A pattern with a slash is searched in the path below the "
        "folder given, as '^([^/]+)/' for one folder a site; without a slash, in the file name.",
    )
