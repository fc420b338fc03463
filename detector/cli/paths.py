"""Paths of outputs: the types of options that name them, and a check that no input is replaced."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click


class _Output(click.Path):
    """A path to write to. A name that begins with -- is refused: in `--scores --hop 1`, the file name was forgotten."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """Convert the path; refuse one that looks like an option."""
        if not os.fspath(value):
            self.fail("is empty; give a name.", param, ctx)
        if os.fspath(value).startswith("--"):
            self.fail(f"{value!r} is an option, not a file name; a file of this name is ./{value}", param, ctx)
        if os.fspath(value) == "-" and not self.allow_dash:
            hint = "" if param is None or param.required else "; leave the option out for what it does by default"
            self.fail(f"'-' is not a file name{hint}; a file of this name is ./-", param, ctx)
        if _is_recording(Path(value)):
            self.fail(f"{value} is a recording, which is never replaced; choose another name.", param, ctx)
        return super().convert(value, param, ctx)


def _is_recording(path: Path) -> bool:
    """Return whether a file exists whose name ends like that of a recording."""
    from detector.audio.files import EXTENSIONS

    return path.suffix[1:].casefold() in EXTENSIONS and path.is_file()


def _output(**rules: Any) -> _Output:
    return _Output(path_type=Path, **rules)


NEW_FILE = _output(dir_okay=False)
NEW_FILE_OR_DASH = _output(dir_okay=False, allow_dash=True)
NEW_FOLDER = _output(file_okay=False)
NEW_PATH = _output()


def refuse_inputs(outputs: Sequence[Path | None], inputs: Sequence[Path | None]) -> None:
    """Raise `UsageError` where an output is the same file or folder as an input."""
    if not any(outputs):  # a long list of inputs takes time
        return
    resolved_inputs = {path.resolve() for path in inputs if path is not None}
    for path in outputs:
        if path is not None and path.resolve() in resolved_inputs:
            raise click.UsageError(f"{path} is read by this command; choose another file for the output.")
