"""The training loop, on accelerate: any device, mixed precision, several processes. On a CPU it resumes bit for bit."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from detector.clips import ClipStore
from detector.device import keep_freed_memory
from detector.errors import ClipsError, ConfigurationError
from detector.model import Model
from detector.progress import SILENT, Progress
from detector.recipe import Recipe
from detector.training.balance import measure_positives
from detector.training.batch import Batch, spectrograms
from detector.training.batches import Batches, check_batch
from detector.training.figures import TrainFigures, compute_figures
from detector.training.history import Epoch, History
from detector.training.loss import Loss
from detector.training.precision import MIXED
from detector.training.start import Start, keep_frozen
from detector.training.state import State
from detector.training.targets import Clips

STATISTICS_CLIPS = 2000
EVALUATION_BATCH = 64


class Trainer:
    """Train a model on clips, epoch by epoch, and keep the state of the run in a folder.

    Parameters
    ----------
    store : ClipStore
        The clips.
    recipe : Recipe
        Fits the clips (`fitting.fitting`) and names its labels.
    work : Path
        The folder of checkpoints and log until training is done.
    start : Start, optional
        The model to begin from.

    Raises
    ------
    ClipsError
        If the split train has no clips, or a label lacks calls or clips without calls in it.
    ConfigurationError
        If a batch does not fit into memory.
    """

    def __init__(
        self, store: ClipStore, recipe: Recipe, work: Path, *,
        accelerator: Accelerator, seed: int, progress: Progress = SILENT, start: Start | None = None,
    ) -> None:  # fmt: skip
        self.store = store
        self.recipe = recipe
        self.seed = seed
        self.accelerator = accelerator
        self.state = State(work, accelerator)
        self.progress = progress if accelerator.is_main_process else SILENT
        self.batches = Batches(store, recipe)
        self.train = store.in_split("train")
        self.validation = store.in_split("validation")
        if not len(self.train):
            raise ClipsError(f"{store.folder}: has no clips in the split train")
        check_batch(store, recipe, accelerator.device)
        keep_freed_memory()
        torch.manual_seed(seed)
        self.model = Model(recipe)
        self.model.scale.to(accelerator.device)
        if start is None:
            self._fit_statistics()
        else:
            start.copy_into(self.model)
        self.loss = Loss(recipe, measure_positives(self.batches, self.train)).to(accelerator.device)
        key = [recipe.fingerprint(), str(seed), store.fingerprint(), *([start.key] if start else [])]
        self.history = History(" ".join(key), precision=self._precision)
        network = self.model.network
        network.to(accelerator.device)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # convolutions are fastest in this format
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=recipe.training.learning_rate, weight_decay=recipe.training.weight_decay
        )
        self.network, self.optimizer = accelerator.prepare(network, optimizer)

    @property
    def _precision(self) -> str:
        """The number format that the network computes in."""
        return next(name for name, accelerates in MIXED.items() if accelerates == self.accelerator.mixed_precision)

    def _fit_statistics(self) -> None:
        """Measure the mean and deviation of each band over scaled frames of the training clips."""
        device = self.accelerator.device
        rng = np.random.default_rng(self.seed)
        chosen = np.sort(rng.choice(self.train, min(STATISTICS_CLIPS, len(self.train)), replace=False))
        total = torch.zeros(3, self.recipe.n_bands, dtype=torch.float64)
        with torch.inference_mode():
            for batch in (plain.to(device) for plain in self.batches.plain(chosen, EVALUATION_BATCH)):
                scaled, _ = self.model.scale(batch.power, batch.state)
                frames = torch.arange(scaled.shape[-1], device=device)
                sound = (frames >= batch.sound[:, :1]) & (frames < batch.sound[:, 1:])  # (clip, frame)
                kept = (scaled * sound[:, None]).cpu().double()  # not every device has float64
                count = sound.sum().cpu().double().expand(scaled.shape[1])
                total += torch.stack([count, kept.sum((0, 2)), kept.square().sum((0, 2))])
        mean = total[1] / total[0]
        deviation = (total[2] / total[0] - mean.square()).clamp(min=0).sqrt()
        if not (mean.float().isfinite() & deviation.float().isfinite()).all():
            raise ClipsError(
                f"{self.store.folder}: clips hold power or states that are negative or not finite; extract again"
            )
        self.model.scale.set_statistics(mean.float(), deviation.float())

    def run(self, *, resume: bool, epochs: int | None = None) -> None:
        """Train for the recipe's epochs, or until average precision has not risen for `patience` epochs.

        `epochs` stops the run earlier, to be resumed later.
        """
        if resume:
            self.history = self.state.resume(self.history)
            if self.history.epochs:
                self.progress.say(f"resumed after epoch {len(self.history.epochs)}")
        last = self.recipe.training.epochs if epochs is None else min(epochs, self.recipe.training.epochs)
        is_first = True
        while len(self.history.epochs) < last and not self._stale():
            epoch = self._epoch(len(self.history.epochs) + 1)
            if not len(self.validation) or self.history.is_better(epoch):
                self.history.best = epoch.epoch
                self.state.save_best(self.model.network)
            self.history.epochs.append(epoch)
            self.state.save(self.history)
            self._report(epoch)
            if is_first and len(self.validation) and math.isnan(epoch.validation_average_precision):
                self.progress.say(
                    "average precision is nan: no label has both calls and clips without one in the split validation; "
                    "epochs are compared by the validation loss alone"
                )
            is_first = False

    def _report(self, epoch: Epoch) -> None:
        """Report the figures of an epoch; a star marks the best one so far."""
        mark = " *" if self.history.best == epoch.epoch else ""
        self.progress.say(
            f"epoch {epoch.epoch:3d}/{self.recipe.training.epochs}  loss {epoch.train_loss:.4f}  validation loss "
            f"{epoch.validation_loss:.4f}  average precision {epoch.validation_average_precision:.4f}  "
            f"{epoch.seconds:.1f} s{mark}"
        )

    @property
    def done(self) -> bool:
        """Whether training is finished, and not just stopped to be resumed."""
        return len(self.history.epochs) >= self.recipe.training.epochs or self._stale()

    def _stale(self) -> bool:
        without_rise = len(self.history.epochs) - self.history.last_rise
        return bool(len(self.validation)) and without_rise >= self.recipe.training.patience

    def _epoch(self, number: int) -> Epoch:
        started = time.monotonic()
        torch.manual_seed(self.seed * 100_003 + number)  # seeds dropout; augmentation has its own generators
        self.network.train()
        keep_frozen(self.network)
        spec = self.recipe.training
        processes = self.accelerator.num_processes
        steps = -(-len(self.train) // (spec.batch_size * processes))
        share = (self.accelerator.process_index, processes)
        batches = self.batches.augmented(self.train, spec.batch_size, (self.seed, number), share)
        total_loss = 0.0
        n_batches = 0
        rate = 0.0
        for step, batch in enumerate(self.progress.through(batches, steps, "batch", f"epoch {number}")):
            rate = learning_rate(spec.learning_rate, (number - 1) * steps + step, spec.epochs * steps, spec.warmup)
            total_loss += self.learn(batch, rate)
            n_batches += 1
        validation = self.evaluate(self.validation)
        if len(self.validation) and not self.history.best and not math.isfinite(validation.loss):
            raise ConfigurationError(
                f"training.learning_rate: {spec.learning_rate}: the loss is not finite after epoch {number}; lower it"
            )
        epoch = Epoch(
            epoch=number,
            train_loss=total_loss / max(1, n_batches),
            validation_loss=validation.loss,
            validation_average_precision=validation.mean_average_precision,
            learning_rate=rate,
            seconds=time.monotonic() - started,
        )
        return broadcast_object_list([epoch])[0]  # batch norm differs among processes, but all must stop together

    def learn(self, batch: Batch, rate: float) -> float:
        """Take one optimizer step on a batch at a learning rate; return the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batch = batch.to(self.accelerator.device)
        inputs = spectrograms(
            self.model.scale, batch, self.recipe.window_frames
        )  # outside of autocast, because power exceeds the range of float16
        with self.accelerator.autocast():
            logits = self.network(inputs)
        loss = self.loss(logits, batch.targets)
        self.optimizer.zero_grad()
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        return float(loss.detach())

    def evaluate(self, clips: Clips, thresholds: Mapping[str, float] | None = None) -> TrainFigures:
        """Compute figures of the current network on clips, which are not augmented.

        The loss is of all outputs, the other figures are of the labels. F1 is at `thresholds`, or by default at the
        best thresholds for these clips.
        """
        labels = self.recipe.labels.names
        n_outputs = len(self.recipe.labels.outputs)
        network = self.model.network.eval()
        scores = []
        targets = []
        losses = []
        with torch.inference_mode():
            size = network.geometry.windows_at_once(EVALUATION_BATCH)
            for plain in self.batches.plain(clips, size):
                batch = plain.to(self.accelerator.device)
                logits = network(spectrograms(self.model.scale, batch, self.recipe.window_frames))
                losses.append(float(self.loss(logits, batch.targets)) * len(batch.targets))
                scores.append(self.model.scores(logits).float().cpu().numpy().reshape(-1, n_outputs)[:, : len(labels)])
                targets.append(batch.targets.cpu().numpy().reshape(-1, n_outputs)[:, : len(labels)])
        if not scores:
            return TrainFigures(float("nan"), {}, {}, {}, None, 0)
        return compute_figures(
            labels, np.concatenate(scores), np.concatenate(targets), sum(losses) / len(clips),
            exclusive=self.recipe.network.dense.output == "softmax", thresholds=thresholds,
        )  # fmt: skip

    def best_model(self) -> Model:
        """Return the model with the weights of the best epoch; `evaluate` measures these from now on.

        Raises
        ------
        OutputError
            If the weights cannot be read.
        """
        weights = self.state.best()
        self.model.network.load_state_dict(weights)
        return self.model.eval()


def learning_rate(peak: float, step: int, steps: int, warmup: float) -> float:
    """Return the learning rate of a step: a linear rise over the share `warmup` of the steps, then half a cosine."""
    warmup_steps = max(1, round(steps * warmup))
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / max(1, steps - warmup_steps)))
