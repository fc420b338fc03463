"""Operating points into a model: in the place of its own, or into a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

from detector.errors import ConfigurationError, OutputError
from detector.operating.points import OPERATING_FILE, Operating, operating_toml
from detector.outputs import new_files, new_folder, refuse_folder
from detector.presets import find_folder, shipped_folder
from detector.training.card import CARD_FILE
from detector.tuning.card import read_card, tuned_card


def check_store(model: str, output: Path | None, *, force: bool) -> None:
    """Raise `OutputError` or `ConfigurationError` where operating points cannot be stored, before the work is done."""
    folder = find_folder(model)
    if output is None:
        if folder.resolve().parent == shipped_folder().resolve():
            raise ConfigurationError(f"{model}: ships with the package and stays as it is; name a copy with -o")
        return
    if output.resolve() == folder.resolve():
        raise OutputError(f"{output}: is the model itself; leave -o out to change it in place")
    refuse_folder(output, force=force)


def store(model: str, operating: Operating, output: Path | None, *, force: bool) -> None:
    """Write operating points into a model's folder, or, with `output`, a copy of the folder that has them.

    The model's card, where it has one, says so.
    """
    folder = find_folder(model)
    if output is None:
        _write(operating, folder)
        return
    with new_folder(output, force=force) as copy:
        for path in folder.iterdir():
            if path.is_file() and path.name != OPERATING_FILE:
                shutil.copyfile(path, copy / path.name)
        _write(operating, copy)


def _write(operating: Operating, folder: Path) -> None:
    content = {folder / OPERATING_FILE: operating_toml(operating)}
    if card := read_card(folder / CARD_FILE):
        content[folder / CARD_FILE] = tuned_card(card, operating)
    with new_files(list(content), force=True) as streams:
        for stream, text in zip(streams, content.values()):
            stream.write(text)
