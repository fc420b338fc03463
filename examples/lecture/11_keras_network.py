"""The network of the course, as Keras and as the preset `lecture` have it: the same shapes, the same parameters.

Keras puts channels last, torch first; both crop at borders ("valid"). Nothing is built: its dense layer is absurd.
The preset `lecture-grid` pools to 9 x 9 before that. `python examples/lecture/11_keras_network.py [--plot FILE]`
"""

from common import options, sizes, table
from pictures import figure, save

from detector.network.geometry import measure
from detector.network.layers import Geometry
from detector.presets import find_recipe
from detector.recipe import Window

KERAS = (
    "Conv2D(32, 5, activation='relu')",
    "MaxPool2D(2, 2)",
    "Conv2D(64, 5, activation='relu')",
    "MaxPool2D(2, 2)",
    "Flatten()",
    "Dense(1000, activation='relu')",
    "Dense(10, activation='softmax')",
)


def geometry_of(preset: str, classes: int = 10, seconds: float = 10.0) -> Geometry:
    """Lay a preset out for so many classes and windows so long; nothing is built."""
    recipe = find_recipe(preset).with_labels(tuple(f"class {n}" for n in range(classes)))
    return measure(recipe.model_copy(update={"window": Window(duration=seconds)}))


def main() -> None:
    chosen, layers = options(__doc__ or ""), geometry_of("lecture").layers
    rows = [(said, sizes(layer.output), f"{layer.parameters:,}") for said, layer in zip(KERAS, layers)]
    print(table([("Keras", "output", "parameters"), ("Input((1000, 1000, 1))", "1 x 1,000 x 1,000", ""), *rows]))
    costs: dict[str, list[float]] = {"lecture": [], "lecture-grid": []}
    rows = [("preset", "window s", "first dense", "GiB", "share of all")]
    for preset, counts in costs.items():
        for seconds in (5, 10, 20, 40):
            geometry = geometry_of(preset, seconds=seconds)
            dense = geometry.layers[-2]
            counts.append(dense.parameters)
            share = f"{100 * dense.parameters / geometry.parameters:.4f} %"
            rows.append((preset, seconds, f"{dense.parameters:,}", f"{dense.parameter_bytes / 2**30:.3f}", share))
    print(f"\n{table(rows)}")
    if chosen.plot:
        drawn, axes = figure(size=(9, 5))
        for preset, counts in costs.items():
            axes.loglog((5, 10, 20, 40), counts, "o-", linewidth=3, label=preset)
        axes.set(xlabel="window (s)", ylabel="parameters of the first dense layer", ylim=(1e6, 1e11))
        axes.set_xticks((5, 10, 20, 40), ("5", "10", "20", "40"))
        axes.minorticks_off()
        axes.legend(fontsize=14)
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
