"""Replace the names of parameters in messages of the library, such as `hop_s`, by flags of the command line."""

from __future__ import annotations

from collections.abc import Iterator

import click

from detector.errors import Parameter

NAMES = {
    "complete": "fully_annotated",
    "format": "table_format",
    "hop_s": "hop",
    "rules.background": "background_label",
    "rules.only": "only_label",
    "rules.uncertain": "uncertain_label",
    "start": "start_name",
}
"""Parameters of the library to which the functions of commands give another name."""


def with_flags(text: str, context: click.Context | None = None) -> str:
    """Replace the parameters that a message names by the flags of the running command: `hop_s` becomes --hop.

    Parameters
    ----------
    text : str
        A message of the library.
    context : click.Context, optional
        Context of the program or of the running command; the current one by default. Without one, nothing changes.
    """
    context = context or click.get_current_context(silent=True)
    if context is None or "`" not in text:
        return text
    for parameter, flag in _known(context.find_root()):
        text = text.replace(str(parameter), flag)
    return text


def flags(command: click.Command) -> dict[str, str]:
    """Return the flag of each parameter of a command, by all names that the library may use."""
    by_name = {parameter.name or "": _flag(parameter) for parameter in command.params}
    return by_name | {ours: by_name[theirs] for ours, theirs in NAMES.items() if theirs in by_name}


def _flag(parameter: click.Parameter) -> str:
    """Return the long flag of an option, or the name of an argument."""
    return parameter.opts[-1] if isinstance(parameter, click.Option) else parameter.human_readable_name


def _known(root: click.Context) -> Iterator[tuple[Parameter, str]]:
    """List parameters and their flags: of every command with its name, and of the running command without it, too."""
    if not isinstance(root.command, click.Group):
        yield from ((Parameter(name), flag) for name, flag in flags(root.command).items())
        return
    for step, command in root.command.commands.items():
        for name, flag in flags(command).items():
            yield Parameter(name, of=step), flag
            if step == root.invoked_subcommand:
                yield Parameter(name), flag
