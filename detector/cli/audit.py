"""`detector audit`: a sample of detections for a person to check, and what the verdicts say of all of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli.command import Command
from detector.cli.json_option import JSON, check_json, json_file, show
from detector.cli.messages import say
from detector.cli.options import finite
from detector.cli.paths import NEW_FILE, NEW_FOLDER, refuse_inputs
from detector.cli.plotting import plot_option
from detector.cli.streams import byte_for_byte

if TYPE_CHECKING:
    from detector.audit.detections import Detections
    from detector.audit.items import Item
    from detector.audit.sample import AuditRequest

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DRAWING = ("n", "labels", "n_strata", "n_background", "effort", "window_s", "seed", "output", "by_score")
ESTIMATING = ("json_path", "plot")


@click.command(
    cls=Command,
    renamed={"--curve": "--plot"},
    short_help="Draw detections to check by ear; estimate precision and recall.",
)
@click.argument("detections", type=click.Path(exists=True, path_type=Path))
@click.option("-n", "n", default=200, show_default=True, type=click.IntRange(1), help="Detections to draw, a label.")
@click.option("--label", "labels", multiple=True, metavar="NAME", help="Of these labels only.")
@click.option(
    "--strata", "n_strata", default=5, show_default=True, type=click.IntRange(1, 100), help="Ranges of score."
)
@click.option(
    "--background",
    "n_background",
    type=click.IntRange(1),
    help="Windows without a detection to draw, a label; needs --effort.",
)
@click.option("--effort", type=FILE, help="What was scanned, as scan --effort wrote it.")
@click.option(
    "--window",
    "window_s",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.01, 86400),
    callback=finite,
    help="Longest window of background, s.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of everything that is drawn.")
@click.option("--by-score", is_flag=True, help="Highest scores first, instead of in no order.")
@click.option("-o", "--output", type=NEW_FILE, help="Write the sample into this file.  [default: standard output]")
@click.option(
    "--raven",
    type=NEW_FOLDER,
    metavar="FOLDER",
    help="Also write Raven selection tables into this new folder; with --verdicts, read verdicts from them.",
)
@click.option("--verdicts", type=FILE, help="The checked sample: print the estimates.")
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

    DETECTIONS is a table with scores (or a folder of them), as detector scan writes it. Without --verdicts, a sample is
    drawn: of each label, detections from every range of score, and with --background also windows of scanned time
    that no detection touches. Write yes, no or unsure into its column verdict; for background, whether a call begins
    in the window that no detection touches, or how many. With --verdicts, the figures are printed: precision by score,
    the number of true detections, and where background was checked missed calls and recall, with 95 % intervals.

    \b
    Examples:
      detector audit detections.csv -n 200 -o sample.csv
      detector audit detections.csv --verdicts sample.csv --plot precision.png
      detector audit detections.csv -n 200 --background 100 --effort effort.csv --raven tables/ -o sample.csv
      detector audit detections.csv --verdicts sample.csv --raven tables/ --json > audit.json
    """  # noqa: D301
    from detector.audit.detections import read_detections
    from detector.audit.sample import AuditRequest

    _refuse_mixture(ctx, ESTIMATING if verdicts is None else DRAWING)
    refuse_inputs([output, plot, json_file(json_path)], [detections, effort, verdicts])
    if n_background is not None and effort is None:
        raise click.UsageError("--background needs --effort, which says what was scanned.")
    found = read_detections(detections)
    for problem in found.problems:
        say(problem)
    if verdicts is None:
        request = AuditRequest(labels, n, n_background or 0, n_strata, window_s, seed, by_score)
        draw_sample(found, request, effort, output, raven, force)
    else:
        print_figures(found, verdicts, raven, plot, json_path, force)


def _refuse_mixture(ctx: click.Context, others: tuple[str, ...]) -> None:
    """Refuse options of the other one of the command's two uses."""
    for parameter in ctx.command.params:
        given = ctx.get_parameter_source(parameter.name or "") is click.core.ParameterSource.COMMANDLINE
        if parameter.name in others and given:
            word = "needs" if others is ESTIMATING else "does not go with"
            raise click.UsageError(f"{parameter.opts[-1]} {word} --verdicts.")


def draw_sample(
    detections: Detections,
    request: AuditRequest,
    effort: Path | None,
    output: Path | None,
    raven: Path | None,
    force: bool,
) -> None:
    """Draw a sample and write it: the table, and tables for Raven where they are wanted."""
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
    if output is None:  # after the files: a pipe that closes costs none of them
        write_sample(items, detections.fingerprint, byte_for_byte(sys.stdout))
    for line in drawn(detections, items, background=request.n_background > 0):
        say(line)


def drawn(detections: Detections, items: list[Item], *, background: bool) -> list[str]:
    """Say what was drawn of each label, and where `background` was asked for and there is none."""
    told = []
    for label in sorted({item.label for item in items}):
        of_label = [item for item in items if item.label == label]
        windows = [item for item in of_label if item.stratum is None]
        n_strata = max(item.stratum or 0 for item in of_label)
        counts = f"{len(of_label) - len(windows)} of {len(detections.by_label[label])} detections"
        line = f"{label}: {counts}, from {n_strata} ranges of score"
        told.append(line + (f"; {len(windows)} of {windows[0].stratum_size} windows without one" if windows else ""))
        if background and not windows:
            told.append(f"{label}: no background to draw: detections cover all that was scanned")
    return told


def print_figures(
    detections: Detections,
    verdicts: Path,
    raven: Path | None,
    plot: Path | None,
    json_path: Path | None,
    force: bool,
) -> None:
    """Print what the verdicts say."""
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
