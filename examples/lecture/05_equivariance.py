"""Equivariance: where the call moves, its map moves with it; pooled over all places, nothing moves.

The trunk of the shipped model gives a column for every 4 frames. A call that comes 40 frames later gives the same map,
10 columns later. So a scan need not compute overlapping windows one by one: it cuts them from one map of the recording.
`python examples/lecture/05_equivariance.py [--recording FILE] [--plot FILE]`
"""

from __future__ import annotations

from common import options, table
from pictures import figure, image, save
from shipped import scan, shipped_model
from torch import Tensor, nn

from detector.network.head import GridPool
from detector.recipe import Grid


def scene(call: Tensor, at: int) -> Tensor:
    """Put a call (band, frame) at a frame of 3 s without any other sound."""
    return nn.functional.pad(call, (at, 300 - at - call.shape[1]))


def difference(still: Tensor, moved: Tensor, columns: int) -> float:
    """Compare a map with another, this many columns later: the largest difference, as a share of the largest value."""
    return float((moved[..., columns:] - still[..., : still.shape[-1] - columns]).abs().max() / still.abs().max())


def move(trunk: nn.Module, call: Tensor, frames: int) -> tuple[int, float, float]:
    """Move a call; give the columns by which the map moves, how it changes otherwise, and its maximum over time."""
    still, moved = (trunk(scene(call, at)[None]) for at in (100, 100 + frames))
    columns = min(range(frames + 1), key=lambda n: difference(still, moved, n))
    largest = GridPool(Grid(size=(1, 1), kind="max"))
    return columns, difference(still, moved, columns), difference(largest(still), largest(moved), 0)


def main() -> None:
    chosen = options(__doc__, recording="meadow")
    model, spectrogram = shipped_model(chosen.recording)
    call, trunk, fine = spectrogram[:, 195:250], model.network.trunk, model.network.trunk_at(1).requires_grad_(False)
    rows = [(n, *move(trunk, call, n), move(fine, call, n)[1]) for n in (1, 2, 3, 4, 40)]
    print(table([("frames later", "columns later", "map differs", "its maximum", "map of stride 1"), *rows]))
    (shared, seconds), (single, longer) = (scan(model, spectrogram, engine) for engine in ("shared", "windows"))
    print(f"{shared.size:,} scores of {len(shared)} windows differ by {abs(shared - single).max():.0e} at most")
    print(f"the trunk took {1000 * seconds:.0f} ms in one pass, {1000 * longer:.0f} ms window by window")
    if chosen.plot:
        drawn, axes = figure(2, 2, size=(12, 6.5))
        for panel, at in zip(axes[0], (100, 140)):
            image(panel, scene(call, at), 100, f"the sound, {at - 100} frames later")
            axes[1, 0].plot(trunk(scene(call, at)[None])[0, 86, 0], linewidth=3)
        axes[1, 0].set(title="a channel of the map, 0 and 40 frames later", xlabel="column (4 frames)", ylabel="value")
        once, each = (scores[:, :5].ravel() for scores in (shared, single))  # a window is 5 columns after the last
        axes[1, 1].plot(range(len(once)), once, "C2-", range(len(each)), each, "k.")
        axes[1, 1].set(title="one pass (line), window by window (dots)", xlabel="column (4 frames)", ylabel="score")
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
