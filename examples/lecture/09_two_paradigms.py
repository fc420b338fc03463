"""Two ways to convolve sound: as a picture, bands x frames, or framed, along time alone, over spectra or samples.

The same 3 s go through three presets. `python examples/lecture/09_two_paradigms.py [--recording FILE] [--plot FILE]`
"""

import torch
from common import options, sizes, table, window_of
from pictures import figure, image, save

from detector.network.axes import Axes
from detector.network.geometry import measure
from detector.network.layers import Layer
from detector.network.trunk import Trunk
from detector.presets import find_recipe
from detector.recipe import Recipe, Window

HEADS = ("output", "parameters", "weights shared along", "sees s", "columns/s")


def recipe_of(preset: str) -> Recipe:
    """Give a preset for windows of 3 s, without its recurrent part."""
    network = find_recipe(preset).network.model_copy(update={"recurrent": None})
    return find_recipe(preset).model_copy(update={"window": Window(duration=3.0), "network": network})


def cells(layer: Layer, recipe: Recipe) -> tuple[object, ...]:
    """Say of a layer what HEADS name; weights after the flattening are used once in a window."""
    again = "time, frequency" if layer.kind.startswith("conv2d") else "time" if layer.output[1:] else ""
    seconds = Axes(recipe).field(layer.bands, layer.frames, 1).ms[0] / 1000
    rate = f"{recipe.frame_rate / layer.frames.step:.5g}" if layer.output[1:] and layer.name != "network.grid" else ""
    return sizes(layer.output), layer.parameters or "", again if layer.parameters else "", f"{seconds:.3f}", rate


def main() -> None:
    chosen = options(__doc__ or "", recording="shore")
    drawn, axes = figure(1, 3, (14, 5)) if chosen.plot else (None, [None] * 3)
    for ax, preset in zip(axes, ("small-cnn", "conv1d-gru", "waveform")):
        recipe = recipe_of(preset)
        geometry, rate = measure(recipe), recipe.frame_rate
        sound = window_of(chosen.recording, recipe)
        columns = sizes(Trunk(recipe.network, recipe.n_bands).eval()(sound)[0].shape)
        rows = [(layer.name.removeprefix("network."), *cells(layer, recipe)) for layer in geometry.layers]
        print(table([(preset, *HEADS), ("input", sizes(sound.shape), "", "", "", f"{rate:g}"), *rows]))
        print(f"the trunk makes {columns} of this recording\n")
        if ax:
            if preset == "waveform":
                ax.plot(torch.arange(sound.shape[2]) / rate, sound[0, 0])
                ax.set(title=f"{preset}: {columns}", xlabel="time (s)", ylabel="sample (1: full scale)", xlim=(0, 3))
            else:
                image(ax, sound[0], rate, f"{preset}: {columns}", vmax=float(sound.quantile(0.998)))
            start, high = geometry.frames.step * (geometry.columns // 2) / rate, geometry.bands.size / recipe.n_bands
            ax.axvspan(start, start + geometry.frames.size / rate, 0, high, fill=False, edgecolor="red", linewidth=3)
    if drawn:
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
