"""How large the filters of a front end, a clip and the memory of a scaling may be: arithmetic, before anything is made.

The limits are the same on every machine, so that a recipe that is valid on one is valid on all. What a network needs is
checked in `detector.network.memory`, where it is to be built: `detector describe` describes one of any size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from detector.recipe.frontends import ConstantQ, Linear, Mel, Pcen, Waveform, filter_samples
from detector.recipe.sections import Sections

GIB = 2**30
BYTES = 4  # of a float32
FILTER_SAMPLES = 2**20  # of the longest constant-Q filter
BASIS_BYTES = GIB  # of all filters of a front end; designing them takes some times as much
CLIP_BYTES = GIB // 4  # of the band power of a window with what is stored around it
LEAST_FRAMES = 1e-4  # a shorter time constant is none in float64


def size_faults(recipe: Sections) -> Iterator[str]:
    """Say what a recipe asks too much of, or too little."""
    frontend, rate = recipe.frontend, recipe.audio.sample_rate
    if isinstance(frontend, ConstantQ) and filter_samples(frontend, rate) > FILTER_SAMPLES:
        yield (
            f"frontend.bins_per_octave: {frontend.bins_per_octave} from {frontend.fmin:g} Hz need filters of "
            f"{filter_samples(frontend, rate):.4g} samples; at most {FILTER_SAMPLES:,}: use fewer, or a higher "
            "frontend.fmin"
        )
        return
    if (size := basis_bytes(recipe)) > BASIS_BYTES:
        yield (
            f"frontend.n_bands: {recipe.n_bands} bands need {size / GIB:.1f} GiB of filters; at most "
            f"{BASIS_BYTES / GIB:g} GiB: use fewer, or a smaller frontend.n_fft"
        )
    frames = recipe.window_frames + 2 * math.ceil(recipe.training.jitter * recipe.frame_rate)
    if (size := recipe.n_bands * frames * BYTES) > CLIP_BYTES:
        yield (
            f"window.duration: {recipe.window.duration:g} s, and training.jitter = {recipe.training.jitter:g} s around "
            f"it, make {size / GIB:.3g} GiB of band power; at most {CLIP_BYTES / GIB:g} GiB: use a shorter window, "
            "fewer bands or a longer frontend.hop_length"
        )
    if isinstance(frontend, Waveform):
        return
    slow = frontend.scaling.time_constant if isinstance(frontend.scaling, Pcen) else frontend.background
    if slow is not None and slow * recipe.frame_rate < LEAST_FRAMES:
        key = "scaling.time_constant" if isinstance(frontend.scaling, Pcen) else "background"
        yield (
            f"frontend.{key}: {slow:g} s must be at least {LEAST_FRAMES / recipe.frame_rate:g} s, "
            f"{LEAST_FRAMES:g} of a frame"
        )


def basis_bytes(recipe: Sections) -> int:
    """Count the bytes of a front end's filters in float32; 0 where it has none."""
    match recipe.frontend:
        case Mel() | Linear(n_bands=int()) as spec:
            return recipe.n_bands * (spec.n_fft // 2 + 1) * BYTES
        case ConstantQ() as spec:
            n_fft = power_of_two(filter_samples(spec, recipe.audio.sample_rate))
            return 2 * recipe.n_bands * (n_fft // 2 + 1) * BYTES
        case _:
            return 0


def power_of_two(samples: float) -> int:
    """Give the samples that a frame of constant-Q filters sees: the power of two that holds the longest one."""
    return 2 ** math.ceil(math.log2(samples))
