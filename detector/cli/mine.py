"""`detector mine`: train a model again on its false alarms."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from detector.cli.messages import say
from detector.cli.paths import NEW_PATH
from detector.cli.progress import Bars


@click.command(short_help="Train a model again on its false alarms.")
@click.argument("clips", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "-m",
    "--model",
    required=True,
    metavar="MODEL",
    help="The model to begin with, as one trained on CLIPS: of their front end and labels.",
)
@click.option("-o", "--output", required=True, type=NEW_PATH, help="The model folder to make.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="Largest number of rounds.")
@click.option(
    "--per-round",
    type=click.IntRange(1),
    help="Largest number of clips that a round adds.  [default: the number of clips of calls in the training split]",
)
@click.option(
    "--from", "start_name", metavar="MODEL", help="Begin each round from these weights, as detector train does."
)
@click.option("--keep-clips", type=NEW_PATH, metavar="FOLDER", help="Keep the clips of the best round.")
@click.option("--seed", default=0, type=click.IntRange(0, 2**32 - 1), show_default=True, help="Seed of the training.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda", "mps"]))
@click.option(
    "--precision",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
    help="Number format that the network computes in; auto: bfloat16, if a short test shows that it is faster.",
)
@click.option("--licence", default="not stated", help="Licence of the weights, for the model's card.")
@click.option("--resume", is_flag=True, help="Continue a run that was stopped.")
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
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
    """Train a model again on CLIPS and on its false alarms in their recordings.

    Each round scans the fully annotated recordings of the training split. It adds the windows without annotation that
    score highest to the clips, and trains. Rounds end when average precision over the whole validation recordings does
    not rise. The best model is kept; that is the given one where no round helped. Until the end, the state of the
    rounds is in OUTPUT.mining. A recording that cannot be read is named on standard error; the exit code is then 1.

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
    from detector.tuning.validation import choose_on_validation

    start = None if start_name is None else read_start(start_name, 0)
    settings = TrainSettings(
        seed, device, precision, resume, force, None, licence, start=start, choose=choose_on_validation
    )
    plan = MinePlan(rounds, per_round, keep_clips, settings)
    mined = run(clips, model, output, plan, Bars(prefix=""))
    for line in rounds_table(mined.rounds, mined.best):
        click.echo(line, err=True)
    if mined.best == 0:
        say(f"no round helped: {output} is a copy of {model}, and no clips are kept")
    click.echo(f"wrote {output}", err=True)
    if mined.failed:
        sys.exit(1)
