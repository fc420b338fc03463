"""Limits of size: the filters of a front end, the power of a clip, and the time constant of a scaling.

The limits are the same on every machine, so that a recipe which is valid on one machine is valid on all of them. The
size of the network is not checked here but in `detector.network.memory`, because `detector describe` accepts any size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from detector.recipe.frontends import ConstantQ, Linear, Mel, Pcen, Waveform, filter_samples
from detector.recipe.sections import Sections

GIB = 2**30
BYTES = 4  # of a float32
FILTER_SAMPLES = 2**20  # of the longest constant-Q filter
BASIS_BYTES = GIB  # of all filters of a front end; their design takes a few times as much
CLIP_BYTES = GIB // 4  # of the band power of a window, with the jitter stored around it
LEAST_FRAMES = 1e-4  # of a time constant; float64 cannot represent the coefficient of a shorter one


def size_faults(recipe: Sections) -> Iterator[str]:
    """List the sizes of a recipe that are too large or too small, one line each."""
    frontend = recipe.frontend
    if isinstance(frontend, ConstantQ):
        longest = filter_samples(frontend, recipe.audio.sample_rate)
        if longest > FILTER_SAMPLES:
            yield (
                f"frontend.bins_per_octave: {frontend.bins_per_octave} from {frontend.fmin:g} Hz need filters of "
                f"{longest:.4g} samples; at most {FILTER_SAMPLES:,}: use fewer, or a higher frontend.fmin"
            )
            return
    if (size := basis_bytes(recipe)) > BASIS_BYTES:
        yield (
            f"frontend.n_bands: {recipe.n_bands} bands need {size / GIB:.1f} GiB of filters; at most "
            f"{BASIS_BYTES / GIB:g} GiB: use fewer, or a smaller frontend.n_fft"
        )
    n_frames = recipe.window_frames + 2 * math.ceil(recipe.training.jitter * recipe.frame_rate)
    if (size := recipe.n_bands * n_frames * BYTES) > CLIP_BYTES:
        yield (
            f"window.duration: {recipe.window.duration:g} s, and training.jitter = {recipe.training.jitter:g} s around "
            f"it, make {size / GIB:.3g} GiB of band power; at most {CLIP_BYTES / GIB:g} GiB: use a shorter window, "
            "fewer bands or a longer frontend.hop_length"
        )
    yield from _time_constant_faults(recipe)


def _time_constant_faults(recipe: Sections) -> Iterator[str]:
    frontend = recipe.frontend
    if isinstance(frontend, Waveform):
        return
    if isinstance(frontend.scaling, Pcen):
        key = "frontend.scaling.time_constant"
        seconds: float | None = frontend.scaling.time_constant
    else:
        key = "frontend.background"
        seconds = frontend.background
    if seconds is not None and seconds * recipe.frame_rate < LEAST_FRAMES:
        least_s = LEAST_FRAMES / recipe.frame_rate
        yield f"{key}: {seconds:g} s must be at least {least_s:g} s, which is {LEAST_FRAMES:g} of a frame"


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
    """Return the smallest power of two that is at least `samples`: the frame length of constant-Q filters."""
    return 2 ** math.ceil(math.log2(samples))
