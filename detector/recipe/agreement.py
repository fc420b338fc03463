"""Check that the sections of a recipe agree with one another."""

from __future__ import annotations

from collections.abc import Iterator

from detector.errors import shown
from detector.recipe.frontends import ConstantQ, Decibel, Linear, Mel, Waveform
from detector.recipe.networks import Stage
from detector.recipe.sections import Sections
from detector.recipe.sizes import size_faults


def faults_between(recipe: Sections) -> list[str]:
    """List the faults of sections that are valid by themselves but do not fit together.

    Each fault is one line: the dotted key, its value, and what is allowed.
    """
    frontend_faults = list(_frontend_faults(recipe))
    faults = [*(frontend_faults or size_faults(recipe)), *_network_faults(recipe)]
    if len(set(recipe.labels.names)) < len(recipe.labels.names):
        faults.append(f"labels.names: {shown(list(recipe.labels.names))} names a label twice")
    return faults


def _frontend_faults(recipe: Sections) -> Iterator[str]:
    frontend = recipe.frontend
    if isinstance(frontend, Waveform):
        return
    if frontend.background is not None and not isinstance(frontend.scaling, Decibel):
        yield (
            f'frontend.background: {frontend.background} needs frontend.scaling = "db", not "{frontend.scaling.kind}"'
        )
    if isinstance(frontend, ConstantQ):
        yield from _constant_q_faults(frontend, recipe.audio.sample_rate / 2)
    else:
        yield from _fourier_faults(frontend, recipe)


def _constant_q_faults(frontend: ConstantQ, nyquist_hz: float) -> Iterator[str]:
    if frontend.fmin <= 0:
        yield f"frontend.fmin: {frontend.fmin} must be above 0 for a constant-Q front end"
        return
    top_hz = frontend.fmin * 2 ** min(64, (frontend.n_bands - 1) / frontend.bins_per_octave)
    if top_hz * 2 ** (1 / frontend.bins_per_octave) > nyquist_hz:
        yield (
            f"frontend.n_bands: {frontend.n_bands} bands from {frontend.fmin:g} Hz reach {top_hz:.0f} Hz, "
            f"too near half of audio.sample_rate ({nyquist_hz:g} Hz)"
        )


def _fourier_faults(frontend: Mel | Linear, recipe: Sections) -> Iterator[str]:
    nyquist_hz = recipe.audio.sample_rate / 2
    fmax = nyquist_hz if frontend.fmax is None else frontend.fmax
    if fmax > nyquist_hz:
        yield f"frontend.fmax: {fmax:g} must be at most {nyquist_hz:g}, half of audio.sample_rate"
    if frontend.fmin >= fmax:
        yield f"frontend.fmin: {frontend.fmin:g} must be below frontend.fmax ({fmax:g})"
    elif recipe.n_bands < 1:
        yield f"frontend.fmax: {fmax:g} leaves no Fourier bin from {frontend.fmin:g} Hz; widen the band"
    if frontend.hop_length > frontend.n_fft:
        yield f"frontend.hop_length: {frontend.hop_length} must be at most frontend.n_fft ({frontend.n_fft})"


def _network_faults(recipe: Sections) -> Iterator[str]:
    network = recipe.network
    kinds = [stage.kind for stage in network.stage]
    if not kinds:
        yield "network.stage: is empty; at least one stage is needed"
        return
    for n, stage in enumerate(network.stage):
        key = f"network.stage.{n}"
        if stage.kind == "conv2d" and "conv1d" in kinds[:n]:
            yield f'{key}.kind: "conv2d" cannot follow "conv1d", which has no bands left'
        if stage.kind == "conv2d" and isinstance(recipe.frontend, Waveform):
            yield f'{key}.kind: "conv2d" needs bands; a "waveform" front end takes "conv1d"'
        if stage.kind == "conv1d":
            yield from _pairs_for_conv1d(stage, key)
    if network.position and kinds[0] == "conv1d":
        yield 'network.position: true needs a first stage of kind "conv2d"'
    if network.dense.per == "frame" and network.grid is not None:
        yield 'network.grid: a fixed grid keeps no frames; leave it out or set network.dense.per = "window"'
    yield from _label_faults(recipe)


def _pairs_for_conv1d(stage: Stage, key: str) -> Iterator[str]:
    """Refuse sizes of two numbers: a 1-D convolution has one axis."""
    sizes = {"kernel": stage.kernel, "stride": stage.stride}
    if stage.pool is not None:
        sizes |= {"pool.size": stage.pool.size, "pool.stride": stage.pool.stride or 1}
    for name, size in sizes.items():
        if isinstance(size, tuple):
            yield f"{key}.{name}: {list(size)} must be one number for conv1d"


def _label_faults(recipe: Sections) -> Iterator[str]:
    labels = recipe.labels
    output = recipe.network.dense.output
    if labels.onsets and recipe.network.dense.per != "frame":
        yield 'labels.onsets: true needs network.dense.per = "frame"; a window does not say when a call begins'
    if labels.onsets and output == "softmax":
        yield (
            'labels.onsets: true needs network.dense.output = "sigmoid"; a softmax allows one output at a time, '
            "but a call and its onset are there together"
        )
    if twice := set(labels.names) & set(labels.outputs[len(labels.names) :]):
        yield f"labels.names: {shown(sorted(twice))} is the name of an onset output; rename the label"
    if labels.background and output == "sigmoid":
        yield (
            'labels.background: true needs network.dense.output = "softmax"; a sigmoid has no output for background, '
            "it gives low scores to all labels"
        )
    if output == "softmax" and len(labels.names) == 1 and not labels.background:
        yield (
            "labels.names: a softmax over one label always gives a score of 1; name two labels, "
            "or set labels.background = true"
        )
