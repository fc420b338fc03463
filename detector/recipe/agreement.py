"""What the sections of a recipe ask of each other."""

from __future__ import annotations

from detector.errors import shown
from detector.recipe.frontends import ConstantQ, Decibel, Waveform
from detector.recipe.sections import Sections
from detector.recipe.sizes import size_faults


def faults_between(recipe: Sections) -> list[str]:
    """List what sections that are valid by themselves ask of each other in vain."""
    frontend = _frontend_faults(recipe)
    faults = [*frontend, *(() if frontend else size_faults(recipe)), *_network_faults(recipe)]
    if len(set(recipe.labels.names)) < len(recipe.labels.names):
        faults.append(f"labels.names: {shown(list(recipe.labels.names))} names a label twice")
    return faults


def _frontend_faults(recipe: Sections) -> list[str]:
    frontend, faults = recipe.frontend, []
    nyquist = recipe.audio.sample_rate / 2
    if isinstance(frontend, Waveform):
        return []
    if frontend.background is not None and not isinstance(frontend.scaling, Decibel):
        faults.append(
            f'frontend.background: {frontend.background} needs frontend.scaling = "db", not "{frontend.scaling.kind}"'
        )
    if isinstance(frontend, ConstantQ):
        top = frontend.fmin * 2 ** min(64, (frontend.n_bands - 1) / frontend.bins_per_octave)
        if frontend.fmin <= 0:
            faults.append(f"frontend.fmin: {frontend.fmin} must be above 0 for a constant-Q front end")
        elif top * 2 ** (1 / frontend.bins_per_octave) > nyquist:
            faults.append(
                f"frontend.n_bands: {frontend.n_bands} bands from {frontend.fmin:g} Hz reach {top:.0f} Hz, "
                f"too near half of audio.sample_rate ({nyquist:g} Hz)"
            )
        return faults
    fmax = nyquist if frontend.fmax is None else frontend.fmax
    if fmax > nyquist:
        faults.append(f"frontend.fmax: {fmax:g} must be at most {nyquist:g}, half of audio.sample_rate")
    if frontend.fmin >= fmax:
        faults.append(f"frontend.fmin: {frontend.fmin:g} must be below frontend.fmax ({fmax:g})")
    elif recipe.n_bands < 1:
        faults.append(f"frontend.fmax: {fmax:g} leaves no Fourier bin from {frontend.fmin:g} Hz; widen the band")
    if frontend.hop_length > frontend.n_fft:
        faults.append(f"frontend.hop_length: {frontend.hop_length} must be at most frontend.n_fft ({frontend.n_fft})")
    return faults


def _network_faults(recipe: Sections) -> list[str]:
    network, faults = recipe.network, []
    kinds = [stage.kind for stage in network.stage]
    for n, stage in enumerate(network.stage):
        at = f"network.stage.{n}"
        if stage.kind == "conv2d" and "conv1d" in kinds[:n]:
            faults.append(f'{at}.kind: "conv2d" cannot follow "conv1d", which has no bands left')
        if stage.kind == "conv2d" and isinstance(recipe.frontend, Waveform):
            faults.append(f'{at}.kind: "conv2d" needs bands; a "waveform" front end takes "conv1d"')
        sizes = {"kernel": stage.kernel, "stride": stage.stride}
        if stage.pool is not None:
            sizes |= {"pool.size": stage.pool.size, "pool.stride": stage.pool.stride or 1}
        if stage.kind == "conv1d":
            pairs = {key: list(size) for key, size in sizes.items() if isinstance(size, tuple)}
            faults.extend(f"{at}.{key}: {size} must be one number for conv1d" for key, size in pairs.items())
    if not kinds:
        return ["network.stage: is empty; at least one stage is needed"]
    if network.position and kinds[0] == "conv1d":
        faults.append('network.position: true needs a first stage of kind "conv2d"')
    if network.dense.per == "frame" and network.grid is not None:
        faults.append('network.grid: a fixed grid keeps no frames; leave it out or set network.dense.per = "window"')
    if recipe.labels.background and network.dense.output == "sigmoid":
        faults.append(
            'labels.background: true needs network.dense.output = "softmax" (a sigmoid says none by low scores)'
        )
    if network.dense.output == "softmax" and len(recipe.labels.names) == 1 and not recipe.labels.background:
        faults.append("labels.names: a softmax over one name always says 1; name two, or set labels.background = true")
    return faults
