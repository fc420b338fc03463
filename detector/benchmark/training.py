"""Benchmark the training of a recipe: clips per second, and how close that is to the rate of matrix products."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from torch.utils.flop_counter import FlopCounterMode

from detector.benchmark.machine import Machine, describe_machine
from detector.benchmark.products import matrix_product_rate
from detector.benchmark.report import MatrixProducts
from detector.benchmark.subject import stand_in_labels
from detector.clips import Clip, ClipStore, ClipWriter, open_clips
from detector.device import DeviceName, choose_device
from detector.frontend.scaling import Scale
from detector.presets import find_recipe
from detector.progress import SILENT, Progress
from detector.recipe import Recipe
from detector.training.fit import Trainer
from detector.training.precision import PrecisionName, accelerator_for, try_bfloat16

STEPS = 12  # batches of a measurement
REPEATS = 3  # measurements
NOISE = 1e-6  # mean power of the made clips


@dataclass(frozen=True)
class TrainingReport:
    """The figures of training; `detector benchmark` prints `dataclasses.asdict` of it as JSON.

    Attributes
    ----------
    model : str
        Name of the recipe that was measured.
    precision : str
        Number format that the network computed in.
    batch_size : int
        Clips in a batch.
    machine : Machine
    matrix_products : MatrixProducts
        In that precision.
    operations_per_clip : float
        Floating-point operations of convolutions and dense layers, forward and backward. Those of recurrent cells and
        norms are not counted.
    clips_per_s : float
        Clips that training reads from disk, augments, scales and learns from in a second; the median of all
        measurements.
    spread : float
        Difference of the slowest and the fastest measurement's time, divided by the median.
    of_matrix_products : float
        Operations per second, divided by those of matrix products.
    """

    model: str
    precision: str
    batch_size: int
    machine: Machine
    matrix_products: MatrixProducts
    operations_per_clip: float
    clips_per_s: float
    spread: float
    of_matrix_products: float


def benchmark_training(
    name: str, device: DeviceName, requested: PrecisionName, progress: Progress = SILENT
) -> TrainingReport:
    """Measure steps of training on made clips, on all cores.

    Parameters
    ----------
    name : str
        Name of a shipped recipe, folder of a model, or file of a recipe.
    device : str
        Device that the network is trained on.
    requested : str
        Number format that the network computes in; "auto" for the faster one, which `detector train` would choose for
        a long training.
    progress : Progress, optional
        Is informed of each measurement.

    Raises
    ------
    ConfigurationError
        If there is no such recipe, or this machine does not support the device or precision.
    """
    recipe = find_recipe(name)
    labelled = recipe if recipe.labels.names else recipe.with_labels(stand_in_labels(recipe))
    precision = try_bfloat16(recipe, choose_device(device)) if requested == "auto" else requested
    accelerator = accelerator_for(device, precision)
    with TemporaryDirectory(prefix="detector-benchmark-") as folder:
        store = make_clips(Path(folder), labelled)
        trainer = Trainer(store, store.recipe, Path(folder), accelerator=accelerator, seed=0)
        with FlopCounterMode(display=False) as counter:
            _time_epoch(trainer, 1)
        n_clips = len(store)
        operations = counter.get_total_flops() / n_clips
        before = matrix_product_rate(accelerator.device, precision)
        epochs = progress.through(range(2, 2 + REPEATS), REPEATS, "measurement")
        times_s = [_time_epoch(trainer, epoch) for epoch in epochs]
        after = matrix_product_rate(accelerator.device, precision)
    rate = mean((before, after))
    clips_per_s = n_clips / median(times_s)
    return TrainingReport(
        model=name,
        precision=precision,
        batch_size=recipe.training.batch_size,
        machine=describe_machine(accelerator.device),
        matrix_products=MatrixProducts(precision, before, after, rate),
        operations_per_clip=operations,
        clips_per_s=clips_per_s,
        spread=(max(times_s) - min(times_s)) / median(times_s),
        of_matrix_products=operations * clips_per_s / rate,
    )


def _time_epoch(trainer: Trainer, epoch: int) -> float:
    """Train on all clips once; return the time in s."""
    spec = trainer.recipe.training
    trainer.network.train()
    start = perf_counter()
    for batch in trainer.batches.augmented(trainer.train, spec.batch_size, (0, epoch), (0, 1)):
        trainer.learn(batch, spec.learning_rate)
    return perf_counter() - start


def make_clips(folder: Path, recipe: Recipe) -> ClipStore:
    """Write clips of seeded noise: enough for `STEPS` batches and all labels, half of them with a call."""
    rng = np.random.default_rng(0)
    writer = ClipWriter(folder, recipe)
    margin = int(np.ceil(recipe.training.jitter * recipe.frame_rate))
    n_frames = recipe.window_frames + 2 * margin
    has_state = Scale(recipe).smoother is not None
    labels = recipe.labels.names
    for number in range(max(recipe.training.batch_size * STEPS, 2 * len(labels))):
        label = labels[number // 2 % len(labels)] if number % 2 else ""
        power = NOISE * rng.standard_exponential((recipe.n_bands, n_frames), dtype=np.float32)
        clip = _made_clip(label, recipe.window.duration, n_frames)
        writer.add(clip, power, power.mean(axis=1) if has_state else None)
    writer.close({})
    return open_clips(folder)


def _made_clip(label: str, duration_s: float, n_frames: int) -> Clip:
    """Describe a clip of one call of `label`, or of background where it is empty."""
    return Clip(
        recording="made.wav",
        channel="mix",
        start_s=0.0,
        kind="call" if label else "background",
        labels=label,
        split="train",
        group="made",
        complete=True,
        first_frame=0,
        n_frames=n_frames,
        events=((0.0, duration_s, label),) if label else (),
    )
