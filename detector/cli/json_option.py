"""The options --json [FILE] and --csv [FILE]: output for programs, instead of the text or in addition to it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from detector.cli.paths import NEW_FILE_OR_DASH

ENDINGS = {"--json": ".json", "--csv": ".csv"}
"""The options with an optional FILE, and how the name of that file ends."""

STANDARD_OUTPUT = Path("-")  # no file is meant: a FILE has its ending


def take_file(words: deque[str], flag: str) -> str:
    """Take FILE from the words that follow a flag of `ENDINGS`, if the first of them is one; otherwise return "-".

    Raises
    ------
    BadParameter
        If the first word has another extension, and no file has this name: neither the flag nor an argument can use it.
    """
    following = words[0] if words else ""
    if following.startswith("-") or not Path(following).suffix:
        return str(STANDARD_OUTPUT)
    if following.lower().endswith(ENDINGS[flag]):
        return words.popleft()
    if not os.path.lexists(following):  # false also for a name that is too long
        raise click.BadParameter(
            f"{following!r} does not end in {ENDINGS[flag]}, nor does it exist", param_hint=f"'{flag}'"
        )
    return str(STANDARD_OUTPUT)


def _checked(_context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a FILE that does not have the ending, as in --json=FILE."""
    ending = ENDINGS[option.opts[-1]]
    if path not in {None, STANDARD_OUTPUT} and path.suffix.lower() != ending:
        raise click.BadParameter(f"'{path}' does not end in {ending}")
    return path


JSON = click.option(
    "--json",
    "json_path",
    type=NEW_FILE_OR_DASH,
    callback=_checked,
    metavar="[FILE]",
    help="Print one JSON object for programs, not the text. With FILE, whose name ends in .json, write the object "
    "there and print the text.",
)
CSV = click.option(
    "--csv",
    "csv_path",
    type=NEW_FILE_OR_DASH,
    callback=_checked,
    metavar="[FILE]",
    help="Print the table as CSV, not the text. With FILE, whose name ends in .csv, write the table there and print "
    "the text.",
)


def json_file(json_path: Path | None) -> Path | None:
    """Return the file that --json writes; None if it writes none."""
    return None if json_path == STANDARD_OUTPUT else json_path


def check_json(json_path: Path | None, force: bool) -> None:
    """Raise `OutputError` if the file of --json cannot be written. Commands call this before the work."""
    from detector.outputs import check_output

    path = json_file(json_path)
    if path is not None:
        check_output(path, force)


def show(text: Iterable[str] | None, make_object: Callable[[], object], json_path: Path | None, force: bool) -> None:
    """Print the lines of `text`; with --json, print the JSON object instead; with --json FILE, also write it to FILE.

    Parameters
    ----------
    text : iterable of str or None
        Lines. They are made only if they are printed. None if something else is printed.
    make_object : callable
        Returns the object. It is called only with --json.
    json_path : Path or None
        The value of --json.
    force : bool
        Whether the file may be replaced.
    """
    import json

    from detector.outputs import new_file

    if json_path == STANDARD_OUTPUT:
        click.echo(json.dumps(make_object(), indent=1))
        return
    if json_path is not None:
        with new_file(json_path, force) as stream:
            json.dump(make_object(), stream, indent=1)
    if text is not None:
        click.echo("\n".join(text))
