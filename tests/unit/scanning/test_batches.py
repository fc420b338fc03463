"""An accelerator whose memory is too small: batches are halved, scores stay, the user hears of it once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers
from torch import Tensor

from detector.model import Model
from detector.network.head import Head
from detector.scanning import parts
from detector.scanning.batches import Batches, Once, is_out_of_memory
from detector.scanning.blocks import ScoreCollector
from detector.scanning.outcome import Scanned
from detector.scanning.scanner import Scanner, Setting
from detector.scanning.trunks import BATCH, BatchedTrunk, Precision, TorchTrunk, TrunkRunner

from .conftest import noise, random_model, short_parts, written


def full(_: object = None) -> Tensor:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


class Small:
    """A trunk in so little memory that it runs at most `most` items at once. Keeps the sizes that were tried."""

    def __init__(self, run: TrunkRunner, most: int) -> None:
        self.run = run
        self.most = most
        self.tried: list[int] = []

    def __call__(self, frames: Tensor) -> Tensor:
        self.tried.append(len(frames))
        return self.run(frames) if len(frames) <= self.most else full()


@given(n=integers(0, 40), most=integers(1, 50), size=integers(1, 50))
def test_every_item_is_computed_once_in_order_whatever_the_memory(n: int, most: int, size: int) -> None:
    batches = Batches(size)
    sizes: list[int] = []

    def compute(first: int, end: int) -> range:
        sizes.append(end - first)
        if end - first > most:
            full()
        return range(first, end)

    assert [item for made in batches.each(n, compute) for item in made] == list(range(n))
    assert list(batches.each(n, compute)) == [range(k, min(n, k + batches.size)) for k in range(0, n, batches.size)]
    failed = [tried for tried in sizes if tried > most]
    assert all(after <= before // 2 for before, after in pairwise(failed))


@pytest.mark.parametrize("message", ["MPS backend out of memory (MPS allocated: 5 GB)", "CUDNN_STATUS_ALLOC_FAILED"])
def test_accelerators_say_it_in_several_ways(message: str) -> None:
    assert is_out_of_memory(torch.OutOfMemoryError("any"))
    assert is_out_of_memory(RuntimeError(message))


@pytest.mark.parametrize(
    "error", [MemoryError(), ValueError("out of memory"), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_other_errors_halve_nothing(error: Exception) -> None:
    def compute(*_: int) -> None:
        raise error

    batches = Batches(8)
    with pytest.raises(type(error)):
        next(batches.each(8, compute))
    assert batches.size == 8
    assert not is_out_of_memory(error)


def test_threads_that_fail_together_halve_once() -> None:
    batches = Batches(8)
    together = threading.Barrier(4)

    def compute(first: int, end: int) -> int:
        if end - first == 8:
            together.wait(10)
            full()
        return end - first

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: list(batches.each(8, compute)), range(4)))
    assert made == [[4, 4]] * 4


def strips(model: Model, n: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(1, model.recipe.n_bands, model.recipe.window_frames, generator=generator) for _ in range(n)]


@pytest.mark.parametrize("most", [1, 2, 3, 5, 8])
def test_a_batch_of_strips_is_halved_until_it_fits_and_stays_so(most: int) -> None:
    model = random_model("conv2d")
    trunk = TorchTrunk(model, 4, "float32")
    small = Small(trunk, most)
    batched = BatchedTrunk(small)
    given_strips = strips(model, 30)
    with ThreadPoolExecutor(10) as pool, torch.inference_mode():
        columns = list(pool.map(batched, given_strips))
    with torch.inference_mode():
        for frames, made in zip(given_strips, columns, strict=True):
            torch.testing.assert_close(made, trunk(frames), rtol=1e-5, atol=1e-5)
    n_failed = sum(tried > most for tried in small.tried)
    assert small.tried[: n_failed + 1] == [BATCH // 2**k for k in range(n_failed + 1)]
    assert set(small.tried[n_failed:]) == {BATCH // 2**n_failed}


def test_a_strip_that_does_not_fit_alone_fails_alone() -> None:
    model = random_model("conv2d")
    trunk = TorchTrunk(model, 4, "float32")
    given_strips = strips(model, 12)
    given_strips[5] = torch.full_like(given_strips[5], 1e9)
    batched = BatchedTrunk(lambda frames: full() if (frames == 1e9).any() else trunk(frames))

    def attempt(frames: Tensor) -> bool:
        try:
            return batched(frames) is not None
        except torch.OutOfMemoryError:
            return False

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(attempt, given_strips)) == [n != 5 for n in range(12)]


def test_a_trunk_that_ends_its_thread_ends_no_other_strip() -> None:
    model = random_model("conv2d")
    trunk = TorchTrunk(model, 4, "float32")
    calls: list[None] = []

    def deadly(frames: Tensor) -> Tensor:
        calls.append(None)
        if len(calls) == 1:
            raise SystemExit
        return trunk(frames)

    batched = BatchedTrunk(deadly)
    frames = strips(model, 1)[0]
    with pytest.raises(SystemExit):
        batched(frames)
    assert len(batched(frames)) == 1


def scan_in(
    memory: Callable[[TrunkRunner], TrunkRunner], model: Model, paths: list[Path], setting: Setting, said: list[str]
) -> tuple[list[Scanned], list[np.ndarray]]:
    """Scan as on an accelerator, whose trunk `memory` limits."""

    def runner(model: Model, step: int, precision: Precision, shrunk: Callable[[], None] | None) -> TrunkRunner:
        return BatchedTrunk(memory(TorchTrunk(model, step, precision)), shrunk)

    results: list[Scanned] = []
    scores: list[np.ndarray] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "trunk_runner", runner)
        collector = ScoreCollector()
        for scanned in Scanner(model, setting, said.append).scan_all(paths, collector):
            results.append(scanned)
            scores.extend(collector.scores().values())
    return results, scores


@pytest.mark.parametrize("engine", ["shared", "windows"])
@pytest.mark.parametrize("kind", ["conv2d", "crnn", "frame"])
def test_a_scan_in_little_memory_gives_the_scores_of_one_in_enough_and_says_so_once(
    tmp_path: Path, engine: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_parts(monkeypatch, 5.0)
    model = random_model(kind)
    paths = [written(tmp_path / f"{n}.wav", noise(20, n)) for n in range(3)]
    setting = Setting(engine=engine, workers=4)  # type: ignore[arg-type]  # one of its names
    quiet: list[str] = []
    _, enough = scan_in(lambda trunk: trunk, model, paths, setting, quiet)
    said: list[str] = []
    results, little = scan_in(lambda trunk: Small(trunk, 2), model, paths, setting, said)
    assert quiet == []
    (line,) = said
    assert "memory" in line
    assert not any(scanned.failed or scanned.remarks for scanned in results)
    for expected, made in zip(enough, little, strict=True):
        np.testing.assert_allclose(made, expected, atol=1e-5)


@pytest.mark.parametrize("engine", ["shared", "windows"])
@pytest.mark.parametrize("kind", ["conv2d", "crnn", "frame"])
def test_a_head_in_little_memory_gives_the_same_scores(
    tmp_path: Path, engine: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = random_model(kind)
    paths = [written(tmp_path / "a.wav", noise(20))]
    setting = Setting(engine=engine)  # type: ignore[arg-type]  # one of its names
    _, enough = scan_in(lambda trunk: trunk, model, paths, setting, [])
    tried: list[int] = []
    above = Head._above_grid

    def small(self: Head, pooled: Tensor) -> Tensor:
        tried.append(len(pooled))
        return above(self, pooled) if len(pooled) <= 3 else full()

    monkeypatch.setattr(Head, "_above_grid", small)
    said: list[str] = []
    results, little = scan_in(lambda trunk: trunk, model, paths, setting, said)
    assert not results[0].failed
    assert len(said) == 1
    assert max(tried) > 3
    n_failed = sum(n > 3 for n in tried)
    assert all(n > 3 for n in tried[:n_failed])
    np.testing.assert_allclose(little[0], enough[0], atol=1e-5)


@pytest.mark.parametrize("engine", ["shared", "windows"])
def test_a_recording_for_which_the_memory_never_suffices_fails_with_one_line(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loud = noise(5)
    loud[2000:30000] = 1e6 * np.sin(np.arange(28000))
    paths = [written(tmp_path / f"{n}.wav", loud if n == 2 else noise(5, n)) for n in range(5)]
    setting = Setting(engine=engine, workers=3)  # type: ignore[arg-type]  # one of its names
    limit = 10.0  # scaled dB of the loud recording alone
    results, _ = scan_in(
        lambda trunk: lambda frames: full() if frames.max() > limit else trunk(frames),
        random_model("conv2d"),
        paths,
        setting,
        [],
    )
    assert [scanned.failed for scanned in results] == [False, False, True, False, False]
    (line,) = results[2].remarks
    assert str(paths[2]) in line
    assert "memory" in line
    assert "\n" not in line
    assert results[2].bug is None


def test_a_line_is_said_once_whatever_the_threads() -> None:
    said: list[str] = []
    once = Once("full", said.append)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: once(), range(100)))
    assert said == ["full"]
