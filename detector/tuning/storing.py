"""Store operating points in a model, or in a copy of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from detector.errors import ConfigurationError, OutputError, Parameter
from detector.model_folder import MODEL_FOLDER
from detector.operating.points import OPERATING_FILE, Operating, operating_toml
from detector.outputs import new_files, new_folder, refuse_folder
from detector.presets import RECIPE_FILE, find_folder, shipped_folder
from detector.provenance import TunedLabel, TuningRecord, provenance_files, read_provenance, today
from detector.recipe import read_recipe


def check_store(model: str, output: Path | None, *, force: bool) -> None:
    """Check that operating points can be stored, before the work is done.

    Raises
    ------
    ConfigurationError, OutputError
        If the model ships with the package, or the output exists.
    ModelError
        If the model's provenance.toml cannot be read.
    """
    folder = find_folder(model)
    read_provenance(folder)
    if output is None:
        if folder.resolve().parent == shipped_folder().resolve():
            raise ConfigurationError(
                f"{model}: ships with the package and cannot be changed; give a copy as {Parameter('output')}"
            )
        return
    if output.resolve() == folder.resolve():
        raise OutputError(
            f"{output}: is the model itself; leave out {Parameter('output')} to change the model in place"
        )
    refuse_folder(output, MODEL_FOLDER, force=force)


def store(model: str, operating: Operating, output: Path | None, *, force: bool) -> None:
    """Write operating points into a model's folder, or into a copy at `output`, and note it in the provenance."""
    folder = find_folder(model)
    changed = _changed(folder, operating, None if output is None else output.name)
    if output is None:
        _write(changed, folder)
        return
    with new_folder(output, MODEL_FOLDER, force=force) as copy:
        for path in folder.iterdir():
            if path.is_file() and path.name not in changed:
                shutil.copyfile(path, copy / path.name)
        _write(changed, copy)


def tuning_record(operating: Operating) -> TuningRecord:
    """Return the record of a tuning for the provenance."""
    assert operating.tuned is not None
    labels = (
        TunedLabel(name=point.name, threshold=point.threshold, evidence=point.evidence) for point in operating.label
    )
    return TuningRecord(date=today(), chosen=operating.tuned, label=tuple(labels))


def _changed(folder: Path, operating: Operating, name: str | None) -> dict[str, str]:
    """Return the texts of the files that a tuning changes, by name. A copy has its own `name`."""
    provenance = read_provenance(folder)
    update = {"name": name or provenance.name, "tuning": tuning_record(operating)}
    recipe = read_recipe(folder / RECIPE_FILE, stored=True)
    return {
        OPERATING_FILE: operating_toml(operating),
        **provenance_files(provenance.model_copy(update=update), recipe),
    }


def _write(texts: dict[str, str], folder: Path) -> None:
    """Write texts into a folder, all of them or none."""
    with new_files([folder / name for name in texts], force=True) as streams:
        for stream, text in zip(streams, texts.values()):
            stream.write(text)
