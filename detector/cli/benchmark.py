"""`detector benchmark`: how fast a model scans on this machine, and where the time goes."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from detector.cli.command import Command
from detector.cli.formatting import WIDTH, binary, number, table
from detector.cli.json_option import JSON, check_json, json_file, show
from detector.cli.messages import say
from detector.cli.options import DEVICE, SECONDS, finite
from detector.cli.paths import refuse_inputs
from detector.cli.plotting import plot_option
from detector.cli.progress import Bars

if TYPE_CHECKING:
    from detector.benchmark.figures import BenchmarkScan, BenchmarkStage
    from detector.benchmark.report import BenchmarkReport
    from detector.benchmark.training import TrainingReport

SCANS = (
    ("", "engine"),
    ("hop of", "a window"),
    ("hop", "s"),
    ("columns", "every s"),
    ("", "x real time"),
    ("slowest", "to fastest"),
    ("windows", "a second"),
    ("of matrix", "products"),
    ("workers", "busy"),
)
LEAST_SHARE = 0.0005
"""Share of the processor time below which no speed of a stage is printed."""

LEGEND = (
    "x real time: seconds of sound per second, from file to table, the median of three scans; slowest to fastest: what "
    "lies between those three. Of matrix products: the multiply-adds of the convolutions, as a share of what the "
    "device reaches in matrix products. Stages: share of the processor time, and seconds of sound per second of it, on "
    "one core."
)


@click.command(cls=Command, short_help="Measure how fast a model scans or trains on this machine.")
@click.argument("recordings", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "-m",
    "--model",
    metavar="MODEL|RECIPE",
    help="A model, or a recipe, which is given random weights.  [default: call-activity]",
)
@click.option(
    "--seconds", type=SECONDS, callback=finite, help="Length of the made sound.  [default: 480 for each worker]"
)
@click.option("--device", type=DEVICE, default="auto", show_default=True, help="Device that the network runs on.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "tf32", "bfloat16", "float16"]),
    default="auto",
    show_default=True,
    help="Number format of the convolutions.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Threads that scan.  [default: one on each core]")
@click.option("--train", is_flag=True, help="Measure training on made clips instead of scanning.")
@JSON
@plot_option("stages and speeds")
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
def benchmark(
    recordings: tuple[Path, ...], train: bool, json_path: Path | None, plot: Path | None, force: bool, **options: Any
) -> None:
    """Measure how fast a model scans RECORDINGS on this machine, or is trained, and where the time goes.

    RECORDINGS are files and folders. Without any, noise with tones is made and scanned. Both engines are measured at
    hops of 50, 10 and 3 % of the window: one pass shared by all windows, and each window by itself. The figures are
    the real-time factor from file to table and of each stage, windows per second, and the share of the device's rate
    of matrix products. That rate is measured before and after the scans. The benchmark takes some minutes; run nothing
    else meanwhile.

    The object that --json prints has the keys model, trained, sample_rate_hz, window_s, precision, workers, machine,
    sound, matrix_products, peak_bytes, scans, shared_over_windows, finest_over_coarsest, notes and failed.

    With --train, a recipe is trained on made clips for a few steps. The figures are the clips per second, from disk to
    changed weights, and the share of the rate of matrix products.

    \b
    Examples:
      detector benchmark
      detector benchmark -m small-cnn --seconds 120 --plot stages.png
      detector benchmark recordings/ -m models/my-whale --json | jq '.scans[].x_real_time'
      detector benchmark --train -m small-cnn
    """  # noqa: D301
    from dataclasses import asdict

    from detector.benchmark.measure import BenchmarkRequest
    from detector.benchmark.measure import benchmark as measure
    from detector.benchmark.picture import check_picture, draw

    check_json(json_path, force)
    if train:
        refused = {"RECORDINGS": recordings, "--plot": plot, "--seconds": options["seconds"]}
        trained = _training(refused | {"--workers": options["workers"]}, **options)
        show(_training_text(trained), lambda: asdict(trained), json_path, force)
        return
    refuse_inputs([plot, json_file(json_path)], recordings)
    if plot is not None:
        check_picture(plot, force=force)  # before the work, not after it
    report = measure(BenchmarkRequest(recordings, **options), Bars())
    if plot is not None:
        draw(report, plot)
    show(as_text(report), lambda: asdict(report), json_path, force)
    for failure in report.failed:
        say(f"failed: {failure}")
    if report.failed:
        sys.exit(1)


def _training(refused: dict[str, object], **options: Any) -> TrainingReport:
    """Measure training. Values in `refused` are options that only scans have."""
    from detector.benchmark.training import benchmark_training
    from detector.presets import DEFAULT_MODEL

    for name, value in refused.items():
        if value:
            raise click.UsageError(f"{name}: is for scans; leave it out with --train")
    precision = options["precision"]
    if precision == "tf32":
        raise click.UsageError(
            "--precision: tf32: is for scans only; allowed with --train: auto, float32, bfloat16, float16"
        )
    return benchmark_training(options["model"] or DEFAULT_MODEL, options["device"], precision, Bars())


def _training_text(report: TrainingReport) -> Iterator[str]:
    products = report.matrix_products
    yield f"{report.model}, trained in {report.precision} on batches of {report.batch_size} made clips"
    yield f"  machine    {report.machine.processor}, {report.machine.cores} cores; {report.machine.date}"
    yield ""
    yield f"clips a second     {number(report.clips_per_s)} (slowest to fastest {report.spread:.0%})"
    yield f"a clip takes       {report.operations_per_clip / 1e9:.3g} GFLOP, forward and backward"
    yield (
        f"matrix products    {products.mean / 1e9:,.0f} GFLOP/s in {products.precision} "
        f"({products.before / 1e9:,.0f} before, {products.after / 1e9:,.0f} after)"
    )
    yield f"of that, training  {report.of_matrix_products:.0%}"


def as_text(report: BenchmarkReport) -> Iterator[str]:
    """Render a report as lines of text."""
    yield from _head(report)
    yield ""
    yield from table(SCANS, [_scan_cells(scan) for scan in report.scans], left=1)
    yield ""
    yield from table(*_stages(report), left=1)
    yield ""
    yield from textwrap.wrap(LEGEND, WIDTH)
    yield ""
    yield from _summary(report)
    for note in report.notes:
        yield from textwrap.wrap(f"Note: {note}", WIDTH, subsequent_indent="  ")


def _head(report: BenchmarkReport) -> Iterator[str]:
    from detector.texts import many

    machine = report.machine
    sound = report.sound
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    device = "" if machine.device == machine.processor else f", {machine.device}"
    yield report.model + ("" if report.trained else ", with random weights")
    yield f"  machine    {machine.processor}, {machine.cores} cores, {binary(machine.memory_bytes)}{device}"
    yield f"  versions   {versions}; {machine.date}"
    yield (
        f"  sound      {sound.seconds:,.0f} s in {many(sound.recordings, 'recording')}, "
        f"{'made' if sound.made else 'given'}; windows of {report.window_s:g} s at {report.sample_rate_hz:,} Hz"
    )
    yield f"  scanned    in {report.precision}, by {many(report.workers, 'worker')}"


def _scan_cells(scan: BenchmarkScan) -> list[str]:
    return [
        scan.engine,
        f"{scan.asked_share:.0%}",
        f"{scan.hop_s:.4g}",
        f"{scan.step_s:.4g}",
        number(scan.x_real_time),
        f"{scan.spread:.0%}",
        number(scan.windows_per_s),
        f"{scan.of_matrix_products:.0%}",
        f"{scan.busy:.0%}",
    ]


def _stages(report: BenchmarkReport) -> tuple[tuple[tuple[str, str], ...], list[list[str]]]:
    """Return the headings and the rows of the table of stages: a row for each stage, a column for each scan."""
    headings = (("", "stage"), *((scan.engine, f"{scan.asked_share:.0%}") for scan in report.scans))
    rows = [[name, *(_stage_cell(scan.stages[name]) for scan in report.scans)] for name in report.scans[0].stages]
    return headings, rows


def _stage_cell(stage: BenchmarkStage) -> str:
    """Write the share and the speed of a stage; no speed where its share is below `LEAST_SHARE`."""
    speed = f"{number(stage.x_real_time)}x" if stage.share >= LEAST_SHARE else ""
    return f"{stage.share:.1%} {speed:>9}"


def _summary(report: BenchmarkReport) -> Iterator[str]:
    for products in report.matrix_products:
        yield (
            f"matrix products    {products.mean / 1e9:,.0f} GFLOP/s in {products.precision} "
            f"({products.before / 1e9:,.0f} before the scans, {products.after / 1e9:,.0f} after)"
        )
    for ratio in report.shared_over_windows:
        yield f"shared to windows  {ratio.shared_over_windows:.3g} at a hop of {ratio.asked_share:.0%}"
    if report.finest_over_coarsest is not None:
        yield f"cost of overlap    {report.finest_over_coarsest:.2f} times as long at the finest hop as at the coarsest"
    if report.peak_bytes is not None:
        yield f"peak memory        {binary(report.peak_bytes)}"
