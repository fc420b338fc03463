"""The scaling half: decibel, PCEN, the slow background, and the statistics of the training set."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from detector.frontend.scaling import Scale, Smoother
from detector.recipe import Recipe

N_BANDS = 6
KINDS: dict[str, dict[str, Any]] = {
    "db": {"scaling": "db"},
    "background": {"scaling": "db", "background": 0.5},
    "pcen": {"scaling": "pcen"},
    "none": {"scaling": "none"},
}
SLOW = ["background", "pcen"]


def scale_of(kind: str, **more: Any) -> Scale:
    frontend = {"kind": "mel", "n_bands": N_BANDS} | KINDS[kind] | more
    return Scale(Recipe.model_validate({"frontend": frontend, "network": {"stage": [{"filters": 1}]}}))


def noise(frames: int = 500, seed: int = 0, level: float = 1e-4) -> Tensor:
    return level * torch.empty(1, N_BANDS, frames).exponential_(generator=torch.Generator().manual_seed(seed))


def test_decibels_are_librosas() -> None:
    import librosa

    power = noise()
    reference = librosa.power_to_db(power.numpy(), ref=1.0, amin=1e-10, top_db=None)
    np.testing.assert_allclose(scale_of("db")(power)[0].numpy(), reference, rtol=1e-4, atol=1e-4)


def test_decibels_have_a_floor() -> None:
    scaled, state = scale_of("db", scaling={"kind": "db", "floor": -80})(
        torch.tensor([[[0.0, 1e-9, 1e-8, 1.0]] * N_BANDS])
    )
    torch.testing.assert_close(scaled[0, 0], torch.tensor([-80.0, -80.0, -80.0, 0.0]))
    assert state is None


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"gain": 0.8, "bias": 10.0, "power": 0.25, "time_constant": 0.06},
        {"bias": 0.0},
        {"power": 0.0},
        {"scale": 1.0, "eps": 1e-3},
    ],
)
def test_pcen_is_librosas(settings: dict[str, float]) -> None:
    import librosa

    scale = scale_of("pcen", scaling={"kind": "pcen"} | settings)
    power = noise()
    spec = {"gain": 0.98, "bias": 2.0, "power": 0.5, "time_constant": 0.4, "eps": 1e-6, "scale": 2.0**31} | settings
    loud = power[0].numpy().astype(np.float64) * spec.pop("scale")
    assert scale.smoother is not None
    zi = (1 - scale.smoother.coefficient) * loud[:, :1]  # the state that makes the first smoothed frame the first frame
    reference = librosa.pcen(loud, sr=24000, hop_length=480, zi=zi, **spec)
    np.testing.assert_allclose(scale(power)[0][0].numpy(), reference, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("frames", [1, 127, 128, 129, 1000])
def test_the_smoother_is_its_recursion(frames: int) -> None:
    smoother = Smoother(0.4, 50.0)
    power = noise(frames, level=1.0)
    start = torch.full((1, N_BANDS), 3.0)
    b, last, expected = smoother.coefficient, start.double(), []
    for t in range(frames):
        last = (1 - b) * last + b * power[..., t].double()
        expected.append(last)
    torch.testing.assert_close(smoother(power, start), torch.stack(expected, dim=-1).float())


def test_the_smoother_forgets_within_its_time_constant() -> None:
    smoother = Smoother(1.0, 100.0)
    step = smoother(torch.ones(1, 1, 400), torch.zeros(1, 1))[0, 0]
    assert step[99] == pytest.approx(1 - math.exp(-1), abs=0.01)
    assert step[-1] == pytest.approx(1 - math.exp(-4), abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", [1, 100, 128, 333])
def test_scaling_in_two_parts_is_scaling_in_one(kind: str, cut: int) -> None:
    scale, power = scale_of(kind), noise()
    whole, end = scale(power)
    first, state = scale(power[..., :cut])
    second, last = scale(power[..., cut:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=-1), whole, rtol=1e-5, atol=1e-5)
    assert (state is not None) == (kind in SLOW)
    if kind in SLOW:
        torch.testing.assert_close(last, end, rtol=1e-5, atol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_does_not_depend_on_later_ones(kind: str) -> None:
    scale, power = scale_of(kind), noise()
    later = power.clone()
    later[..., 200:] *= 50
    assert torch.equal(scale(later)[0][..., :200], scale(power)[0][..., :200])


@pytest.mark.parametrize("kind", KINDS)
def test_a_band_does_not_depend_on_others(kind: str) -> None:
    scale, power = scale_of(kind), noise()
    louder = power.clone()
    louder[:, 3] *= 50
    others = [0, 1, 2, 4, 5]
    torch.testing.assert_close(scale(louder)[0][:, others], scale(power)[0][:, others])
    assert not torch.equal(scale(louder)[0][:, 3], scale(power)[0][:, 3])


@pytest.mark.parametrize("kind", SLOW)
def test_a_gain_on_power_and_state_multiplies_the_slow_mean(kind: str) -> None:
    scale, power, state = scale_of(kind), noise(), noise(1)[..., 0]
    smooth, louder = scale.smooth(power, state), scale.smooth(7 * power, 7 * state)
    assert smooth is not None
    assert louder is not None
    torch.testing.assert_close(louder, 7 * smooth)


def test_the_background_takes_a_steady_level_away_whatever_it_is() -> None:
    scale = scale_of("background")
    loud, _ = scale(noise(level=1e-2))
    faint, _ = scale(noise(level=1e-5))
    torch.testing.assert_close(loud, faint, rtol=0, atol=1e-3)
    assert loud[..., 200:].mean().abs() < 4


def test_pcen_brings_loud_and_faint_near_each_other() -> None:
    scale = scale_of("pcen")
    loud, _ = scale(noise(level=1e-1))
    faint, _ = scale(noise(level=1e-4))
    assert (loud.mean() / faint.mean()) < 1.5


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_bring_the_training_set_to_mean_zero_and_deviation_one(kind: str) -> None:
    scale = scale_of(kind)
    power = noise(4000) * torch.logspace(-6, 0, N_BANDS)[None, :, None]
    raw = scale(power)[0].double()
    scale.set_statistics(raw.mean(dim=(0, 2)), raw.std(dim=(0, 2)))
    scaled, _ = scale(power)
    torch.testing.assert_close(scaled.mean(dim=(0, 2)), torch.zeros(N_BANDS), rtol=0, atol=2e-4)
    torch.testing.assert_close(scaled.std(dim=(0, 2)), torch.ones(N_BANDS), rtol=1e-3, atol=0)


def test_a_band_that_never_varied_in_training_does_not_drown_the_others_later() -> None:
    scale = scale_of("db")
    power = noise(4000)
    power[:, 5] = 0.0
    raw = scale(power)[0]
    scale.set_statistics(raw.mean(dim=(0, 2)), raw.std(dim=(0, 2)))
    assert scale(power)[0][:, 5].abs().max() < 1e-3
    assert scale(noise(100, seed=1))[0].abs().max() < 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [0.0, 1e-30, 1e8])
def test_silence_and_noise_of_any_level_give_finite_values(kind: str, level: float) -> None:
    scale = scale_of(kind)
    scaled, state = scale(noise(300, level=level))
    assert scaled.isfinite().all()
    again, _ = scale(torch.zeros(1, N_BANDS, 300), state)
    assert again.isfinite().all()


def test_statistics_travel_with_the_weights_and_the_smoother_does_not() -> None:
    assert set(scale_of("pcen").state_dict()) == {"mean", "deviation"}
