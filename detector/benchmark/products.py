"""How many products a trunk takes, and how many a second a device gives: what a scan is measured against."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from time import perf_counter

import torch

from detector.cores import count_cores
from detector.network.geometry import measure
from detector.recipe import Recipe
from detector.scanning.layout import Layout
from detector.scanning.trunks import TYPES, Precision

SIZES = {"cpu": (1024, 2048)}
SIZES_ELSEWHERE = (4096, 8192)
LEAST_S = 0.3  # that a size is tried for,
LEAST_TIMES = 3  # and as often at least
OPERATIONS = 2  # floating-point operations of one multiply-add


def trunk_multiply_adds(recipe: Recipe, layout: Layout) -> float:
    """Count the multiply-adds that the trunk takes for a second of sound.

    For the shared engine, those of one pass over a long recording: a layer's products per column times the columns
    that it gives a second, at the step that the layout has it take. What strips compute twice, where they meet, is not
    counted. For the other engine, those of a window times the windows a second.
    """
    trunk = [layer for layer in measure(recipe).layers if layer.name.startswith("network.stage.")]
    if layout.engine == "windows":
        return sum(layer.multiply_adds for layer in trunk) / layout.grid.hop_s
    per_frame = (
        layer.multiply_adds / layer.output[2] / min(layer.frames.step, layout.step)  # (channel, band, column)
        for layer in trunk
    )
    return sum(per_frame) * recipe.frame_rate


def matrix_product_rate(device: torch.device, precision: Precision) -> float:
    """Measure the floating-point operations a second of matrix products: the best of several, on all cores."""
    with _all_cores(), _tensor_float(precision == "tf32"):
        return max(_rate(size, device, precision) for size in SIZES.get(device.type, SIZES_ELSEWHERE))


def _rate(size: int, device: torch.device, precision: Precision) -> float:
    kind = TYPES.get(precision, torch.float32)
    a, b, product = (torch.randn(size, size, device=device, dtype=kind) for _ in range(3))
    best, spent, times = inf, 0.0, 0
    while spent < LEAST_S or times < LEAST_TIMES:
        _wait(device)
        start = perf_counter()
        torch.mm(a, b, out=product)
        _wait(device)
        took = perf_counter() - start
        best, spent, times = min(best, took), spent + took, times + 1
    return OPERATIONS * size**3 / best


def _wait(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    match device.type:
        case "cuda":
            torch.cuda.synchronize(device)
        case "mps":
            torch.mps.synchronize()


@contextmanager
def _all_cores() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count_cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _tensor_float(allowed: bool) -> Iterator[None]:
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = allowed
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
