"""What a recurrent part adds: memory. Its last column depends on frames before those that the convolutions see.

Gradients measure it, of random weights. `python examples/lecture/09_recurrent.py [--recording FILE] [--plot FILE]`
"""

from __future__ import annotations

import torch
from common import options, table, window_of
from pictures import figure, save

from detector.network.assembly import DetectorNetwork
from detector.network.geometry import measure
from detector.presets import find_recipe
from detector.recipe import Recipe


def recipe_of(preset: str, recurrent: bool) -> Recipe:
    """Give a preset with its recurrent part or without."""
    recipe, without = find_recipe(preset), {} if recurrent else {"recurrent": None}
    return recipe.model_copy(update={"network": recipe.network.model_copy(update=without)})


def dependence(recipe: Recipe, spectrogram: torch.Tensor) -> torch.Tensor:
    """Measure how the last column of (1, band, frame) depends on each frame: the size of its gradient (frame,)."""
    torch.manual_seed(0)
    network, sound = DetectorNetwork(recipe).eval(), spectrogram.clone().requires_grad_()
    columns = network.head.grid(network.trunk(sound)).flatten(1, 2).transpose(1, 2)  # (1, column, feature)
    (gradient,) = torch.autograd.grad(network.head.recurrent(columns)[0, -1].sum(), sound)
    return gradient[0].norm(dim=0) / gradient[0].norm(dim=0).max()


def reach(dependent: torch.Tensor, least: float = 0.0) -> int:
    """Count the frames from the first to the last one on which a column depends by more than `least`."""
    return int((felt := (dependent > least).nonzero())[-1] - felt[0]) + 1


def main() -> None:
    chosen = options(__doc__ or "", recording="shore")
    rows = [("preset", "recurrent part", "convolutions see s", "depends on s", "by over a 1000th of the most, s")]
    drawn, axes = figure(1, 2, (13, 5), sharey=True) if chosen.plot else (None, [None] * 2)
    for ax, preset in zip(axes, ("conv1d-gru", "crnn")):
        for recurrent, part in ((True, "with"), (False, "without")):
            recipe = recipe_of(preset, recurrent)
            dependent = dependence(recipe, window_of(chosen.recording, recipe))
            frames = measure(recipe).frames.size, reach(dependent), reach(dependent, 1e-3)
            rows.append((preset, part, *(f"{n / recipe.frame_rate:.2f}" for n in frames)))
            if ax:
                past = (torch.arange(len(dependent)) + 1 - len(dependent)) / recipe.frame_rate
                ax.semilogy(past, dependent, label=part)
                ax.set(title=preset, xlabel="frame, before the end (s)", ylabel="dependence, share of the most")
                ax.legend(title="recurrent part", fontsize=12, title_fontsize=12)
    print(table(rows))
    if drawn:
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
