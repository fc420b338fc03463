"""`detector extract`: cut clips for training out of annotated recordings."""

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
from detector.cli.splitting import LISTED_BACKGROUND

if TYPE_CHECKING:
    from detector.extraction.report import ExtractReport


def _fractions(_context: click.Context, _option: click.Parameter, value: str) -> tuple[float, float, float]:
    """Read TRAIN,VALIDATION,TEST, three shares that sum to 1."""
    try:
        train, validation, test = (float(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not three numbers, for example 0.7,0.15,0.15") from error
    if min(train, validation, test) < 0 or not abs(train + validation + test - 1) <= 1e-6:
        raise click.BadParameter(f"{value!r}: each must be 0 or more, and the sum must be 1")
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
@click.option("--format", "table_format", help="The tables' format, where it is not recognized.")
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
    "--negatives",
    default=5.0,
    show_default=True,
    type=click.FloatRange(0, 1_000_000),
    help="Background clips per call.",
)
@group_option("a site stays in one split")
@click.option(
    "--split",
    type=click.Path(exists=True, path_type=Path),
    help="A table with a column of recordings and a column split.",
)
@LISTED_BACKGROUND
@click.option(
    "--fractions", default="0.7,0.15,0.15", show_default=True, callback=_fractions, help="Shares of the splits."
)
@click.option("--seed", default=0, show_default=True, help="Seed of all random choices.")
@plot_option("examples to look at")
@click.option("--force", is_flag=True, help="Replace the output if it exists.")
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
    listed_background: bool,
    plot: Path | None,
    force: bool,
) -> None:
    """Cut clips for training out of RECORDINGS, in which ANNOTATIONS say where the calls are.

    ANNOTATIONS is a table or a folder of tables (Raven, Audacity, CSV, and with the extra "annot" .not.mat and
    TextGrid). RECORDINGS is a file or a folder.

    A window is a call when at least the share labels.overlap of the recipe (one half) of the call lies in the window,
    or of the window in the call. It is background when it touches no call. Other windows are left out. Background is
    taken only from recordings that are fully annotated, given with --background, or meant by --listed-background. Whole
    recordings, or the groups of --group, are drawn for each split.

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
        listed_background=listed_background,
    )
    report = run(request, output, force=force, progress=Bars())
    show(report)
    if plot is not None:
        draw_preview(open_clips(output), plot)
    if report.failed:
        sys.exit(1)


def show(report: ExtractReport) -> None:
    """Print the notes, the table and the failures of a report."""
    from detector.texts import many

    for note in report.notes:
        say(note)
    if report.unused:
        say(
            f"left out {many(report.unused, 'recording')} without annotations; "
            "if they hold no calls, give them with --background"
        )
    click.echo(report.table(), err=True)
    for failure in report.failed:
        say(f"failed: {failure}")
    if report.bugs:
        say(f"a bug in the program caused {report.bugs} of these failures; please report it")
