"""How fast a recipe trains: clips a second, and how near that is to what matrix products reach."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from torch.utils.flop_counter import FlopCounterMode

from detector.benchmark.machine import Machine, this_machine
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

STEPS = 12  # of a measurement
REPEATS = 3
NOISE = 1e-6  # mean power of the made clips


@dataclass(frozen=True)
class TrainingReport:
    """The figures of training; `dataclasses.asdict` of it is what `detector benchmark` prints of training as JSON.

    Attributes
    ----------
    model : str
        The recipe that was measured.
    precision, batch_size
        What the network computed in, and on how many clips at once.
    machine : Machine
    matrix_products : MatrixProducts
        In that precision.
    operations_per_clip : float
        Floating-point operations of convolutions and dense layers, forward and backward; recurrent cells, norms and
        the like are not counted.
    clips_per_s : float
        Clips learnt from a second, read from disk, augmented and scaled: the median of all measurements.
    spread : float
        The slowest measurement's time less the fastest one's, as a share of the median.
    of_matrix_products : float
        Operations a second as a share (0 to 1) of those in matrix products.
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
    name: str, device: DeviceName, asked: PrecisionName, progress: Progress = SILENT
) -> TrainingReport:
    """Measure steps of training on made clips, on all cores.

    Parameters
    ----------
    name : str
        Of a shipped recipe, a model's folder, or a file.
    asked : str
        What the network computes in; "auto" as `detector train` does where there is much to train.
    progress : Progress, optional
        Hears how far it is.

    Raises
    ------
    ConfigurationError
        Where there is no such recipe, or the device or precision is not possible here.
    """
    recipe = find_recipe(name)
    precision = try_bfloat16(recipe, choose_device(device)) if asked == "auto" else asked
    accelerator = accelerator_for(device, precision)
    with TemporaryDirectory(prefix="detector-benchmark-") as folder:
        store = made_clips(Path(folder), recipe if recipe.labels.names else recipe.with_labels(stand_in_labels(recipe)))
        trainer = Trainer(store, store.recipe, Path(folder), accelerator=accelerator, seed=0)
        with FlopCounterMode(display=False) as counter:
            _learn(trainer, 1)
        n = len(store)
        operations = counter.get_total_flops() / n
        before = matrix_product_rate(accelerator.device, precision)
        times = [_learn(trainer, number) for number in progress.through(range(2, 2 + REPEATS), REPEATS, "measurement")]
        after = matrix_product_rate(accelerator.device, precision)
    rate = mean((before, after))
    clips_per_s = n / median(times)
    return TrainingReport(
        model=name,
        precision=precision,
        batch_size=recipe.training.batch_size,
        machine=this_machine(accelerator.device),
        matrix_products=MatrixProducts(precision, before, after, rate),
        operations_per_clip=operations,
        clips_per_s=clips_per_s,
        spread=(max(times) - min(times)) / median(times),
        of_matrix_products=operations * clips_per_s / rate,
    )


def _learn(trainer: Trainer, epoch: int) -> float:
    """Go once through the clips; give the seconds that it took."""
    spec = trainer.recipe.training
    trainer.network.train()
    start = perf_counter()
    for batch in trainer.batches.augmented(trainer.train, spec.batch_size, (0, epoch), (0, 1)):
        trainer.learn(batch, spec.learning_rate)
    return perf_counter() - start


def made_clips(folder: Path, recipe: Recipe) -> ClipStore:
    """Write clips of seeded noise, enough for `STEPS` batches and all labels, a call in every other one."""
    rng = np.random.default_rng(0)
    writer = ClipWriter(folder, recipe)
    margin = int(np.ceil(recipe.training.jitter * recipe.frame_rate))
    n_frames = recipe.window_frames + 2 * margin
    stateful = Scale(recipe).smoother is not None
    for number in range(max(recipe.training.batch_size * STEPS, 2 * len(recipe.labels.names))):
        label = recipe.labels.names[number // 2 % len(recipe.labels.names)] if number % 2 else ""
        events = ((0.0, recipe.window.duration, label),) if label else ()
        clip = Clip(
            "made.wav", "mix", 0.0, "call" if label else "background", label, "train", "made", True, 0, n_frames, events
        )
        power = NOISE * rng.standard_exponential((recipe.n_bands, n_frames), dtype=np.float32)
        writer.add(clip, power, power.mean(axis=1) if stateful else None)
    writer.close({})
    return open_clips(folder)
