"""The option --rename, which extract, evaluate and tune share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import click


def once(labels: Iterable[str]) -> None:
    """Refuse what is given twice: the first would be lost."""
    for label, times in Counter(labels).items():
        if times > 1:
            raise click.BadParameter(f"is given {times} times{f' for {label}' if label else ''}")


def _pairs(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read OLD=NEW."""
    for value in values:
        if not all(value.partition("=")):
            raise click.BadParameter(f"{value!r} is not OLD=NEW")
    once(value.partition("=")[0] for value in values)
    return dict(value.split("=", 1) for value in values)


RENAME = click.option(
    "--rename", multiple=True, callback=_pairs, metavar="OLD=NEW", help="Rename a label; OLD * is any other."
)
