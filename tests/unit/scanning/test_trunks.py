"""What runs the trunk: which for which device and precision, and that they agree."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor

from detector.errors import ParameterError
from detector.model import Model
from detector.scanning.trunks import OnnxTrunk, Precision, TorchTrunk, choose_precision, trunk_runner

from .conftest import KINDS, random_model

VALID = [kind for kind in KINDS if kind != "frame-same"]


def noise(model: Model, batch: int = 2, more: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(batch, model.recipe.n_bands, model.recipe.window_frames + more, generator=generator)


@pytest.mark.parametrize("kind", VALID)
def test_the_runtimes_agree_at_every_step(kind: str) -> None:
    model = random_model(kind)
    frames = noise(model)
    for step in model.network.geometry.steps:
        with torch.inference_mode():
            reference = TorchTrunk(model, step, "float32")(frames)
            torch.testing.assert_close(OnnxTrunk(model, step)(frames), reference, rtol=1e-5, atol=1e-5)
        assert reference.shape[-1] == (frames.shape[-1] - model.network.geometry.frames.size) // step + 1


@pytest.mark.parametrize("kind", KINDS)
def test_at_its_own_step_a_trunk_is_the_network_s(kind: str) -> None:
    model = random_model(kind)
    frames = noise(model)
    runner = trunk_runner(model, model.network.geometry.frames.step, "float32")
    with torch.inference_mode():
        torch.testing.assert_close(runner(frames), model.network.trunk(frames), rtol=1e-5, atol=1e-5)


def test_onnx_runs_where_it_is_exact_and_quick() -> None:
    assert isinstance(trunk_runner(random_model("conv2d"), 4, "float32"), OnnxTrunk)
    assert isinstance(trunk_runner(random_model("conv2d"), 4, "bfloat16"), TorchTrunk)
    assert isinstance(trunk_runner(random_model("frame-same"), 2, "float32"), TorchTrunk)


@pytest.mark.parametrize("runner", [OnnxTrunk, lambda model, step: TorchTrunk(model, step, "float32")])
def test_threads_may_share_a_trunk(runner: type[OnnxTrunk]) -> None:
    model = random_model("conv2d")
    trunk, batches = runner(model, 1), [noise(model, more=n) for n in range(24)]

    def columns(batch: Tensor) -> Tensor:
        with torch.inference_mode():
            return trunk(batch)

    alone = list(map(columns, batches))
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(columns, batches))
    assert all(torch.equal(one, other) for one, other in zip(alone, together))


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_reduced_precision_is_near_and_leaves_the_model_as_it_was(precision: Precision) -> None:
    model = random_model("conv2d")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    frames = noise(model)
    with torch.inference_mode():
        reduced = TorchTrunk(model, 4, precision)(frames)
        exact = model.network.trunk(frames)
    assert reduced.dtype == torch.float32
    assert 0 < (reduced - exact).abs().max() < 0.05 * exact.abs().max()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize(
    ("device", "automatic", "allowed"),
    [
        ("cuda", "tf32", ["tf32", "float32", "bfloat16", "float16"]),
        ("mps", "float32", ["float32", "float16"]),
        ("cpu", "float32", ["float32", "bfloat16"]),
    ],
)
def test_a_device_has_precisions_of_its_own(
    device: str, automatic: str, allowed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    there = torch.device(device)
    assert choose_precision("auto", there) == automatic
    for precision in ("tf32", "float32", "bfloat16", "float16"):
        if precision in allowed:
            assert choose_precision(precision, there) == precision
        else:
            with pytest.raises(ParameterError) as caught:
                choose_precision(precision, there)
            assert (caught.value.parameter, caught.value.value) == ("precision", precision)
            assert caught.value.allowed == ", ".join(allowed)


def test_a_processor_without_bfloat16_is_not_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    with pytest.raises(ParameterError, match=r"allowed: float32$"):
        choose_precision("bfloat16", torch.device("cpu"))
