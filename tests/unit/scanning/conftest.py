"""Small models, one whose scores can be foretold, and recordings of tones in noise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from detector.model import Model, Operating, OperatingPoint
from detector.recipe import parse_recipe
from detector.scanning import plan

RATE = 8000
LINEAR = '{kind="linear", n_fft=256, hop_length=80, fmin=500, fmax=3500, scaling="db"}'
PCEN = '{kind="linear", n_fft=256, hop_length=80, fmin=500, fmax=3500, scaling={kind="pcen", time_constant=0.2}}'
SLOW = '{kind="linear", n_fft=256, hop_length=80, fmin=500, fmax=3500, scaling="db", background=0.2}'

CONV2D = """
stage = [{filters=4, kernel=3, norm="batch", pool={size=2}}, {filters=4, kernel=3, pool={size=2}}]
grid = {size=[2, 2]}
"""
CONV1D = """
stage = [{kind="conv1d", filters=4, kernel=5, stride=2}, {kind="conv1d", filters=4, kernel=3, residual=true}]
"""
SAMPLES = """
stage = [{kind="conv1d", filters=4, kernel=80, stride=16, activation="tanh"}]
grid = {size=[1, 3]}
"""
KINDS = {  # front end, network, window in s
    "conv2d": (LINEAR, f"{CONV2D}\ndense = {{units=[8]}}", 1.0),
    "conv1d": (LINEAR, f"{CONV1D}\ndense = {{units=[8]}}", 0.7),
    "waveform": ('{kind="waveform"}', f"{SAMPLES}\ndense = {{units=[]}}", 0.5),
    "crnn": (
        LINEAR,
        f'{CONV1D}\nrecurrent = {{units=5, bidirectional=true}}\ndense = {{units=[], output="softmax"}}',
        1.0,
    ),
    "pcen": (PCEN, f"{CONV2D}\ndense = {{units=[]}}", 0.8),
    "slow": (SLOW, f"{CONV1D}\ndense = {{units=[]}}", 0.8),
    "frame": (LINEAR, f'{CONV1D}\ndense = {{units=[4], per="frame"}}', 0.6),
    "frame-same": (PCEN, f'{CONV1D}\npadding="same"\nrecurrent={{units=3}}\ndense={{units=[], per="frame"}}', 0.6),
}


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: networks this small only wait for the others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made(frontend: str, network: str, duration: float, channel: str = '"mix"', names: str = '["a", "b"]') -> Model:
    """Make a model that knows nothing, the same one every time."""
    recipe = parse_recipe(
        f"audio = {{sample_rate={RATE}, channel={channel}}}\nwindow = {{duration={duration}}}\nfrontend = {frontend}\n"
        f"labels = {{names={names}}}\n[network]\n{network}",
        "test",
    )
    torch.manual_seed(0)
    model = Model(recipe).eval()
    with torch.no_grad():
        model.scale.set_statistics(torch.full((recipe.n_bands,), -30.0), torch.full((recipe.n_bands,), 10.0))
        for parameter in model.network.parameters():
            parameter.mul_(2)
    return model


def random_model(kind: str, channel: str = '"mix"') -> Model:
    """Make one of `KINDS`."""
    return made(*KINDS[kind], channel=channel)


def tone_model(per: str = "window", call_s: float = 0.5, window_s: float = 2.0, channel: str = '"mix"') -> Model:
    """Make a model of which it is known when it says "tone": it hears 2 kHz at more than 10 dB.

    A window scores high while it holds half of a tone of `call_s` (or more), a frame column while the tone sounds.
    """
    whole = 'grid = {size=[1, 1], kind="mean"}' if per == "window" else ""
    stage = 'stage = [{kind="conv1d", filters=1, kernel=1, activation="sigmoid"}]'
    network = f'{stage}\n{whole}\ndense={{units=[], per="{per}"}}'
    model = made(LINEAR, network, window_s, channel, names='["tone"]')
    band = round((2000 - 500) / (RATE / 256))
    gain, share = (40.0, call_s / window_s) if per == "window" else (20.0, 1.0)
    with torch.no_grad():
        model.scale.set_statistics(torch.zeros(model.recipe.n_bands), torch.ones(model.recipe.n_bands))
        loud, dense = model.network.trunk.stages[1].convolution, model.network.head.dense[-1]
        loud.weight.zero_()
        loud.weight[0, band] = 2.0
        loud.bias.fill_(-20.0)
        dense.weight.fill_(gain)
        dense.bias.fill_(-gain / 2 * share)
    model.operating = Operating(label=(OperatingPoint(name="tone", typical_s=call_s, low_hz=1900, high_hz=2100),))
    return model


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """Make quiet noise."""
    return np.random.default_rng(seed).normal(0, 0.003, round(seconds * RATE))


def with_tones(sound: np.ndarray, *spans: tuple[float, float]) -> np.ndarray:
    """Add tones of 2 kHz from each start to each end, s."""
    times = np.arange(len(sound)) / RATE
    sounding = np.logical_or.reduce([(times >= start) & (times < end) for start, end in spans])
    return sound + 0.3 * np.sin(2 * np.pi * 2000 * times) * sounding


def written(path: Path, sound: np.ndarray, rate: int = RATE, subtype: str = "FLOAT") -> Path:
    """Write a recording."""
    soundfile.write(path, sound, rate, subtype=subtype)
    return path


def short_parts(monkeypatch: pytest.MonkeyPatch, seconds: float = 2.0) -> None:
    """Make parts about as long as this, however much they read before themselves."""
    for name, most in (("PART_S", seconds), ("PART_WINDOWS", 1), ("PART_SETTLED", 0)):
        monkeypatch.setattr(plan, name, most)
