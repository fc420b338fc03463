"""`detector evaluate`: compare detections with annotations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli.collection import without_collection
from detector.cli.command import Command
from detector.cli.doubts import doubts
from detector.cli.grouping import group_option
from detector.cli.json_option import JSON, check_json, json_file, show
from detector.cli.messages import say
from detector.cli.options import SHARE, TABLE, finite
from detector.cli.paths import NEW_FILE, refuse_inputs
from detector.cli.plotting import plot_option
from detector.cli.renaming import RENAME, refuse_repeated
from detector.cli.runs import detections_and_effort
from detector.cli.splitting import LISTED_BACKGROUND, choice_of, split_options
from detector.cli.unit_evaluation import evaluate_by_units, refuse_event_options
from detector.errors import ConfigurationError

if TYPE_CHECKING:
    from detector.evaluation.request import EvaluateRequest
    from detector.evaluation.settings import EvaluateSettings
    from detector.evaluation.units.scored import Kind

ALLOWED = "a score from 0 to 1 nor LABEL=SCORE; targets such as p=0.9 and fa=2/h are for scan"
TARGETS = {"p", "fa"}  # the part before = of a target in `scan --threshold`


def _thresholds(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> tuple[float | None, dict[str, float]]:
    """Read X and LABEL=X; return the threshold of all labels, if it is given, and those of single labels."""
    of_label = {}
    refuse_repeated(value.rpartition("=")[0] for value in values)
    for value in values:
        label, equals, text = value.rpartition("=")
        try:
            score = float(text)
        except ValueError:
            score = math.nan
        if not 0 <= score <= 1 or (equals and not label):
            raise click.BadParameter(f"{value!r} is neither {ALLOWED}")
        of_label[label] = score
    return of_label.pop("", None), of_label


def _coverage(_context: click.Context, _option: click.Parameter, value: str) -> tuple[float, float]:
    """Read COVERED,USED, two shares above 0 and up to 1."""
    try:
        covered, used = (float(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not two shares, for example 0.5,0.5") from error
    if not (0 < covered <= 1 and 0 < used <= 1):
        raise click.BadParameter(f"{value!r}: both must be above 0 and at most 1")
    return covered, used


@click.command(
    cls=Command,
    renamed={"--curves": "--plot"},
    short_help="Compare detections with annotations: precision and recall.",
)
@click.argument("detections", type=TABLE)
@click.argument("annotations", type=TABLE)
@click.option("--effort", type=TABLE, help="Table of scan --effort, or the folder of a run.")
@click.option(
    "--hours",
    type=click.FloatRange(0, min_open=True),
    callback=finite,
    help="Total length of the recordings, without --effort.",
)
@click.option(
    "--units",
    type=click.Choice(["spans", "files"]),
    help="Evaluate not events but annotated spans, or whole files, each with a score for each label.",
)
@click.option("--iou", default=0.3, show_default=True, type=SHARE, help="Intersection over union that a hit needs.")
@click.option(
    "--threshold",
    multiple=True,
    callback=_thresholds,
    metavar="[LABEL=]SCORE",
    help="Use only detections with at least this score.  [default: all]",
)
@click.option("--label", help="The label of rows that have none.")
@click.option("--label-column", help="The column of ANNOTATIONS that holds the label.")
@click.option("--format", "table_format", help="The format of ANNOTATIONS, where it is not recognized.")
@RENAME
@click.option("--only-label", multiple=True, metavar="NAME", help="Evaluate this label and no other.")
@click.option("--background-label", multiple=True, metavar="NAME", help="A label of sounds that are not calls.")
@click.option(
    "--uncertain-label", multiple=True, metavar="NAME", help="A label of spans that may or may not hold calls."
)
@click.option("--annotated-only", is_flag=True, help="Leave out recordings that ANNOTATIONS does not name.")
@split_options("Evaluate")
@LISTED_BACKGROUND
@group_option("intervals are computed by drawing deployments")
@click.option(
    "--coverage",
    default="0.5,0.5",
    show_default=True,
    callback=_coverage,
    metavar="COVERED,USED",
    help="Least covered share of a call and of a detection, in matching by coverage.",
)
@click.option(
    "--draws", default=1000, show_default=True, type=click.IntRange(0), help="Bootstrap draws; 0: no intervals."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the bootstrap.")
@JSON
@plot_option("the curves")
@click.option("--errors", type=NEW_FILE, help="Write misses and false alarms as a Raven selection table.")
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
@without_collection()
def evaluate(
    detections: Path,
    annotations: Path,
    effort: Path | None,
    hours: float | None,
    units: Kind | None,
    iou: float,
    threshold: tuple[float | None, dict[str, float]],
    label: str | None,
    label_column: str | None,
    table_format: str | None,
    rename: dict[str, str],
    only_label: tuple[str, ...],
    background_label: tuple[str, ...],
    uncertain_label: tuple[str, ...],
    annotated_only: bool,
    split: Path | None,
    split_name: str | None,
    listed_background: bool,
    group: str | None,
    coverage: tuple[float, float],
    draws: int,
    seed: int,
    json_path: Path | None,
    plot: Path | None,
    errors: Path | None,
    force: bool,
) -> None:
    """Compare DETECTIONS with ANNOTATIONS: precision, recall, average precision, false alarms per hour and more.

    Both are tables or folders of tables: detector's own, Raven, Audacity, CSV, and with the extra "annot" .not.mat and
    TextGrid. DETECTIONS may also be the folder of scan --run: curves then come from its stored scores. Recordings of
    both are matched by path, or else by file name. With --effort, all scanned recordings count, with detections or
    without; annotations in recordings that were not scanned are left out. Recordings that ANNOTATIONS does not name
    hold no calls, unless --annotated-only leaves them out. To see the figures of lower thresholds, scan with a low
    threshold. With --units, the subject is no longer events but annotated spans, or whole files: one score for each
    label, which may also come from the table of detector classify or from the scores of a run. docs/evaluation.md
    defines every figure.

    \b
    Examples:
      detector evaluate detections.csv annotations.csv --effort effort.csv
      detector evaluate season-2026 annotations.csv --annotated-only
      detector evaluate detections.csv tables/ --effort effort.csv --iou 0.5 --threshold 0.6 --plot curves.png
      detector evaluate detections.csv tables/ --label boobook --uncertain-label UNK --group '^(site[0-9]+)'
      detector evaluate mine.txt hers.txt --hours 0.5 --errors errors.txt
      detector evaluate season-2026 species.csv --units files --plot confusion.png
      detector evaluate classified.csv annotations.csv --units spans --split clips/recordings.csv --of test
    """  # noqa: D301
    from detector.evaluation.request import EvaluateRequest
    from detector.evaluation.settings import EvaluateSettings
    from detector.labels import LabelRules
    from detector.tables.table import ReadOptions

    if units is not None:
        refuse_event_options(click.get_current_context())
    given = detections
    detections, effort = detections_and_effort(detections, effort)
    annotations, _ = detections_and_effort(annotations, None)
    rules = LabelRules(rename, frozenset(background_label), frozenset(uncertain_label), only_label)
    read = ReadOptions(label=label, label_column=label_column, format=table_format)
    choice = choice_of(split, split_name)
    request = EvaluateRequest(
        detections, annotations, effort, hours, read, rules, group, annotated_only, choice, listed_background
    )
    settings = EvaluateSettings(
        iou=iou,
        threshold=threshold[0] or 0.0,
        thresholds=threshold[1],
        least_covered=coverage[0],
        least_used=coverage[1],
        draws=draws,
        seed=seed,
    )
    refuse_inputs([plot, errors, json_file(json_path)], [detections, annotations, effort, split])
    _check_outputs(plot, errors, json_path, [detections, annotations], force)
    if units is not None:
        of_run = None if given == detections else given
        evaluate_by_units(units, request, of_run, draws, seed, plot, json_path, force)
    else:
        if given != detections:
            request, settings = _with_every_detection(given, request, settings, threshold)
        _evaluate_events(request, settings, plot, errors, json_path, force)


def _with_every_detection(
    run: Path,
    request: EvaluateRequest,
    settings: EvaluateSettings,
    given: tuple[float | None, dict[str, float]],
) -> tuple[EvaluateRequest, EvaluateSettings]:
    """Take all detections of a run, from its scores, so that curves begin below its thresholds.

    The figures at the threshold are those at the thresholds of the run, unless the user gives others.
    """
    from detector.runs.every import LOWEST, every_detection

    of_all, of_label = given
    every = every_detection(run, min(LOWEST, *(of_label.values() or [1.0]), 1.0 if of_all is None else of_all))
    if every is None:
        return request, settings
    thresholds = every.renamed(request.rules)
    if thresholds is None:
        say(f"{run}: labels with different thresholds get the same name, so only its table is evaluated")
        return request, settings
    say(f"{run}: curves and average precision are of its stored scores, from {every.lowest:g} on")
    if of_all is None:
        found = {request.rules.of_call(row.event.label) for row in every.table.annotations}
        own = {label: threshold for label, threshold in thresholds.items() if label in found}
        settings = replace(settings, thresholds=own | of_label)
    return replace(request, rows=(every.table,)), settings


def _evaluate_events(
    request: EvaluateRequest,
    settings: EvaluateSettings,
    plot: Path | None,
    errors: Path | None,
    json_path: Path | None,
    force: bool,
) -> None:
    """Evaluate events, show the figures, and write the picture and the mistakes."""
    from detector.evaluation.evaluate import evaluate as run
    from detector.evaluation.mistakes import write_mistakes
    from detector.evaluation.pictures import draw_curves
    from detector.evaluation.report import as_object, as_text
    from detector.evaluation.tables import read_material
    from detector.outputs import new_file
    from detector.tables.unit_table import is_unit_table

    if is_unit_table(request.detections):
        raise ConfigurationError(f"{request.detections}: is a table of detector classify; evaluate it with --units")
    material, notes = read_material(request)
    for note in notes:
        say(note)
    _refuse_targets(settings.thresholds, material.labels)
    evaluation = run(material, settings)
    for doubt in doubts(evaluation):
        say(doubt)
    with ExitStack() as stack:
        if errors is not None:
            write_mistakes(evaluation, stack.enter_context(new_file(errors, force)))
        if plot is not None:
            draw_curves(evaluation, plot)
    show(as_text(evaluation), lambda: as_object(evaluation), json_path, force)


def _refuse_targets(thresholds: Mapping[str, float], labels: Sequence[str]) -> None:
    """Refuse targets of `scan`, such as p=0.9, unless p is a label here."""
    for label in TARGETS & thresholds.keys() - set(labels):
        target = f"{label}={thresholds[label]:g}"
        raise ConfigurationError(f"--threshold: no row has the label {label!r}, so {target!r} is neither {ALLOWED}")


def _check_outputs(
    plot: Path | None, errors: Path | None, json_path: Path | None, tables: Sequence[Path], force: bool
) -> None:
    """Refuse outputs that cannot be written, before the work.

    The table of errors must not be the file of another output, nor lie in a folder whose tables are read: the next
    evaluation would read it, too.
    """
    from detector.evaluation.pictures import check_curves
    from detector.outputs import check_output

    if errors is not None:
        for flag, other in (("--plot", plot), ("--json", json_file(json_path))):
            if other is not None and errors.resolve() == other.resolve():
                raise click.UsageError(f"{errors}: --errors and {flag} must be two files.")
        for folder in tables:
            if folder.resolve() in errors.resolve().parents:
                raise click.UsageError(f"{errors} lies in {folder}, whose tables are read; write --errors elsewhere.")
    for output in filter(None, (plot, errors)):
        check_output(output, force)
    check_json(json_path, force)
    if plot is not None:
        check_curves(plot)
