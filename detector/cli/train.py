"""`detector train`: clips become a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from detector.cli.messages import say
from detector.cli.paths import NEW_PATH
from detector.cli.progress import Bars
from detector.terminal import visible

if TYPE_CHECKING:
    from detector.training.figures import TrainFigures

SIZES = "0.125,0.25,0.5,1"


def _stages(_context: click.Context, _option: click.Parameter, value: str) -> int | Literal["all"]:
    """Read a number of stages, or "all"."""
    if value == "all":
        return "all"
    if not value.isdecimal():
        raise click.BadParameter(f"{value!r} is neither a number of stages nor all")
    return int(value)


def _sizes(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    """Read shares up to 1 and counts above it."""
    try:
        sizes = None if value is None else tuple(float(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not numbers, as in {SIZES} or 10,20,40 (after CLIPS)") from error
    if sizes is not None and not all(0 < size <= 1 or (size > 1 and size.is_integer()) for size in sizes):
        raise click.BadParameter(f"{value!r}: must be shares above 0 and up to 1, or whole numbers of annotated calls")
    return sizes


@click.command()
@click.argument("clips", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", required=True, type=NEW_PATH, help="The model folder to make.")
@click.option("-r", "--recipe", "recipe_name", help="Another network or training section for the clips' front end.")
@click.option(
    "--from", "start_name", metavar="MODEL", help="Begin from the weights of a model folder or shipped model."
)
@click.option(
    "--freeze",
    default="0",
    callback=_stages,
    metavar="N|all",
    help="Leave the first N stages of that model's trunk as they are.  [default: 0]",
)
@click.option(
    "--seed",
    default=0,
    type=click.IntRange(0, 2**32 - 1),
    show_default=True,
    help="Of weights, order and augmentation.",
)
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda", "mps"]))
@click.option(
    "--precision",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
    help="What the network computes in; auto: bfloat16, where a trial finds that it is faster.",
)
@click.option("--resume", is_flag=True, help="Go on after the last whole epoch of a run that was stopped.")
@click.option("--epochs", type=click.IntRange(1), help="Stop after this many epochs, to be resumed.")
@click.option(
    "--learning-curve",
    "sizes",
    is_flag=False,
    flag_value=SIZES,
    callback=_sizes,
    metavar="[SIZES]",
    help=f"Train on parts of the annotated calls, too: shares or counts.  [default: {SIZES}]",
)
@click.option("--licence", default="not stated", help="Of the weights, for the model's card.")
@click.option(
    "--about",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the model is for: Markdown, or TOML with about and [[data]], its sources and licences.",
)
@click.option("--force", is_flag=True, help="Replace the output where it exists.")
def train(
    clips: Path,
    output: Path,
    recipe_name: str | None,
    start_name: str | None,
    freeze: int | Literal["all"],
    seed: int,
    device: Literal["auto", "cpu", "cuda", "mps"],
    precision: Literal["auto", "float32", "bfloat16", "float16"],
    resume: bool,
    epochs: int | None,
    sizes: tuple[float, ...] | None,
    licence: str,
    about: Path | None,
    force: bool,
) -> None:
    """Train a model on CLIPS, a folder that `detector extract` made.

    The run's state is kept in OUTPUT.training until the model is written, so a run that was stopped goes on with
    --resume, on one CPU to the same weights bit by bit. Several GPUs: accelerate launch -m detector train ...; several
    processes on CPUs: torchrun --nproc-per-node N -m detector train ... --device cpu

    --from begins with another model's weights and its network (unless -r names another); the layers that do not fit
    start afresh. The clips must come from the same front end: detector extract -r MODEL.

    --learning-curve also trains on parts of the annotated calls, writes what each gives to standard output and into
    OUTPUT, and says what twice as many may be expected to bring.

    \b
    Examples:
      detector train clips/ -o models/my-whale
      detector train clips/ -o models/my-whale --resume
      detector train clips/ -o models/my-owl --from call-activity --freeze 2
      detector train clips/ -o models/my-whale --learning-curve > learning-curve.csv
      detector train clips/ -o models/deeper -r my-deeper.toml --seed 1 --device cuda --precision bfloat16
    """  # noqa: D301
    from detector.errors import ConfigurationError
    from detector.presets import find_recipe
    from detector.provenance import About, read_about
    from detector.training.start import read_start
    from detector.training.train import TrainSettings
    from detector.training.train import train as run

    recipe = None if recipe_name is None else find_recipe(recipe_name)
    if freeze and start_name is None:
        raise ConfigurationError(f"--freeze: {freeze}: needs --from; new weights cannot stay as they are")
    if sizes and epochs is not None:
        raise ConfigurationError(
            f"--epochs: {epochs}: not with --learning-curve, whose parts are all trained to the end"
        )
    start = None if start_name is None else read_start(start_name, freeze)
    said = About() if about is None else read_about(about)
    settings = TrainSettings(seed, device, precision, resume, force, epochs, licence, said.about, start, said.data)
    bars = Bars(prefix="")
    if sizes is None:
        found = run(clips, output, recipe, settings, bars)
    else:
        from detector.training.learning import learn

        learned = learn(clips, output, recipe, settings, sizes, bars)
        found = None if learned is None else learned.figures
        if learned is not None:
            click.echo(learned.table(), nl=False)
            say(learned.sentence())
    if found is not None:
        _show(found)
        click.echo(f"wrote {output}", err=True)


def _show(found: Mapping[str, TrainFigures]) -> None:
    """Show average precision and F1 of each split and label, and where they say little, why."""
    for split, figures in found.items():
        for label in figures.calls if figures.rows else ():
            remark = figures.remark(label)
            if label not in figures.average_precision:
                click.echo(f"{split:10} {visible(label)}: no figures ({remark})", err=True)
                continue
            click.echo(
                f"{split:10} {visible(label)}: average precision {figures.average_precision[label]:.4f}, "
                f"F1 {figures.f1[label]:.4f} at threshold {figures.threshold[label]:.3f}{remark and f' ({remark})'}",
                err=True,
            )
        if figures.accuracy is not None:
            click.echo(f"{split:10} accuracy {figures.accuracy:.4f}", err=True)
