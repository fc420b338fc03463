"""`detector audit`: draw a sample of detections for a person to check, and estimate figures from the verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli.command import Command
from detector.cli.json_option import JSON, check_json, json_file, show
from detector.cli.messages import say
from detector.cli.options import TABLE, finite
from detector.cli.paths import NEW_FILE, NEW_FOLDER, refuse_inputs
from detector.cli.plotting import plot_option
from detector.cli.runs import detections_and_effort
from detector.cli.streams import byte_for_byte

if TYPE_CHECKING:
    from detector.audit.detections import Detections
    from detector.audit.items import Item
    from detector.audit.sample import AuditRequest

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DRAWING = ("n", "labels", "n_strata", "n_background", "effort", "window_s", "seed", "output", "by_score")
"""Parameters that only the drawing of a sample uses."""

ESTIMATING = ("json_path", "plot")
"""Parameters that only the estimation from verdicts uses."""


@click.command(
    cls=Command,
    renamed={"--curve": "--plot"},
    short_help="Draw detections to check by ear; estimate precision and recall.",
)
@click.argument("detections", type=click.Path(exists=True, path_type=Path))
@click.option(
    "-n", "n", default=200, show_default=True, type=click.IntRange(1), help="Detections to draw of each label."
)
@click.option("--label", "labels", multiple=True, metavar="NAME", help="Draw only detections with this label.")
@click.option(
    "--strata",
    "n_strata",
    default=5,
    show_default=True,
    type=click.IntRange(1, 100),
    help="Ranges of score to draw from.",
)
@click.option(
    "--background",
    "n_background",
    type=click.IntRange(1),
    help="Windows without a detection to draw for each label; needs --effort.",
)
@click.option("--effort", type=TABLE, help="The table of what was scanned, from scan --effort, or a run.")
@click.option(
    "--window",
    "window_s",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.01, 86400),
    callback=finite,
    help="Longest background window, in s.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the random sample.")
@click.option("--by-score", is_flag=True, help="Sort by score, highest first, instead of in random order.")
@click.option("-o", "--output", type=NEW_FILE, help="Write the sample to this file.  [default: standard output]")
@click.option(
    "--raven",
    type=NEW_FOLDER,
    metavar="FOLDER",
    help="Also write Raven selection tables to this new folder; with --verdicts, read the verdicts from them.",
)
@click.option("--verdicts", type=FILE, help="The checked sample; estimate figures from its verdicts.")
@JSON
@plot_option("precision by score")
@click.option("--force", is_flag=True, help="Replace files that exist.")
@click.pass_context
def audit(
    ctx: click.Context,
    detections: Path,
    labels: tuple[str, ...],
    n: int,
    n_strata: int,
    n_background: int | None,
    effort: Path | None,
    window_s: float,
    seed: int,
    by_score: bool,
    output: Path | None,
    raven: Path | None,
    verdicts: Path | None,
    json_path: Path | None,
    plot: Path | None,
    force: bool,
) -> None:
    """Draw a sample of DETECTIONS for a person to check; from the verdicts, estimate precision and recall.

    DETECTIONS is a table with scores from detector scan, a folder of such tables, or the folder of scan --run.

    Without --verdicts, the command draws a sample. For each label it draws detections from every range of score. With
    --background it also draws windows of scanned time without a detection. Listen to each row and write yes, no or
    unsure into its column verdict. For a background window, the question is whether a call begins in it that no
    detection touches; write yes, no, unsure or the number of such calls.

    With --verdicts, the command prints estimates with 95 % intervals: precision by score and the number of true
    detections, and where background was checked, missed calls and recall.

    \b
    Examples:
      detector audit detections.csv -n 200 -o sample.csv
      detector audit season-2026 -n 200 --background 100 -o sample.csv
      detector audit detections.csv --verdicts sample.csv --plot precision.png
      detector audit detections.csv -n 200 --background 100 --effort effort.csv --raven tables/ -o sample.csv
      detector audit detections.csv --verdicts sample.csv --raven tables/ --json > audit.json
    """  # noqa: D301
    from detector.audit.detections import read_detections
    from detector.audit.sample import AuditRequest

    detections, effort = detections_and_effort(detections, effort)
    _refuse_mixture(ctx, ESTIMATING if verdicts is None else DRAWING)
    refuse_inputs([output, plot, json_file(json_path)], [detections, effort, verdicts])
    if n_background is not None and effort is None:
        raise click.UsageError("--background needs --effort, which says what was scanned.")
    all_detections = read_detections(detections)
    for problem in all_detections.problems:
        say(problem)
    if verdicts is None:
        request = AuditRequest(labels, n, n_background or 0, n_strata, window_s, seed, by_score)
        draw_sample(all_detections, request, effort, output, raven, force)
    else:
        print_figures(all_detections, verdicts, raven, plot, json_path, force)


def _refuse_mixture(ctx: click.Context, unusable: tuple[str, ...]) -> None:
    """Refuse options that only the other use of the command has: drawing a sample, or estimating from verdicts."""
    for parameter in ctx.command.params:
        is_given = ctx.get_parameter_source(parameter.name or "") is click.core.ParameterSource.COMMANDLINE
        if parameter.name in unusable and is_given:
            problem = "needs" if unusable is ESTIMATING else "cannot be used with"
            raise click.UsageError(f"{parameter.opts[-1]} {problem} --verdicts.")


def draw_sample(
    detections: Detections,
    request: AuditRequest,
    effort: Path | None,
    output: Path | None,
    raven: Path | None,
    force: bool,
) -> None:
    """Draw a sample; write its table, and tables for Raven where a folder for them is given."""
    import sys
    from contextlib import ExitStack

    from detector.audit.background import read_scanned
    from detector.audit.sample import draw
    from detector.audit.selections import SELECTIONS_FOLDER, write_selections
    from detector.audit.tables import write_sample
    from detector.outputs import new_file, new_folder

    scanned = None if effort is None else read_scanned(effort)
    items = draw(detections, request, scanned)
    with ExitStack() as stack:
        if output is not None:
            write_sample(items, detections.fingerprint, stack.enter_context(new_file(output, force)))
        if raven is not None:
            folder = stack.enter_context(new_folder(raven, SELECTIONS_FOLDER, force=force))
            write_selections(items, folder)
    if output is None:  # last, so that the files are written even where the pipe is closed
        write_sample(items, detections.fingerprint, byte_for_byte(sys.stdout))
    for line in describe_sample(detections, items, background=request.n_background > 0):
        say(line)


def describe_sample(detections: Detections, items: list[Item], *, background: bool) -> list[str]:
    """Describe what was drawn of each label, a line each.

    With `background`, another line names each label that no background window could be drawn for.
    """
    from detector.texts import many

    lines = []
    for label in sorted({item.label for item in items}):
        of_label = [item for item in items if item.label == label]
        windows = [item for item in of_label if item.stratum is None]
        n_strata = max(item.stratum or 0 for item in of_label)
        n_drawn = len(of_label) - len(windows)
        n_all = len(detections.by_label[label])
        line = f"{label}: {n_drawn:,} of {many(n_all, 'detection')}, from {many(n_strata, 'range')} of score"
        if windows:
            line += f"; {len(windows):,} of {windows[0].stratum_size:,} windows without a detection"
        lines.append(line)
        if background and not windows:
            lines.append(f"{label}: no background window was drawn, because detections cover all scanned time")
    return lines


def print_figures(
    detections: Detections,
    verdicts: Path,
    raven: Path | None,
    plot: Path | None,
    json_path: Path | None,
    force: bool,
) -> None:
    """Print the estimates from verdicts."""
    from dataclasses import asdict

    from detector.audit.answers import read_answers
    from detector.audit.curve import check_curve, draw_curve
    from detector.audit.estimation import audit as estimate
    from detector.audit.report import lines
    from detector.outputs import check_output

    check_json(json_path, force)
    if plot is not None:
        check_curve(plot)
        check_output(plot, force)
    figures = estimate(read_answers(verdicts, detections, raven), detections)
    if plot is not None:
        draw_curve(figures, plot)

    def as_object() -> dict[str, object]:
        labels = [asdict(of_label) for of_label in figures]
        return {"confidence": 0.95, "drawn_from": detections.fingerprint, "labels": labels}

    paragraphs = ["\n".join(lines(of_label)) for of_label in figures]
    show(["\n\n".join(paragraphs)], as_object, json_path, force)
