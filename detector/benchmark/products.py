"""The multiply-adds of a trunk, and the rate of matrix products of a device: the limit that a scan is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import torch

from detector.cores import count_cores
from detector.network.geometry import measure
from detector.recipe import Recipe
from detector.scanning.layout import Layout
from detector.scanning.trunks import TYPES, Precision

SIZES = {"cpu": (1024, 2048)}  # rows and columns of the matrices
SIZES_ELSEWHERE = (4096, 8192)
LEAST_S = 0.3  # time for which each size is measured, at least
LEAST_TIMES = 3  # products for which each size is measured, at least
OPERATIONS = 2  # floating-point operations of one multiply-add


def trunk_multiply_adds(recipe: Recipe, layout: Layout) -> float:
    """Count the multiply-adds of the trunk for a second of sound.

    For the engine "shared", they are those of one pass over a long recording: for each layer, the multiply-adds of a
    column times the columns per second, at the layout's step. Columns that two neighbouring strips both compute count
    once. For the engine "windows", they are those of a window times the windows per second.
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
    """Measure the floating-point operations per second of matrix products on all cores; the best of several sizes."""
    with _all_cores(), _tensor_float(precision == "tf32"):
        return max(_rate(size, device, precision) for size in SIZES.get(device.type, SIZES_ELSEWHERE))


def _rate(size: int, device: torch.device, precision: Precision) -> float:
    dtype = TYPES.get(precision, torch.float32)
    left, right, product = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(3))
    times_s: list[float] = []
    while sum(times_s) < LEAST_S or len(times_s) < LEAST_TIMES:
        _wait(device)
        start = perf_counter()
        torch.mm(left, right, out=product)
        _wait(device)
        times_s.append(perf_counter() - start)
    return OPERATIONS * size**3 / min(times_s)


def _wait(device: torch.device) -> None:
    """Wait until the device has finished its work."""
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
