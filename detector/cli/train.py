"""`detector train`: train a model on clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from detector.cli.messages import say
from detector.cli.paths import NEW_PATH
from detector.cli.progress import Bars
from detector.terminal import visible

if TYPE_CHECKING:
    from detector.recipe import Recipe
    from detector.training.figures import TrainFigures
    from detector.training.train import TrainSettings

SIZES = "0.125,0.25,0.5,1"


def _stages(_context: click.Context, _option: click.Parameter, value: str) -> int | Literal["all"]:
    """Read a number of stages, or "all"."""
    if value == "all":
        return "all"
    if not value.isdecimal():
        raise click.BadParameter(f"{value!r} is neither a number of stages nor all")
    return int(value)


def _sizes(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    """Read numbers: those up to 1 are shares of the annotated calls, those above 1 are counts."""
    try:
        sizes = None if value is None else tuple(float(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is not a list of numbers, for example {SIZES} or 10,20,40; without sizes, write the option "
            "after CLIPS"
        ) from error
    if sizes is not None and not all(0 < size <= 1 or (size > 1 and size.is_integer()) for size in sizes):
        raise click.BadParameter(
            f"{value!r}: each size must be a share above 0 and up to 1, or a whole number of annotated calls"
        )
    return sizes


@click.command()
@click.argument("clips", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", required=True, type=NEW_PATH, help="The model folder to make.")
@click.option(
    "-r", "--recipe", "recipe_name", help="Recipe with another network or training section and the front end of CLIPS."
)
@click.option(
    "--from", "start_name", metavar="MODEL", help="Begin with the weights of a model folder or shipped model."
)
@click.option(
    "--freeze",
    default="0",
    callback=_stages,
    metavar="N|all",
    help="Do not change the first N stages of that model in training.  [default: 0]",
)
@click.option(
    "--seed",
    default=0,
    type=click.IntRange(0, 2**32 - 1),
    show_default=True,
    help="Seed of weights, order and augmentation.",
)
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda", "mps"]))
@click.option(
    "--precision",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
    help="Number format that the network computes in; auto: bfloat16, if a short test shows that it is faster.",
)
@click.option("--resume", is_flag=True, help="Continue a run that was stopped, after its last complete epoch.")
@click.option("--epochs", type=click.IntRange(1), help="Stop after this many epochs; --resume continues.")
@click.option(
    "--learning-curve",
    "sizes",
    is_flag=False,
    flag_value=SIZES,
    callback=_sizes,
    metavar="[SIZES]",
    help=f"Also train on parts of the annotated calls: shares or counts.  [default: {SIZES}]",
)
@click.option("--test", is_flag=True, help="Also print figures of the split test. Look once, at the end.")
@click.option("--licence", default="not stated", help="Licence of the weights, for the model's card.")
@click.option(
    "--about",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the model is for: a Markdown file, or a TOML file with about and [[data]] (sources and licences).",
)
@click.option("--force", is_flag=True, help="Replace the output if it exists.")
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
    test: bool,
    licence: str,
    about: Path | None,
    force: bool,
) -> None:
    """Train a model on CLIPS, a folder that `detector extract` made.

    The state of a run is in OUTPUT.training until the model is written. --resume continues a run that was stopped; on
    one CPU it gives the same weights, bit by bit. To train on several GPUs, use accelerate launch -m detector train
    ...; in several processes on CPUs, torchrun --nproc-per-node N -m detector train ... --device cpu

    --from begins with the network and the weights of another model. With -r, the network is that of the recipe, and
    layers that do not fit begin with random weights. The clips must come from the front end of that model: detector
    extract -r MODEL.

    --learning-curve also trains on parts of the annotated calls. It writes the figures of each part to standard output
    and into OUTPUT, and estimates what twice as many calls would bring.

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
    from detector.tuning.validation import choose_on_validation

    recipe = None if recipe_name is None else find_recipe(recipe_name)
    if freeze and start_name is None:
        raise ConfigurationError(f"--freeze: {freeze}: needs --from; new weights must be trained")
    if sizes and epochs is not None:
        raise ConfigurationError(
            f"--epochs: {epochs}: cannot be used with --learning-curve, which trains on all parts to the end"
        )
    start = None if start_name is None else read_start(start_name, freeze)
    description = About() if about is None else read_about(about)
    settings = TrainSettings(
        seed,
        device,
        precision,
        resume=resume,
        force=force,
        epochs=epochs,
        licence=licence,
        about=description.about,
        start=start,
        data=description.data,
        test=test,
        choose=choose_on_validation,
    )
    bars = Bars(prefix="")
    if sizes is None:
        figures = run(clips, output, recipe, settings, bars)
    else:
        figures = _train_on_parts(clips, output, recipe, settings, sizes, bars)
    if figures is not None:
        _show(figures)
        click.echo(f"wrote {output}", err=True)


def _train_on_parts(
    clips: Path, output: Path, recipe: Recipe | None, settings: TrainSettings, sizes: Sequence[float], bars: Bars
) -> dict[str, TrainFigures] | None:
    """Train on parts of the annotated calls and print the learning curve; return the figures of the whole model.

    None in all processes but the main one.
    """
    from detector.training.learning import learn

    learned = learn(clips, output, recipe, settings, sizes, bars)
    if learned is None:
        return None
    click.echo(learned.table(), nl=False)
    say(learned.sentence())
    return learned.figures


def _show(figures_of: Mapping[str, TrainFigures]) -> None:
    """Show average precision and F1 of each split and label, with a remark where they are unreliable."""
    for split, figures in figures_of.items():
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
