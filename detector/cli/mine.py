"""`detector mine`: a model learns from what it wrongly finds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from detector.cli.messages import say
from detector.cli.paths import NEW_PATH
from detector.cli.progress import Bars


@click.command(short_help="Train a model again on what it wrongly finds.")
@click.argument("clips", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "-m",
    "--model",
    required=True,
    metavar="MODEL",
    help="The model to begin with, as one trained on CLIPS: of their front end and labels.",
)
@click.option("-o", "--output", required=True, type=NEW_PATH, help="The model folder to make.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="Rounds at most.")
@click.option(
    "--per-round",
    type=click.IntRange(1),
    help="Clips that a round adds at most.  [default: as many as the training split has clips of calls]",
)
@click.option(
    "--from", "start_name", metavar="MODEL", help="Begin each round from these weights, as detector train does."
)
@click.option("--keep-clips", type=NEW_PATH, metavar="FOLDER", help="Keep the clips of the best round.")
@click.option("--seed", default=0, type=click.IntRange(0, 2**32 - 1), show_default=True, help="Of the training.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda", "mps"]))
@click.option(
    "--precision",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
    help="What the network computes in; auto: bfloat16, where a trial finds that it is faster.",
)
@click.option("--licence", default="not stated", help="Of the weights, for the model's card.")
@click.option("--resume", is_flag=True, help="Go on with rounds that were stopped.")
@click.option("--force", is_flag=True, help="Replace the outputs where they exist.")
def mine(
    clips: Path,
    model: str,
    output: Path,
    rounds: int,
    per_round: int | None,
    start_name: str | None,
    keep_clips: Path | None,
    seed: int,
    device: Literal["auto", "cpu", "cuda", "mps"],
    precision: Literal["auto", "float32", "bfloat16", "float16"],
    licence: str,
    resume: bool,
    force: bool,
) -> None:
    """Train a model again on CLIPS and on what it wrongly finds in their recordings.

    Each round scans the fully annotated recordings of the training split, adds the windows that score highest where
    nothing is annotated to the clips, and trains. Rounds end when average precision over the whole validation
    recordings does not rise; the best model is kept, the first one where no round helped. What rounds have done is kept
    in OUTPUT.mining until then. A recording that cannot be read is named on standard error; the exit code is then 1.

    \b
    Examples:
      detector mine clips/ -m models/my-owl -o models/my-owl-2
      detector mine clips/ -m models/my-owl -o models/my-owl-2 --rounds 5 --per-round 100 --keep-clips clips-2/
    """  # noqa: D301
    from detector.mining.mine import MinePlan
    from detector.mining.mine import mine as run
    from detector.provenance import rounds_table
    from detector.training.start import read_start
    from detector.training.train import TrainSettings

    start = None if start_name is None else read_start(start_name, 0)
    settings = TrainSettings(seed, device, precision, resume, force, None, licence, start=start)
    plan = MinePlan(rounds, per_round, keep_clips, settings)
    mined = run(clips, model, output, plan, Bars(prefix=""))
    for line in rounds_table(mined.rounds, mined.best):
        click.echo(line, err=True)
    if mined.best == 0:
        say(f"no round helped: {output} is {model} as it was, and no clips are kept")
    click.echo(f"wrote {output}", err=True)
    if mined.failed:
        sys.exit(1)
