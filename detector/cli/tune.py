"""`detector tune`: choose thresholds for a target on annotated recordings, and calibrate scores."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from detector.cli.command import Command
from detector.cli.grouping import group_option
from detector.cli.json_option import JSON, check_json, json_file, show
from detector.cli.messages import say
from detector.cli.options import DEVICE, SECONDS, SHARE, TABLE, finite
from detector.cli.paths import NEW_PATH, refuse_inputs
from detector.cli.plotting import plot_option
from detector.cli.progress import BY_RECORDING, Bars
from detector.cli.renaming import RENAME
from detector.errors import DetectorError

if TYPE_CHECKING:
    from detector.device import DeviceName
    from detector.operating.target import Target


def _target(_context: click.Context, option: click.Parameter, value: str) -> Target:
    """Read f1, p=PRECISION or fa=RATE/h."""
    from detector.operating.target import parse_target

    try:
        return parse_target(value)
    except DetectorError as error:
        raise click.BadParameter(str(error), param=option) from error


@click.command(
    cls=Command,
    renamed={"--diagram": "--plot"},
    short_help="Choose the thresholds of a model on annotated recordings.",
)
@click.argument("model")
@click.argument("annotations", type=TABLE)
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--target",
    default="f1",
    show_default=True,
    callback=_target,
    metavar="f1|p=P|fa=R/h",
    help="Target for each label: best F1, a precision of at least P, or at most R false alarms per hour.",
)
@click.option(
    "--iou",
    default=0.3,
    show_default=True,
    type=SHARE,
    callback=finite,
    help="Intersection over union that a hit needs.",
)
@click.option(
    "--calibration",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "platt", "isotonic", "none"]),
    help="The map from scores to probabilities.",
)
@click.option("--split", type=click.Path(exists=True, path_type=Path), help="A table; use its split validation only.")
@click.option("--label", help="The label of rows that have none.")
@click.option("--label-column", help="The column of ANNOTATIONS that holds the label.")
@click.option("--format", "table_format", help="The format of ANNOTATIONS, where it is not recognized.")
@RENAME
@click.option("--background-label", multiple=True, metavar="NAME", help="A label of sounds that are not calls.")
@click.option(
    "--uncertain-label", multiple=True, metavar="NAME", help="A label of spans that may or may not hold calls."
)
@click.option("--annotated-only", is_flag=True, help="Leave out recordings that ANNOTATIONS does not name.")
@group_option("folds and intervals never divide a deployment")
@click.option(
    "--hop", type=SECONDS, callback=finite, help="Seconds from one window to the next.  [default: that of scan]"
)
@click.option("--device", type=DEVICE, default="auto", show_default=True, help="Device that the network runs on.")
@click.option("-o", "--output", type=NEW_PATH, help="Write a tuned copy of the model and do not change MODEL.")
@JSON
@plot_option("how often detections of a score are right")
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
def tune(
    model: str,
    annotations: Path,
    recordings: tuple[Path, ...],
    target: Target,
    iou: float,
    calibration: Literal["auto", "platt", "isotonic", "none"],
    split: Path | None,
    label: str | None,
    label_column: str | None,
    table_format: str | None,
    rename: dict[str, str],
    background_label: tuple[str, ...],
    uncertain_label: tuple[str, ...],
    annotated_only: bool,
    group: str | None,
    hop: float | None,
    device: DeviceName,
    output: Path | None,
    json_path: Path | None,
    plot: Path | None,
    force: bool,
) -> None:
    """Choose the thresholds of MODEL for a target, on RECORDINGS whose calls are all in ANNOTATIONS.

    For each label, the command chooses the smoothing of scores, the gap between calls, the least length and the
    threshold. It compares them by the figures of events, which are matched one-to-one as in detector evaluate. It also
    calibrates scores to probabilities. Everything is stored in the model, and detector scan uses it. Later, scan
    --threshold p=0.9 or fa=2/h chooses the threshold for another target without new tuning.

    RECORDINGS may be folders of scan --run: their stored scores are used, and nothing is scanned.

    Use recordings that the model was not trained on. Recordings that ANNOTATIONS does not name hold no calls, unless
    --annotated-only leaves them out. docs/tuning.md explains the method.

    \b
    Examples:
      detector tune models/my-whale annotations/ recordings/ --target fa=2/h
      detector tune models/my-whale calls.csv wavs/ --split splits.csv --target p=0.9 -o models/my-sure-whale
      detector tune models/my-whale calls.csv season-2026 --target p=0.9
      detector tune call-activity tables/ recordings/ --rename '*=call' -o models/here --plot reliability.png
    """  # noqa: D301
    from detector.cores import count_cores
    from detector.labels import LabelRules
    from detector.presets import find_folder
    from detector.runs.stored import stored_scans
    from detector.scanning.scan import load_named
    from detector.tables.table import ReadOptions
    from detector.tuning.diagram import draw_diagram
    from detector.tuning.listening import TuneRequest, listen
    from detector.tuning.report import as_object, as_text, warnings
    from detector.tuning.storing import check_store, store
    from detector.tuning.tune import Goal
    from detector.tuning.tune import tune as run

    check_store(model, output, force=force)
    read_too = [*recordings, *filter(None, [split])]
    _refuse_losses(find_folder(model), annotations, read_too, output, [json_file(json_path), plot])
    _check_outputs(json_path, plot, force)
    loaded = load_named(model, device)
    rules = LabelRules(rename, frozenset(background_label), frozenset(uncertain_label))
    read = ReadOptions(label=label, label_column=label_column, format=table_format)
    request = TuneRequest(annotations, recordings, read, rules, split, group, annotated_only)
    stored = stored_scans(recordings, find_folder(model), hop)
    heard = listen(request, loaded, hop, count_cores(), Bars(form=BY_RECORDING), stored)
    tuning = run(heard, loaded.operating, Goal(target, iou, calibration))
    store(model, tuning.operating, output, force=force)
    for line in (*heard.notes, *warnings(tuning)):
        say(line)
    if plot is not None:
        draw_diagram(tuning, plot)
    show(as_text(tuning), lambda: as_object(tuning), json_path, force)
    if heard.n_failed:
        sys.exit(1)


def _refuse_losses(
    model: Path, annotations: Path, others: Sequence[Path], output: Path | None, files: Sequence[Path | None]
) -> None:
    """Refuse outputs that would replace an input or one another, even with --force.

    Parameters
    ----------
    model, annotations, others : Path
        The model's folder and all other inputs.
    output : Path or None
        The tuned copy of the model.
    files : (Path or None, Path or None)
        The files of --json and of --plot, which have different endings.
    """
    from detector.audio.files import find_recordings
    from detector.place import paths_of

    inputs = [annotations, *others]
    recordings = find_recordings([path for path in inputs if path.exists()])
    refuse_inputs([*files, output], [*inputs, *paths_of(recordings)])
    for path in filter(None, (*files, output)):
        for folder in filter(None, (model, output)):
            if folder.resolve() in path.resolve().parents:
                raise click.UsageError(f"{path} lies in the folder of a model, {folder}; write it elsewhere.")
    for path in (model, *inputs):
        if output is not None and output.resolve() in path.resolve().parents:
            raise click.UsageError(f"{output} holds {path}, which is read by this command; choose another folder.")


def _check_outputs(json_path: Path | None, plot: Path | None, force: bool) -> None:
    """Refuse files that cannot be written, before the work."""
    from detector.outputs import check_output
    from detector.tuning.diagram import check_diagram

    check_json(json_path, force)
    if plot is not None:
        check_output(plot, force)
        check_diagram(plot)
