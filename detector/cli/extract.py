"""`detector extract`: annotations and recordings become clips."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli.command import Command
from detector.cli.grouping import group_option
from detector.cli.messages import say
from detector.cli.paths import NEW_PATH
from detector.cli.plotting import plot_option
from detector.cli.progress import Bars
from detector.cli.renaming import RENAME

if TYPE_CHECKING:
    from detector.extraction.report import ExtractReport


def _fractions(_context: click.Context, _option: click.Parameter, value: str) -> tuple[float, float, float]:
    """Read TRAIN,VALIDATION,TEST."""
    try:
        train, validation, test = (float(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not three numbers, as in 0.7,0.15,0.15") from error
    if min(train, validation, test) < 0 or not abs(train + validation + test - 1) <= 1e-6:
        raise click.BadParameter(f"{value!r}: must be 0 or more and sum to 1")
    return train, validation, test


@click.command(
    cls=Command,
    renamed={"--preview": "--plot"},
    short_help="Cut clips for training out of annotated recordings.",
)
@click.argument("annotations", type=click.Path(exists=True, path_type=Path))
@click.argument("recordings", type=click.Path(exists=True, path_type=Path))
@click.option("-r", "--recipe", "recipe_name", required=True, help="A shipped recipe, a model folder or a TOML file.")
@click.option("-o", "--output", required=True, type=NEW_PATH, help="The folder to make.")
@click.option("--label", help="The label of rows that have none.")
@click.option("--label-column", help="The column that holds the label.")
@click.option("--format", "table_format", help="The tables' format, where it is not found by itself.")
@RENAME
@click.option("--background-label", multiple=True, metavar="NAME", help="A label of sounds that are not calls.")
@click.option("--uncertain-label", multiple=True, metavar="NAME", help="A label of spans to leave out.")
@click.option("--fully-annotated", is_flag=True, help="Every call in the annotated recordings is annotated.")
@click.option(
    "--background", multiple=True, type=click.Path(exists=True, path_type=Path), help="Recordings without calls."
)
@click.option(
    "--confusing",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Tables of sounds that are not calls.",
)
@click.option(
    "--negatives", default=5.0, show_default=True, type=click.FloatRange(0, 1_000_000), help="Background clips a call."
)
@group_option("a site stays in one split")
@click.option("--split", type=click.Path(exists=True, path_type=Path), help="A table with columns recording and split.")
@click.option(
    "--fractions", default="0.7,0.15,0.15", show_default=True, callback=_fractions, help="Size of the splits."
)
@click.option("--seed", default=0, show_default=True, help="Of everything that is drawn.")
@plot_option("examples to look at")
@click.option("--force", is_flag=True, help="Replace the output where it exists.")
def extract(
    annotations: Path,
    recordings: Path,
    recipe_name: str,
    output: Path,
    label: str | None,
    label_column: str | None,
    table_format: str | None,
    rename: dict[str, str],
    background_label: tuple[str, ...],
    uncertain_label: tuple[str, ...],
    fully_annotated: bool,
    background: tuple[Path, ...],
    confusing: tuple[Path, ...],
    negatives: float,
    group: str | None,
    split: Path | None,
    fractions: tuple[float, float, float],
    seed: int,
    plot: Path | None,
    force: bool,
) -> None:
    """Cut clips for training out of RECORDINGS, where ANNOTATIONS say what is in them.

    ANNOTATIONS is a table or a folder of tables (Raven, Audacity, CSV, and with the extra "annot" .not.mat and
    TextGrid); RECORDINGS a file or folder. A window is a call when at least the recipe's labels.overlap (one half) of
    the call or of the window lies in the other; background when it meets no call; else it is left out. Background
    comes only from recordings that are fully annotated or given with --background. Splits are drawn by recording, or
    by --group.

    \b
    Examples:
      detector extract tables/ recordings/ -r small-cnn -o clips/ --fully-annotated
      detector extract calls.csv wavs/ -r my.toml -o clips/ --fully-annotated --plot clips.png
      detector extract owls/ ./ -r small-cnn -o clips/ --label boobook --fully-annotated \\
          --background without-owls/ --confusing between-owls/ --group '^(.+?_[0-9]+_[0-9]+)_'
    """  # noqa: D301
    from detector.clips import open_clips
    from detector.extraction.extract import ExtractRequest
    from detector.extraction.extract import extract as run
    from detector.extraction.preview import check_preview, draw_preview
    from detector.labels import LabelRules
    from detector.presets import find_recipe
    from detector.tables.table import ReadOptions

    if plot is not None:
        check_preview(plot, force=force)  # before the work, not after it
    request = ExtractRequest(
        annotations=(annotations,),
        recordings=(recordings,),
        recipe=find_recipe(recipe_name),
        read=ReadOptions(label=label, label_column=label_column, format=table_format),
        rules=LabelRules(rename, frozenset(background_label), frozenset(uncertain_label)),
        complete=fully_annotated,
        background=background,
        confusing=confusing,
        group=group,
        split=split,
        fractions=fractions,
        negatives=negatives,
        seed=seed,
    )
    report = run(request, output, force=force, progress=Bars())
    show(report)
    if plot is not None:
        draw_preview(open_clips(output), plot)
    if report.failed:
        sys.exit(1)


def show(report: ExtractReport) -> None:
    """Say what became of the request."""
    for note in report.notes:
        say(note)
    if report.unused:
        unused = f"{report.unused} recordings have no annotations and are not used"
        say(f"{unused} (--background declares them free of calls)")
    click.echo(report.table(), err=True)
    for failure in report.failed:
        say(f"failed: {failure}")
    if report.bugs:
        say(f"the program failed by a fault of its own on {report.bugs} of them; please report it")
