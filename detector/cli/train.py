"""`detector train`: clips become a model."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click


@click.command()
@click.argument("clips", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The model folder to make.")
@click.option("-r", "--recipe", "recipe_name", help="Another network or training section for the clips' front end.")
@click.option(
    "--seed",
    default=0,
    type=click.IntRange(0, 2**32 - 1),
    show_default=True,
    help="Of weights, order and augmentation.",
)
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda", "mps"]))
@click.option(
    "--precision", default="float32", show_default=True, type=click.Choice(["float32", "bfloat16", "float16"])
)
@click.option("--resume", is_flag=True, help="Go on after the last whole epoch of a run that was stopped.")
@click.option("--epochs", type=click.IntRange(1), help="Stop after this many epochs, to be resumed.")
@click.option("--licence", default="not stated", help="Of the weights, for the model's card.")
@click.option(
    "--about",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Markdown for the card: what the model is for.",
)
@click.option("--force", is_flag=True, help="Replace the output where it exists.")
def train(
    clips: Path,
    output: Path,
    recipe_name: str | None,
    seed: int,
    device: Literal["auto", "cpu", "cuda", "mps"],
    precision: Literal["float32", "bfloat16", "float16"],
    resume: bool,
    epochs: int | None,
    licence: str,
    about: Path | None,
    force: bool,
) -> None:
    """Train a model on CLIPS, a folder that `detector extract` made.

    The run's state is kept in OUTPUT.training until the model is written, so a run that was stopped goes on with
    --resume, on one CPU to the same weights bit by bit. Several GPUs: accelerate launch -m detector train ...; several
    processes on CPUs: torchrun --nproc-per-node N -m detector train ... --device cpu

    \b
    Examples:
      detector train clips/ -o models/my-whale
      detector train clips/ -o models/my-whale --resume
      detector train clips/ -o models/deeper -r my-deeper.toml --seed 1 --device cuda --precision bfloat16
    """  # noqa: D301
    from detector.cli.progress import batches_bar
    from detector.errors import ConfigurationError
    from detector.presets import find_recipe
    from detector.training.fit import Hooks
    from detector.training.train import Settings
    from detector.training.train import train as run

    recipe = None if recipe_name is None else find_recipe(recipe_name)
    try:
        told = "" if about is None else about.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"--about: {about}: cannot be read as text: {error}") from error
    settings = Settings(seed, device, precision, resume, force, epochs, licence, told)
    hooks = Hooks(line=lambda line: click.echo(line, err=True), bar=batches_bar)
    found = run(clips, output, recipe, settings, hooks)
    if found is None:
        return
    for split, figures in found.items():
        for label, value in figures.average_precision.items():
            click.echo(
                f"{split:10} {label}: average precision {value:.4f}, F1 {figures.f1[label]:.4f} at threshold "
                f"{figures.threshold[label]:.3f}",
                err=True,
            )
        if figures.accuracy is not None:
            click.echo(f"{split:10} accuracy {figures.accuracy:.4f}", err=True)
    click.echo(f"wrote {output}", err=True)
