"""`detector evaluate`: compare detections with annotations."""

from __future__ import annotations

import gc
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli.command import Command
from detector.cli.grouping import group_option
from detector.cli.json_option import JSON, check_json, json_file, show
from detector.cli.messages import say
from detector.cli.options import SHARE, TABLE, finite
from detector.cli.paths import NEW_FILE, refuse_inputs
from detector.cli.plotting import plot_option
from detector.cli.renaming import RENAME, once
from detector.errors import ConfigurationError

if TYPE_CHECKING:
    from detector.evaluation.figures import Evaluation
    from detector.evaluation.material import Unit
    from detector.events import Event

FACTOR = 3  # in length: from here on, an IoU of 0.3 is out of reach
ALLOWED = "a score from 0 to 1 nor LABEL=SCORE; targets such as p=0.9 and fa=2/h are for scan"
TARGETS = {"p", "fa"}  # what stands before = in `scan --threshold`, where it is a target


def _thresholds(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> tuple[float, dict[str, float]]:
    """Read X and LABEL=X."""
    of_label = {}
    once(value.rpartition("=")[0] for value in values)
    for value in values:
        label, _, text = value.rpartition("=")
        try:
            score = float(text)
        except ValueError:
            score = math.nan
        if not 0 <= score <= 1:
            raise click.BadParameter(f"{value!r} is neither {ALLOWED}")
        of_label[label] = score
    return of_label.pop("", 0.0), of_label


def _coverage(_context: click.Context, _option: click.Parameter, value: str) -> tuple[float, float]:
    """Read COVERED,USED."""
    try:
        covered, used = (float(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not two shares, as in 0.5,0.5") from error
    if not (0 < covered <= 1 and 0 < used <= 1):
        raise click.BadParameter(f"{value!r}: both must be above 0 and at most 1")
    return covered, used


@contextmanager
def _without_collection() -> Iterator[None]:
    """Spare the garbage collector looking again and again through millions of objects that all stay."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@click.command(
    cls=Command,
    renamed={"--curves": "--plot"},
    short_help="Compare detections with annotations: precision and recall.",
)
@click.argument("detections", type=TABLE)
@click.argument("annotations", type=TABLE)
@click.option("--effort", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What `scan` wrote there.")
@click.option(
    "--hours",
    type=click.FloatRange(0, min_open=True),
    callback=finite,
    help="Length of the recordings, without --effort.",
)
@click.option("--iou", default=0.3, show_default=True, type=SHARE, help="Intersection over union that a hit needs.")
@click.option(
    "--threshold",
    multiple=True,
    callback=_thresholds,
    metavar="[LABEL=]SCORE",
    help="Score that counts.  [default: all]",
)
@click.option("--label", help="The label of rows that have none.")
@click.option("--label-column", help="The column of ANNOTATIONS that holds the label.")
@click.option("--format", "table_format", help="The format of ANNOTATIONS, where it is not found by itself.")
@RENAME
@click.option("--only-label", multiple=True, metavar="NAME", help="Evaluate this label and no other.")
@click.option("--background-label", multiple=True, metavar="NAME", help="A label of sounds that are not calls.")
@click.option("--uncertain-label", multiple=True, metavar="NAME", help="A label of spans that may hold calls or not.")
@click.option("--annotated-only", is_flag=True, help="Leave out recordings that ANNOTATIONS does not name.")
@group_option("the intervals draw deployments")
@click.option(
    "--coverage",
    default="0.5,0.5",
    show_default=True,
    callback=_coverage,
    metavar="COVERED,USED",
    help="Shares of calls and detections for matching by coverage.",
)
@click.option("--draws", default=1000, show_default=True, type=click.IntRange(0), help="Of the bootstrap; 0: none.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of the bootstrap.")
@JSON
@plot_option("the curves")
@click.option("--errors", type=NEW_FILE, help="Write misses and false alarms as a Raven selection table.")
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
@_without_collection()
def evaluate(
    detections: Path,
    annotations: Path,
    effort: Path | None,
    hours: float | None,
    iou: float,
    threshold: tuple[float, dict[str, float]],
    label: str | None,
    label_column: str | None,
    table_format: str | None,
    rename: dict[str, str],
    only_label: tuple[str, ...],
    background_label: tuple[str, ...],
    uncertain_label: tuple[str, ...],
    annotated_only: bool,
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
    TextGrid. Recordings are told apart by path, else by file name. With --effort, what was scanned counts, with
    detections or without; annotations in recordings that were not scanned are left out. The recordings that
    ANNOTATIONS does not name hold no calls, unless --annotated-only leaves them out. To see what lower thresholds would
    give, scan with a low one. docs/evaluation.md defines every figure.

    \b
    Examples:
      detector evaluate detections.csv annotations.csv --effort effort.csv
      detector evaluate detections.csv tables/ --effort effort.csv --iou 0.5 --threshold 0.6 --plot curves.png
      detector evaluate detections.csv tables/ --label boobook --uncertain-label UNK --group '^(site[0-9]+)'
      detector evaluate mine.txt hers.txt --hours 0.5 --errors errors.txt
    """  # noqa: D301
    from detector.evaluation.evaluate import evaluate as run
    from detector.evaluation.mistakes import write_mistakes
    from detector.evaluation.pictures import draw_curves
    from detector.evaluation.report import as_object, as_text
    from detector.evaluation.settings import EvaluateSettings
    from detector.evaluation.tables import EvaluateRequest, read_material
    from detector.labels import LabelRules
    from detector.outputs import new_file
    from detector.tables.table import ReadOptions

    rules = LabelRules(rename, frozenset(background_label), frozenset(uncertain_label), only_label)
    read = ReadOptions(label=label, label_column=label_column, format=table_format)
    request = EvaluateRequest(detections, annotations, effort, hours, read, rules, group, annotated_only)
    settings = EvaluateSettings(
        iou=iou,
        threshold=threshold[0],
        thresholds=threshold[1],
        least_covered=coverage[0],
        least_used=coverage[1],
        draws=draws,
        seed=seed,
    )
    refuse_inputs([plot, errors, json_file(json_path)], [detections, annotations, effort])
    _check_outputs(plot, errors, json_path, [detections, annotations], force)
    material, notes = read_material(request)
    for note in notes:
        say(note)
    _refuse_targets(settings.thresholds, material.labels)
    told = run(material, settings)
    for doubt in _doubts(told):
        say(doubt)
    with ExitStack() as stack:
        if errors is not None:
            write_mistakes(told, stack.enter_context(new_file(errors, force)))
        if plot is not None:
            draw_curves(told, plot)
    show(as_text(told), lambda: as_object(told), json_path, force)


def _refuse_targets(thresholds: Mapping[str, float], labels: Sequence[str]) -> None:
    """Refuse what is a target to `scan`, such as p=0.9, unless p is a label here."""
    for label in TARGETS & thresholds.keys() - set(labels):
        asked = f"{label}={thresholds[label]:g}"
        raise ConfigurationError(f"--threshold: no row has the label {label!r}, so {asked!r} is neither {ALLOWED}")


def _check_outputs(
    plot: Path | None, errors: Path | None, json_path: Path | None, tables: Sequence[Path], force: bool
) -> None:
    """Check outputs before the work, not after it.

    A table of errors is refused in the place of another output, and where the next evaluation would read it as a table.
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


def _doubts(told: Evaluation) -> Iterator[str]:
    """Say which figures cannot be told or trusted, and why."""
    material, rates = told.material, told.settings.rates
    if unknown := sorted(told.settings.thresholds.keys() - material.labels):
        yield f"--threshold: no row has the label {', '.join(unknown)}"
    if told.hours is None:
        yield "no figures per hour: neither --effort nor --hours tells how long was scanned"
    elif short := [rate for rate in rates if rate * told.hours < 1]:
        few = ", ".join(f"{rate:g}" for rate in short)
        yield f"{told.hours:.3g} h are too short to tell {few} false alarms per hour from none"
    if not material.scored:
        yield "no scores in the detections: only figures at the threshold"
    elif bare := sum(event.score is None for found in material.estimated.values() for event in found):
        yield f"{bare:,} of the detections have no score: they are taken for the surest, as if it were 1"
    wanted, found = (_typical_s(side) for side in (material.reference, material.estimated))
    if wanted and found and not 1 / FACTOR <= found / wanted <= FACTOR:
        yield f"detections last {found:.3g} s, annotations {wanted:.3g} s (medians): few can overlap enough for a hit"


def _typical_s(side: Mapping[Unit, Sequence[Event]]) -> float:
    lengths = [event.duration_s for events in side.values() for event in events]
    return statistics.median(lengths) if lengths else 0.0
