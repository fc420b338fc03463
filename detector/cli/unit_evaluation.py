"""The part of `detector evaluate` that --units asks for: figures of labelled spans or whole files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli.json_option import show
from detector.cli.messages import say

if TYPE_CHECKING:
    from detector.evaluation.request import EvaluateRequest
    from detector.evaluation.units.scored import Kind

OF_EVENTS = ("iou", "hours", "threshold", "coverage", "errors")
"""Parameters of `evaluate` that mean nothing for units."""


def refuse_event_options(context: click.Context) -> None:
    """Raise `UsageError` if the user gives an option that is for events only."""
    given = {name for name in OF_EVENTS if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE}
    flags = [option.opts[-1] for option in context.command.params if option.name in given]
    if flags:
        raise click.UsageError(f"{flags[0]} is about events; leave it out with --units.")


def evaluate_by_units(
    kind: Kind,
    request: EvaluateRequest,
    run: Path | None,
    draws: int,
    seed: int,
    plot: Path | None,
    json_path: Path | None,
    force: bool,
) -> None:
    """Evaluate by units, and show the figures. `run` is the run that made the detections, for its stored scores."""
    from detector.evaluation.units.evaluate import evaluate_units
    from detector.evaluation.units.pictures import draw_units
    from detector.evaluation.units.reading import read_units
    from detector.evaluation.units.report import as_object, as_text
    from detector.runs.unit_scores import keeps_scores, stored_scores

    stored = None
    if run is not None and keeps_scores(run):
        stored = partial(stored_scores, run)
    elif run is not None:
        say(f"{run}: keeps no scores, so units get those of its detections")
    units, notes = read_units(request, kind, stored)
    for note in notes:
        say(note)
    evaluation = evaluate_units(units, draws, seed)
    if not evaluation.mean:
        say(f"every one of the {kind} has the same labels: average precision and AUROC need some without a label")
    if plot is not None:
        draw_units(evaluation, plot)
    show(as_text(evaluation), lambda: as_object(evaluation), json_path, force)
