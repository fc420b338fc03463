"""The training loop, on accelerate: any device, mixed precision, several processes, resumed bit-exactly on one CPU."""

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
from detector.errors import ClipsError, ConfigurationError, Parameter
from detector.model import Model
from detector.progress import SILENT, Progress
from detector.recipe import Recipe
from detector.training.batch import Batch, spectrograms
from detector.training.batches import Batches, check_batch
from detector.training.figures import TrainFigures, figures
from detector.training.history import Epoch, History
from detector.training.loss import Loss
from detector.training.precision import MIXED
from detector.training.start import Start, keep_still
from detector.training.state import State
from detector.training.targets import Clips

STATISTICS_CLIPS = 2000
EVALUATION_BATCH = 64


class Trainer:
    """Train a model on clips, epoch by epoch, with the state of the run in a folder.

    Parameters
    ----------
    store : ClipStore
        The clips.
    recipe : Recipe
        Fits the clips (see `train.fitting`), labels named.
    work : Path
        Where checkpoints and the log live until training is done.
    start : Start, optional
        The model to begin from.
    """

    def __init__(
        self, store: ClipStore, recipe: Recipe, work: Path, *,
        accelerator: Accelerator, seed: int, progress: Progress = SILENT, start: Start | None = None,
    ) -> None:  # fmt: skip
        self.store, self.recipe, self.seed = store, recipe, seed
        self.accelerator, self.state = accelerator, State(work, accelerator)
        self.progress = progress if accelerator.is_main_process else SILENT
        self.batches = Batches(store, recipe)
        self.train, self.validation = store.in_split("train"), store.in_split("validation")
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
            start.into(self.model)
        self.loss = Loss(recipe, self._positives()).to(accelerator.device)
        key = [recipe.fingerprint(), str(seed), store.fingerprint(), *([start.key] if start else [])]
        self.history = History(" ".join(key), precision=self._precision)
        network = self.model.network
        network.to(accelerator.device)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # convolutions are fastest in it
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=recipe.training.learning_rate, weight_decay=recipe.training.weight_decay
        )
        self.network, self.optimizer = accelerator.prepare(network, optimizer)

    @property
    def _precision(self) -> str:
        """What the network computes in."""
        return next(name for name, theirs in MIXED.items() if theirs == self.accelerator.mixed_precision)

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
                f"{self.store.folder}: clips hold power or states that are not finite, or negative; extract again"
            )
        self.model.scale.set_statistics(mean.float(), deviation.float())

    def _positives(self) -> torch.Tensor:
        """Measure the share of known training targets that are calls, of each label."""
        n = len(self.recipe.labels.names)
        calls, known = np.zeros(n), np.zeros(n)
        for start in range(0, len(self.train), 512):
            part = self.train[start : start + 512]
            targets = self.batches.targets(part, np.zeros(len(part))).reshape(-1, n)
            calls += (targets == 1).sum(axis=0)
            known += (targets >= 0).sum(axis=0)
        for name, count, of in zip(self.recipe.labels.names, calls, known):
            if count == 0:
                raise ClipsError(
                    f"{self.store.folder}: has no call of {name!r} in the split train; give "
                    f"{Parameter('split', 'extract')}, another {Parameter('seed', 'extract')}, or merge or drop the "
                    f"label with {Parameter('rename', 'extract')} or {Parameter('rules.background', 'extract')}, "
                    "at detector extract"
                )
            if count == of:
                raise ClipsError(
                    f"{self.store.folder}: nothing in the split train is known to be no call of {name!r}, so there is "
                    f"nothing to tell it from; give {Parameter('background', 'extract')} or "
                    f"{Parameter('complete', 'extract')} at detector extract"
                )
        return torch.from_numpy(calls / known).float()

    def run(self, *, resume: bool, epochs: int | None = None) -> None:
        """Train until the recipe's epochs are done or average precision has not risen for `patience` of them.

        `epochs` stops earlier, for a run that shall be resumed.
        """
        if resume:
            self.history = self.state.resume(self.history)
            if self.history.epochs:
                self.progress.say(f"resumed after epoch {len(self.history.epochs)}")
        first = True
        last = self.recipe.training.epochs if epochs is None else min(epochs, self.recipe.training.epochs)
        while len(self.history.epochs) < last and not self._stale():
            epoch = self._epoch(len(self.history.epochs) + 1)
            if not len(self.validation) or self.history.better(epoch):
                self.history.best = epoch.epoch
                self.state.save_best(self.model.network)
            self.history.epochs.append(epoch)
            self.state.save(self.history)
            mark = " *" if self.history.best == epoch.epoch else ""
            self.progress.say(
                f"epoch {epoch.epoch:3d}/{self.recipe.training.epochs}  loss {epoch.train_loss:.4f}  validation loss "
                f"{epoch.validation_loss:.4f}  average precision {epoch.validation_average_precision:.4f}  "
                f"{epoch.seconds:.1f} s{mark}"
            )
            if first and len(self.validation) and math.isnan(epoch.validation_average_precision):
                self.progress.say(
                    "average precision is nan: no label has both calls and clips without one in the split validation; "
                    "epochs are compared by the validation loss alone"
                )
            first = False

    @property
    def done(self) -> bool:
        """Tell whether training has come to its end."""
        return len(self.history.epochs) >= self.recipe.training.epochs or self._stale()

    def _stale(self) -> bool:
        since = len(self.history.epochs) - self.history.risen
        return bool(len(self.validation)) and since >= self.recipe.training.patience

    def _epoch(self, number: int) -> Epoch:
        started = time.monotonic()
        torch.manual_seed(self.seed * 100_003 + number)  # for dropout; the clips have generators of their own
        self.network.train()
        keep_still(self.network)
        spec, processes = self.recipe.training, self.accelerator.num_processes
        steps = -(-len(self.train) // (spec.batch_size * processes))
        share = (self.accelerator.process_index, processes)
        batches = self.batches.augmented(self.train, spec.batch_size, (self.seed, number), share)
        total, count, rate = 0.0, 0, 0.0
        for step, drawn in enumerate(self.progress.through(batches, steps, "batch", f"epoch {number}")):
            rate = learning_rate(spec.learning_rate, (number - 1) * steps + step, spec.epochs * steps, spec.warmup)
            total, count = total + self.learn(drawn, rate), count + 1
        found = self.evaluate(self.validation)
        if len(self.validation) and not self.history.best and not math.isfinite(found.loss):
            raise ConfigurationError(
                f"training.learning_rate: {spec.learning_rate}: the loss is not finite after epoch {number}; lower it"
            )
        precision, seconds = found.mean_average_precision, time.monotonic() - started
        epoch = Epoch(number, total / max(1, count), found.loss, precision, rate, seconds)
        return broadcast_object_list([epoch])[0]  # batch norm differs among processes; they must agree when to stop

    def learn(self, drawn: Batch, rate: float) -> float:
        """Take one step on a batch at a learning rate; give the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batch = drawn.to(self.accelerator.device)
        inputs = spectrograms(self.model.scale, batch, self.recipe.window_frames)  # power does not fit float16
        with self.accelerator.autocast():
            logits = self.network(inputs)
        loss = self.loss(logits, batch.targets)
        self.optimizer.zero_grad()
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        return float(loss.detach())

    def evaluate(self, clips: Clips, thresholds: Mapping[str, float] | None = None) -> TrainFigures:
        """Measure the network as it is on clips, unchanged; F1 at `thresholds`, or else at the best ones."""
        labels = self.recipe.labels.names
        network = self.model.network.eval()
        scores, targets, losses = [], [], []
        with torch.inference_mode():
            size = network.geometry.windows_at_once(EVALUATION_BATCH)
            for plain in self.batches.plain(clips, size):
                batch = plain.to(self.accelerator.device)
                logits = network(spectrograms(self.model.scale, batch, self.recipe.window_frames))
                losses.append(float(self.loss(logits, batch.targets)) * len(batch.targets))
                scores.append(self.model.scores(logits).float().cpu().numpy().reshape(-1, len(labels)))
                targets.append(batch.targets.cpu().numpy().reshape(-1, len(labels)))
        if not scores:
            return TrainFigures(float("nan"), {}, {}, {}, None, 0)
        return figures(
            labels, np.concatenate(scores), np.concatenate(targets), sum(losses) / len(clips),
            exclusive=self.recipe.network.dense.output == "softmax", thresholds=thresholds,
        )  # fmt: skip

    def best_model(self) -> Model:
        """Give the model with the weights of the best epoch, which `evaluate` measures from then on.

        Raises
        ------
        OutputError
            Where they cannot be read.
        """
        weights = self.state.best()
        self.model.network.load_state_dict(weights)
        return self.model.eval()


def learning_rate(peak: float, step: int, steps: int, warmup: float) -> float:
    """Rise linearly over the share `warmup` of all steps, then fall as half a cosine to zero."""
    rise = max(1, round(steps * warmup))
    if step < rise:
        return peak * (step + 1) / rise
    return peak * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))
