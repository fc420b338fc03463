"""The option --json [FILE]: one JSON object for programs, in place of the text or beside it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from detector.cli.paths import NEW_FILE_OR_DASH

JSON_FLAG = "--json"
STANDARD_OUTPUT = Path("-")  # no file is meant: a FILE ends in .json


def take_json_file(words: deque[str]) -> str:
    """Take FILE from the words that follow --json, if the first of them is one; give - where none is.

    Raises
    ------
    BadParameter
        Where the first word looks like a file but is none: as an argument it could not be read.
    """
    following = words[0] if words else ""
    if following.startswith("-") or not Path(following).suffix:
        return str(STANDARD_OUTPUT)
    if following.lower().endswith(".json"):
        return words.popleft()
    if not os.path.lexists(following):  # which is false of a name that is too long, too
        raise click.BadParameter(f"{following!r} does not end in .json, nor does it exist", param_hint=f"'{JSON_FLAG}'")
    return str(STANDARD_OUTPUT)


def _json_path(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a FILE that no other spelling of --json would take for one."""
    if path not in {None, STANDARD_OUTPUT} and path.suffix.lower() != ".json":
        raise click.BadParameter(f"'{path}' does not end in .json")
    return path


JSON = click.option(
    JSON_FLAG,
    "json_path",
    type=NEW_FILE_OR_DASH,
    callback=_json_path,
    metavar="[FILE]",
    help="Print one JSON object for programs, not the text. With FILE, whose name ends in .json, write the object "
    "there and print the text.",
)


def json_file(json_path: Path | None) -> Path | None:
    """Give the file that --json writes; None where it writes none."""
    return None if json_path == STANDARD_OUTPUT else json_path


def check_json(json_path: Path | None, force: bool) -> None:
    """Raise `OutputError` where the file of --json cannot be written: before the work, not after it."""
    from detector.outputs import check_output

    path = json_file(json_path)
    if path is not None:
        check_output(path, force)


def show(text: Iterable[str], make_object: Callable[[], object], json_path: Path | None, force: bool) -> None:
    """Print the lines of `text`, the object of `make_object`, or write this and print those, as --json asks for.

    Parameters
    ----------
    text : iterable of str
        Lines; taken only if they are printed.
    make_object : callable
        Gives what becomes JSON; called only if there is --json.
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
    click.echo("\n".join(text))
