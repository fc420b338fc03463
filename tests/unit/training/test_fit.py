"""The loop: its learning rate, its statistics, when it stops, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from detector.clips import open_clips
from detector.errors import ClipsError, ConfigurationError
from detector.recipe import Recipe
from detector.training import fit
from detector.training.batch import spectrograms
from detector.training.figures import TrainFigures
from detector.training.fit import Trainer, learning_rate
from tests.made import Heard, HeardWork, recipe, write_clips

LABELS = {"names": ["a", "b"]}


def trainer_of(tmp_path: Path, made: Recipe, *, split: Callable[[str], str] = str, **options: Any) -> Trainer:
    clips = write_clips(tmp_path / "clips", made)
    store = open_clips(clips)
    store.index["split"] = store.index["split"].map(split)
    options = {"accelerator": Accelerator(cpu=True), "seed": 0} | options
    return Trainer(store, made, tmp_path / "work", **options)


def test_the_learning_rate_rises_in_a_line_and_falls_as_half_a_cosine() -> None:
    rates = np.array([learning_rate(0.1, step, 100, 0.1) for step in range(100)])
    np.testing.assert_allclose(rates[:10], np.arange(1, 11) / 100)
    np.testing.assert_allclose(rates[10:], 0.05 * (1 + np.cos(np.pi * np.arange(90) / 90)))
    assert learning_rate(0.1, 0, 100, 0.0) == 0.1
    assert learning_rate(0.1, 99, 100, 1.0) == 0.1


def test_every_step_has_the_rate_of_its_place_in_all_epochs(tmp_path: Path) -> None:
    made = recipe(labels=LABELS, training={"epochs": 3, "batch_size": 4, "warmup": 0.5})
    trainer = trainer_of(tmp_path, made)
    rates: list[float] = []
    step = trainer.optimizer.step
    trainer.optimizer.step = lambda: (rates.append(trainer.optimizer.param_groups[0]["lr"]), step())
    trainer.run(resume=False)
    assert rates == [learning_rate(0.01, n, 9, 0.5) for n in range(9)]
    assert [epoch.learning_rate for epoch in trainer.history.epochs] == rates[2::3]


@pytest.mark.parametrize("frontend", ["mel", "pcen", "waveform"])
def test_scaled_training_frames_have_mean_0_and_deviation_1(tmp_path: Path, frontend: str) -> None:
    trainer = trainer_of(tmp_path, recipe(frontend, labels=LABELS, training={"jitter": 0.0}))
    (batch,) = trainer.batches.plain(trainer.train, 100)
    frames = spectrograms(trainer.model.scale, batch, trainer.recipe.window_frames)  # (clip, band, frame)
    torch.testing.assert_close(frames.mean((0, 2)), torch.zeros(frames.shape[1]), atol=1e-4, rtol=0)
    torch.testing.assert_close(frames.std((0, 2)), torch.ones(frames.shape[1]), atol=2e-2, rtol=0)


def scripted(trainer: Trainer, figures: list[tuple[float, float]]) -> None:
    """Let validation find these average precisions and losses, epoch by epoch."""
    found = iter(figures)

    def evaluate(_clips: object) -> TrainFigures:
        precision, loss = next(found)
        return TrainFigures(loss, {"a": precision}, {}, {}, None, 1)

    trainer.evaluate = evaluate  # type: ignore[method-assign]


def test_convolutions_are_channels_last_from_the_weights_to_what_they_make(tmp_path: Path) -> None:
    """The layout in which they are fastest; weights of one input channel are in both layouts, and tell nothing."""
    stages = [{"filters": 4, "kernel": 3, "norm": "batch"}, {"filters": 4, "kernel": 3}]
    made = recipe(labels=LABELS, network={"stage": stages}, training={"epochs": 1})
    trainer = trainer_of(tmp_path, made)
    _, second = (part for part in trainer.model.network.modules() if isinstance(part, torch.nn.Conv2d))
    maps: list[torch.Tensor] = []
    second.register_forward_hook(lambda _part, given, found: maps.extend((*given, found)))
    trainer.run(resume=False)
    for tensor in (second.weight, *maps):
        assert tensor.is_contiguous(memory_format=torch.channels_last)
        assert not tensor.is_contiguous()
    assert len(maps) > 2


def test_training_stops_when_validation_has_not_improved_and_keeps_the_best(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, recipe(labels=LABELS, training={"epochs": 20, "patience": 2}))
    scripted(trainer, [(0.5, 1.0), (0.7, 1.0), (0.6, 1.0), (0.7, 1.0), (0.9, 1.0)])
    kept: list[int] = []
    save = trainer.state.save_best
    trainer.state.save_best = lambda network: (  # type: ignore[method-assign]
        kept.append(len(trainer.history.epochs) + 1),
        save(network),
    )
    trainer.run(resume=False)
    assert len(trainer.history.epochs) == 4
    assert (trainer.history.best, kept, trainer.done) == (2, [1, 2], True)


def test_a_lower_loss_alone_makes_a_better_model_but_no_longer_training(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, recipe(labels=LABELS, training={"epochs": 20, "patience": 3}))
    scripted(trainer, [(0.5, 1.0), (1.0, 0.9), (0.99999, 0.8), (1.0, 0.85), (1.0, 0.7), (1.0, 0.6)])
    trainer.run(resume=False)
    assert (len(trainer.history.epochs), trainer.history.best, trainer.history.last_rise) == (5, 5, 2)


def test_a_loss_that_is_no_number_is_never_the_best(tmp_path: Path) -> None:
    nan = float("nan")
    trainer = trainer_of(tmp_path, recipe(labels=LABELS, training={"epochs": 3}))
    scripted(trainer, [(0.5, 1.0), (0.9, nan), (0.9, nan)])
    trainer.run(resume=False)
    assert trainer.history.best == 1


def test_a_loss_that_is_no_number_from_the_start_is_refused(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, recipe(labels=LABELS))
    scripted(trainer, [(0.5, float("nan"))])
    with pytest.raises(ConfigurationError, match=r"training\.learning_rate: 0\.01: .* not finite .* lower it"):
        trainer.run(resume=False)


def test_without_validation_all_epochs_are_trained_and_the_last_is_kept(tmp_path: Path) -> None:
    made = recipe(labels=LABELS, training={"epochs": 3, "patience": 1})
    trainer = trainer_of(tmp_path, made, split=lambda split: "train" if split == "validation" else split)
    trainer.run(resume=False)
    assert (len(trainer.history.epochs), trainer.history.best) == (3, 3)


def test_a_line_an_epoch_marks_the_best_so_far(tmp_path: Path) -> None:
    lines: list[str] = []
    made = recipe(labels=LABELS, training={"epochs": 2})
    trainer = trainer_of(tmp_path, made, progress=Heard(lines))
    scripted(trainer, [(0.75, 0.5), (0.5, 1.0)])
    trainer.run(resume=False)
    assert [line[:11] for line in lines] == ["epoch   1/2", "epoch   2/2"]
    assert "validation loss 0.5000  average precision 0.7500" in lines[0]
    assert [line.endswith("*") for line in lines] == [True, False]


def test_all_processes_take_the_figures_of_the_main_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their batch norms differ: each by its own figures, one could stop while the others wait for it."""
    monkeypatch.setattr(fit, "broadcast_object_list", lambda own: [replace(own[0], validation_loss=0.125)])
    trainer = trainer_of(tmp_path, recipe(labels=LABELS, training={"epochs": 2}))
    trainer.run(resume=False)
    assert [epoch.validation_loss for epoch in trainer.history.epochs] == [0.125, 0.125]


def test_the_bar_is_told_the_number_of_batches(tmp_path: Path) -> None:
    heard = Heard()
    made = recipe(labels=LABELS, training={"epochs": 1, "batch_size": 5})
    trainer_of(tmp_path, made, progress=heard).run(resume=False)
    assert heard.works == [HeardWork(3, "batch", "epoch 1", n=3, ended=True)]


def test_a_split_train_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ClipsError, match="has no clips in the split train"):
        trainer_of(tmp_path, recipe(labels=LABELS), split=lambda _: "test")


def test_every_label_needs_a_call_in_the_split_train(tmp_path: Path) -> None:
    store = open_clips(write_clips(tmp_path / "clips", recipe(labels=LABELS)))
    store.index.loc[store.index["labels"] == "b", "split"] = "test"
    with pytest.raises(ClipsError, match="has no call of 'b' in the split train"):
        Trainer(store, store.recipe, tmp_path, accelerator=Accelerator(cpu=True), seed=0)


@pytest.mark.parametrize("per", ["window", "frame"])
def test_every_label_needs_something_that_it_is_not(tmp_path: Path, per: str) -> None:
    made = recipe(labels={"names": ["a"]}, network={"dense": {"units": [8], "per": per}})
    store = open_clips(write_clips(tmp_path / "clips", made))
    store.index = store.index.iloc[:6].assign(complete=False)  # all of them with a call
    store.events = store.events.assign(start_s=-9.0, end_s=9.0)
    with pytest.raises(ClipsError, match=r"split train .*'a'.* `extract\.background`"):
        Trainer(store, store.recipe, tmp_path, accelerator=Accelerator(cpu=True), seed=0)


def test_the_figures_of_the_best_model_are_those_of_its_epoch(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, recipe(labels=LABELS, training={"epochs": 6, "patience": 2}))
    measured, losses = trainer.evaluate, list[float]()

    def worse_from_then_on(clips: Any, thresholds: Any = None) -> TrainFigures:
        found = measured(clips, thresholds)
        losses.append(found.loss)
        return replace(found, loss=float(len(losses)), average_precision={"a": 0.5})

    trainer.evaluate = worse_from_then_on  # type: ignore[method-assign]
    trainer.run(resume=False)
    assert trainer.history.best == 1
    trainer.best_model()
    assert measured(trainer.validation).loss == pytest.approx(losses[0], abs=1e-6)
    assert len(losses) == 3


@pytest.mark.parametrize("name", ["power-0000.npy", "state-0000.npy"])
def test_clips_that_hold_no_finite_numbers_are_refused(tmp_path: Path, name: str) -> None:
    clips = write_clips(tmp_path / "clips", recipe("pcen", labels={"names": ["a"]}))
    numbers = np.load(clips / name)
    numbers[...] = np.nan
    np.save(clips / name, numbers)
    store = open_clips(clips)
    with pytest.raises(ClipsError, match=re.escape(str(clips))):
        Trainer(store, store.recipe, tmp_path / "work", accelerator=Accelerator(cpu=True), seed=0)
