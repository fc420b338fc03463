"""Batches: what augmentation does to power, state and targets, and that a seed and an epoch fix it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from detector.clips import ClipStore, open_clips
from detector.errors import ConfigurationError
from detector.frontend.scaling import Scale
from detector.recipe import Recipe
from detector.training import batches
from detector.training.augmentation import MIX_DB
from detector.training.batch import Batch, spectrograms
from detector.training.batches import Batches, check_batch
from tests.made import recipe, write_clips

STILL = {"jitter": 0.1, "mix": 0.0, "gain": 0.0, "time_mask": 0.0, "frequency_mask": 0.0}
LABELS = {"names": ["a", "b"]}
ALONE = (0, 1)


def store_of(tmp_path: Path, made: Recipe) -> ClipStore:
    return open_clips(write_clips(tmp_path / "clips", made))


def made_with(frontend: str = "pcen", *, softmax: bool = False, **training: Any) -> Recipe:
    dense = {"dense": {"units": [8], "output": "softmax"}} if softmax else {}
    return recipe(frontend, labels=LABELS, training=STILL | training, network=dense)


def all_at_once(store: ClipStore, *, epoch: int = 1, seed: int = 0) -> tuple[Batch, np.ndarray]:
    """Give one augmented batch of all clips, and which clips are in it, in order."""
    clips = np.arange(len(store))
    (batch,) = Batches(store, store.recipe).augmented(clips, len(store), (seed, epoch), ALONE)
    return batch, np.random.default_rng((seed, epoch)).permutation(clips)


def test_plain_clips_are_as_they_are_stored_and_in_order(tmp_path: Path) -> None:
    store = store_of(tmp_path, made_with())
    clips = store.in_split("train")
    batches = list(Batches(store, store.recipe).plain(clips, 5))
    assert [len(batch.power) for batch in batches] == [5, 5, 2]
    np.testing.assert_array_equal(torch.cat([batch.power for batch in batches]), store.power(clips))
    np.testing.assert_array_equal(torch.cat([batch.state for batch in batches]), store.state(clips))
    assert all((batch.offset == store.margin).all() and batch.masks is None for batch in batches)
    kinds = store.index["kind"].to_numpy()[clips]
    np.testing.assert_array_equal(torch.cat([batch.targets for batch in batches]).amax(dim=1), kinds == "call")


def test_without_augmentation_clips_are_only_shuffled(tmp_path: Path) -> None:
    store = store_of(tmp_path, made_with(jitter=0.0))
    batch, order = all_at_once(store)
    assert (order != np.arange(len(store))).any()
    np.testing.assert_array_equal(batch.power, store.power(order))
    np.testing.assert_array_equal(batch.state, store.state(order))
    assert (batch.offset == store.margin).all()


@pytest.mark.parametrize(("frontend", "per_decade"), [("pcen", 10), ("waveform", 20)])
def test_gain_is_one_factor_a_clip_on_power_and_state(tmp_path: Path, frontend: str, per_decade: int) -> None:
    store = store_of(tmp_path, made_with(frontend, gain=6.0))
    batch, order = all_at_once(store)
    factors = batch.power.numpy() / store.power(order)
    np.testing.assert_allclose(factors, np.broadcast_to(factors[:, :1, :1], factors.shape), rtol=1e-5)
    decibel = per_decade * np.log10(factors[:, 0, 0])
    assert np.abs(decibel).max() <= 6.0001
    assert decibel.max() > 2 > -2 > decibel.min()
    if batch.state is not None:
        np.testing.assert_allclose(batch.state.numpy() / store.state(order), factors[:, :, 0], rtol=1e-5)


def added(batch: Batch, store: ClipStore, order: np.ndarray, row: int) -> tuple[int, float]:
    """Find which clip was added to a row of a batch, and by what factor."""
    more = batch.power[row].numpy().astype(np.float64) - store.power(order[row : row + 1])[0]
    for clip in range(len(store)):
        ratio = more / store.power(np.array([clip]))[0]
        if np.ptp(ratio) < 1e-2 * ratio.mean():
            return clip, float(np.median(ratio))
    raise AssertionError("what was added is no clip")


def loudness(store: ClipStore, clip: int) -> float:
    """Measure a clip, dB: the mean over bands of their level."""
    return float(np.mean([10 * np.log10(band.mean()) for band in store.power(np.array([clip]))[0]]))


@pytest.mark.parametrize("softmax", [False, True])
def test_mixing_adds_power_and_state_and_joins_the_labels(tmp_path: Path, softmax: bool) -> None:
    store = store_of(tmp_path, made_with(mix=1.0, softmax=softmax))
    batch, order = all_at_once(store)
    plain = Batches(store, store.recipe).targets(np.arange(len(store)), np.zeros(len(store)))
    levels, state = [], store.state(np.arange(len(store)))
    assert state is not None
    assert batch.state is not None
    for row in range(len(order)):
        if np.array_equal(batch.power[row], store.power(order[row : row + 1])[0]):
            continue  # drew itself
        other, factor = added(batch, store, order, row)
        np.testing.assert_allclose(batch.state[row], state[order[row]] + factor * state[other], rtol=1e-3)
        one, two = plain[order[row]], plain[other]
        if softmax:  # of what would be heard as loud
            factor *= 10 ** ((loudness(store, other) - loudness(store, order[row])) / 10)
        levels.append(10 * np.log10(factor))
        part = factor**0.5 / (1 + factor**0.5)  # of the amplitude
        joined = (1 - part) * one + part * two if softmax else np.maximum(one, two)
        np.testing.assert_allclose(batch.targets[row], joined, atol=1e-3)
    assert len(levels) > len(order) - 5
    assert max(np.abs(levels)) <= MIX_DB + 0.01


def test_only_the_asked_share_of_clips_is_mixed(tmp_path: Path) -> None:
    store = open_clips(write_clips(tmp_path / "clips", made_with(mix=0.3), n=90))
    batch, order = all_at_once(store)
    mixed = (batch.power.numpy() != store.power(order)).any(axis=(1, 2)).mean()
    assert 0.15 < mixed < 0.45


def test_jitter_moves_the_window_within_the_margin_and_the_targets_with_it(tmp_path: Path) -> None:
    store = store_of(tmp_path, made_with(jitter=0.4))
    batch, order = all_at_once(store)
    moved = batch.offset.numpy() - store.margin
    assert np.ptp(moved) > store.margin
    assert np.abs(moved).max() <= store.margin
    starts = moved / store.recipe.frame_rate
    for row, clip in enumerate(order):
        expected = [0.0, 0.0]
        for start, end, label in store.events[store.events["clip"] == clip][["start_s", "end_s", "label"]].to_numpy():
            common = min(end, starts[row] + 0.5) - max(start, starts[row])
            expected["ab".index(label)] = 1.0 if common >= 0.5 * (end - start) else -1.0 if common > 0 else 0.0
        assert batch.targets[row].tolist() == expected
    assert {-1.0, 0.0, 1.0} <= set(batch.targets.flatten().tolist())


def same(one: Batch, other: Batch) -> bool:
    pairs = [(getattr(one, name), getattr(other, name)) for name in vars(one)]
    return all((a is None and b is None) or (a.shape == b.shape and torch.equal(a, b)) for a, b in pairs)


def test_a_seed_and_an_epoch_fix_every_draw(tmp_path: Path) -> None:
    store = store_of(tmp_path, recipe("pcen", labels=LABELS))
    batches = Batches(store, store.recipe)
    clips = store.in_split("train")

    def drawn(seed: int, epoch: int) -> list[Batch]:
        return list(batches.augmented(clips, 4, (seed, epoch), ALONE))

    assert all(map(same, drawn(0, 1), drawn(0, 1)))
    assert not any(map(same, drawn(0, 1), drawn(0, 2)))
    assert not any(map(same, drawn(0, 1), drawn(1, 1)))


@pytest.mark.parametrize("n", [5, 12, 13])
def test_processes_share_every_batch_and_take_the_same_number_of_them(tmp_path: Path, n: int) -> None:
    store = store_of(tmp_path, made_with(jitter=0.0))
    batches = Batches(store, store.recipe)
    clips = np.arange(n)
    parts = [list(batches.augmented(clips, 2, (0, 1), (process, 2))) for process in range(2)]
    assert len(parts[0]) == len(parts[1]) == -(-n // 4) - (n % 4 == 1)
    seen = torch.cat([batch.power for part in parts for batch in part])[:, 0, 0].tolist()
    assert len(set(seen)) == len(seen) == n - (n % 4 == 1)
    assert set(seen) <= set(store.power(clips)[:, 0, 0].tolist())


def test_masks_are_no_longer_than_asked_and_lie_in_the_window(tmp_path: Path) -> None:
    made = made_with(time_mask=0.5, frequency_mask=0.25)
    batch, _ = all_at_once(open_clips(write_clips(tmp_path / "clips", made, n=60)))
    assert batch.masks is not None
    for start, end, size, share in (
        (*batch.masks.T[:2], made.window_frames, 0.5),
        (*batch.masks.T[2:], made.n_bands, 0.25),
    ):
        assert (start >= 0).all()
        assert (end <= size).all()
        assert 0.5 * share * size < (end - start).max() <= share * size


def scaled(made: Recipe, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Give the network's input, and all scaled frames of the clips."""
    scale = Scale(made)
    scale.set_statistics(torch.full((made.n_bands,), 0.3), torch.full((made.n_bands,), 2.0))
    return spectrograms(scale, batch, made.window_frames), scale(batch.power, batch.state)[0]


def batch_of(made: Recipe, **changes: Any) -> Batch:
    power = torch.rand(2, made.n_bands, made.window_frames + 8)
    sound = torch.tensor([[0, power.shape[2]]] * 2)
    fields = {"power": power, "state": power.mean(2), "sound": sound, "offset": torch.tensor([4, 6])}
    return Batch(**(fields | {"targets": torch.zeros(2, 1)} | changes))


@pytest.mark.parametrize("frontend", ["mel", "pcen", "waveform"])
def test_windows_are_cut_out_of_scaled_frames_where_the_offset_says(frontend: str) -> None:
    made = recipe(frontend)
    state = {} if frontend == "pcen" else {"state": None}
    batch = batch_of(made, **state)
    window, frames = scaled(made, batch)
    for row, first in enumerate((4, 6)):
        torch.testing.assert_close(window[row], frames[row, :, first : first + made.window_frames], rtol=0, atol=0)


def test_frames_that_are_no_recording_are_zero() -> None:
    made = recipe("mel")
    n = made.window_frames
    window, frames = scaled(made, batch_of(made, state=None, sound=torch.tensor([[7, n + 8], [0, n]])))
    assert not window[0, :, :3].any()
    torch.testing.assert_close(window[0, :, 3:], frames[0, :, 7 : 4 + n])
    torch.testing.assert_close(window[1, :, : n - 6], frames[1, :, 6:n])
    assert not window[1, :, n - 6 :].any()


def test_masked_frames_and_bands_are_zero_and_nothing_else() -> None:
    made = recipe("mel")
    batch = batch_of(made, state=None, masks=torch.tensor([[2, 5, 0, 0], [0, 0, 3, 7]]))
    window, _ = scaled(made, batch)
    whole, _ = scaled(made, batch_of(made, power=batch.power, state=None))
    expected = whole.clone()
    expected[0, :, 2:5] = 0
    expected[1, 3:7] = 0
    assert torch.equal(window, expected)


def test_batches_of_one_take_every_clip(tmp_path: Path) -> None:
    store = store_of(tmp_path, made_with())
    clips = store.in_split("train")
    assert len(list(Batches(store, store.recipe).augmented(clips, 1, (0, 1), ALONE))) == len(clips)


def test_a_batch_that_alone_is_larger_than_the_machine_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path, made_with(batch_size=2**20))
    n_clips = len(store.in_split("train"))
    monkeypatch.setattr(batches, "memory_bytes", lambda: n_clips * store.clip_bytes)
    check_batch(store, store.recipe, torch.device("cuda"))  # which has a memory of its own for the network
    with pytest.raises(ConfigurationError, match=r"training\.batch_size: 1048576"):
        check_batch(store, store.recipe, torch.device("cpu"))
