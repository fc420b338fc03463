"""The option --rename, which extract, evaluate and tune share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import click


def refuse_repeated(labels: Iterable[str]) -> None:
    """Raise `BadParameter` where a label is given twice, because one of its values would be lost."""
    for label, times in Counter(labels).items():
        if times > 1:
            raise click.BadParameter(f"is given {times} times{f' for {label}' if label else ''}")


def _pairs(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read OLD=NEW; return the new labels by the old ones."""
    for value in values:
        if not all(value.partition("=")):
            raise click.BadParameter(f"{value!r} is not OLD=NEW")
    refuse_repeated(value.partition("=")[0] for value in values)
    return dict(value.split("=", 1) for value in values)


RENAME = click.option(
    "--rename",
    multiple=True,
    callback=_pairs,
    metavar="OLD=NEW",
    help="Rename a label; with * as OLD, all other labels.",
)
