"""The receptive field: what one unit of a layer sees of the spectrogram, and how it grows from layer to layer.

It follows from kernels and strides, and the gradients of the shipped model confirm it. Max pooling passes a gradient
to the largest input only, and ReLU to none where it gives 0, so gradients of many places in the recording are added.

Run: python examples/lecture/04_receptive_field.py [--recording FILE] [--plot FILE]
"""

from __future__ import annotations

from common import options, table
from pictures import box, figure, image, save
from shipped import shipped_model, trunk_up_to
from torch import Tensor

from detector.model import Model
from detector.network.layers import Layer

AROUND, EVERY = 3, 32  # units beside the one in question, to see that they add nothing; frames from place to place


def size(seen: Tensor) -> tuple[int, int]:
    """Count the bands and frames from the first with a gradient to the last."""
    rows, columns = seen.nonzero().T
    return int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1


def gradient(model: Model, layer: Layer, spectrogram: Tensor) -> Tensor:
    """Add up the gradients (band, frame) that a unit of a layer's middle band has in many places of a recording."""
    places = spectrogram.unfold(-1, layer.frames.size + 2 * AROUND * layer.frames.step, EVERY).transpose(0, 1)
    inputs = places.clone().requires_grad_(True)
    trunk_up_to(model, layer)(inputs)[:, :, layer.output[1] // 2, AROUND].sum().backward()
    assert inputs.grad is not None
    return inputs.grad.abs().sum(dim=0)


def main() -> None:
    chosen = options(__doc__, recording="meadow")
    model, spectrogram = shipped_model(chosen.recording)
    layers = [layer for layer in model.network.geometry.layers if layer.kernel]
    seen = [size(gradient(model, layer, spectrogram)) for layer in layers]
    rows = [(layer.name, layer.bands.size, layer.frames.size, *sizes) for layer, sizes in zip(layers, seen)]
    print(table([("layer", "bands", "frames", "by gradients: bands", "frames"), *rows]))
    if chosen.plot:
        drawn, (left, right) = figure(1, 2, size=(12, 5))
        image(left, spectrogram[:, 170:270], 100, "what a unit of each layer sees", start=1.7)
        for n, (layer, (_, frames)) in enumerate(zip(layers, seen)):
            (width, height), color = (layer.frames.size / 100, layer.bands.size), f"C{n}"
            box(left, (2.2 - width / 2, 32 - height / 2), (width, height), color=color, linewidth=3)
            right.barh(layer.name.removeprefix("network."), width, color=color)
            right.plot(frames / 100, n, "ko")
        right.set(title="computed (bars) and by gradients (dots)", xlabel="receptive field (s)")
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
