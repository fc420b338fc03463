"""Options about split tables: --split and --of, to work on one split only, and --listed-background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from detector.tables.splits import Choice


def split_options(verb: str) -> Callable[[Any], Any]:
    """Make both options; `verb` says what is done with the recordings of the split."""
    split = click.option(
        "--split",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="TABLE",
        help="A table with a column of recordings and a column split, such as CLIPS/recordings.csv.",
    )
    of = click.option(
        "--of",
        "split_name",
        type=click.Choice(["train", "validation", "test"]),
        help=f"{verb} only this split of --split.",
    )
    return lambda command: split(of(command))


LISTED_BACKGROUND = click.option(
    "--listed-background",
    is_flag=True,
    help="Recordings that only --split, or only rows with a --background-label, name hold no calls.",
)


def choice_of(table: Path | None, name: str | None) -> Choice | None:
    """Return the split that the user chose; None if all recordings are meant."""
    from detector.tables.splits import Choice, read_splits

    if (table is None) != (name is None):
        raise click.UsageError("--split TABLE and --of NAME go together: a table, and which of its splits is meant.")
    return None if table is None or name is None else Choice(read_splits(table), name)
