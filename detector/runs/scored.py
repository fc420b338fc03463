"""What the stored scores of a run are: the windows they belong to, and the model that they are of."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from detector.errors import ConfigurationError, Parameter
from detector.operating.target import Target, parse_target
from detector.presets import RECIPE_FILE, WEIGHTS_FILE
from detector.runs.folder import Run
from detector.runs.records import Finished
from detector.runs.scores import stored_blocks
from detector.runs.settings import model_files
from detector.scanning.blocks import Take
from detector.scanning.layout import EngineName, lay_out
from detector.scanning.windows import WindowGrid


def check_scores(run: Run) -> None:
    """Raise `ConfigurationError` if a run keeps no scores."""
    if run.settings.keep_scores == "none":
        raise ConfigurationError(
            f"{run.folder}: keeps no scores ({Parameter('keep_scores', 'scan')} none); only a new scan has them"
        )


def check_model(run: Run, model: Path) -> None:
    """Raise `ConfigurationError` if the scores of a run are not those of the model in a folder."""
    files = model_files(model)
    for name in (WEIGHTS_FILE, RECIPE_FILE):
        if files.get(name) != run.settings.files.get(name):
            raise ConfigurationError(
                f"{model}: did not make the scores of {run.folder}, which are of {run.settings.model}: "
                f"its {name} is another one"
            )


def grid_of(run: Run) -> WindowGrid:
    """Return the windows of a run's scan."""
    options = run.settings.options
    hop_s = float(options["hop_s"]) if "hop_s" in options else None
    return lay_out(run.recipe, hop_s, cast("EngineName", options.get("engine", "auto"))).grid


def threshold_of(run: Run) -> float | Target | None:
    """Return the threshold that a run was scanned with; None for that of the model."""
    text = run.settings.options.get("threshold")
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return parse_target(text)


def pass_scores(run: Run, result: Finished, grid: WindowGrid, take: Take) -> None:
    """Pass the stored scores of a recording on, as a scan does; raise `OutputError` if they cannot be read."""
    if not result.scanned.failed:
        for block in stored_blocks(result, run.store, grid, len(run.recipe.labels.outputs)):
            take(block)
