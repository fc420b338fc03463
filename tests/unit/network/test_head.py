"""What follows the trunk: grids, recurrence, summaries, dense layers, and the assembled network."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from detector.network.assembly import DetectorNetwork
from detector.network.geometry import measure
from detector.network.head import Overlap, Recurrence, Summary
from detector.recipe import Linear, Recipe, Recurrent


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def network_of(frames: int = 40, names: tuple[str, ...] = ("a", "b"), **network: Any) -> tuple[Recipe, DetectorNetwork]:
    recipe = Recipe.model_validate(
        {
            "audio": {"sample_rate": 1000},
            "window": {"duration": frames / 100},
            "frontend": Linear(n_fft=38, hop_length=10, fmin=0),
            "network": {"stage": [{"filters": 4, "pool": {"size": 2}}]} | network,
            "labels": {"names": names},
        }
    )
    torch.manual_seed(0)
    return recipe, DetectorNetwork(recipe).eval()


recurrents = st.builds(
    Recurrent,
    cell=st.sampled_from(["gru", "lstm"]),
    units=st.integers(1, 5),
    layers=st.integers(1, 2),
    bidirectional=st.booleans(),
    summary=st.sampled_from(["mean", "last", "flatten"]),
)


@settings(max_examples=25, deadline=None)
@given(
    recurrent=st.none() | recurrents,
    units=st.lists(st.integers(1, 6), max_size=2),
    per=st.sampled_from(["window", "frame"]),
    grid=st.none() | st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_output_shapes_and_parameters_are_those_of_the_arithmetic(
    recurrent: Recurrent | None, units: list[int], per: str, grid: tuple[int, int] | None
) -> None:
    parts = {"grid": {"size": grid}} if grid and per == "window" else {}
    recipe, network = network_of(recurrent=recurrent, dense={"units": units, "per": per}, **parts)
    expected = measure(recipe)
    with torch.inference_mode():
        logits = network(noise(3, recipe.n_bands, recipe.window_frames))
    assert logits.shape[1:] == expected.layers[-1].output
    assert sum(weight.numel() for weight in network.parameters()) == expected.parameters


def test_a_grid_feeds_one_dense_layer_from_inputs_of_many_sizes() -> None:
    _, network = network_of(grid={"size": (3, 4)}, dense={"units": [8]})
    assert network.head.dense[0].in_features == 4 * 3 * 4
    with torch.inference_mode():
        assert {tuple(network(noise(2, 20, frames)).shape) for frames in (40, 41, 75, 200, 8)} == {(2, 2)}


@pytest.mark.parametrize(("kind", "reduce"), [("mean", Tensor.mean), ("max", Tensor.amax)])
def test_a_grid_of_one_cell_pools_everything(kind: str, reduce: Any) -> None:
    _, network = network_of(grid={"size": (1, 1), "kind": kind})
    features = noise(2, 4, 9, 19)
    torch.testing.assert_close(network.head.grid(features)[..., 0, 0], reduce(features, dim=(2, 3)))


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_the_last_summary_is_the_final_state_of_each_direction(cell: str, bidirectional: bool, layers: int) -> None:
    torch.manual_seed(0)
    spec = Recurrent.model_validate(
        {"cell": cell, "units": 3, "layers": layers, "bidirectional": bidirectional, "summary": "last"}
    )
    recurrence = Recurrence(spec, 5)
    columns = noise(2, 7, 5)
    _, final = recurrence.cell(columns)
    hidden = final if cell == "gru" else final[0]  # (layer * direction, batch, unit)
    expected = torch.cat(list(hidden[-2:] if bidirectional else hidden[-1:]), dim=-1)
    torch.testing.assert_close(Summary("last", spec)(recurrence(columns)), expected)


def test_a_summary_keeps_the_mean_or_every_column_in_order() -> None:
    columns = noise(2, 7, 5)
    torch.testing.assert_close(Summary("mean", None)(columns), columns.mean(dim=1))
    assert torch.equal(Summary("flatten", None)(columns)[:, 5:10], columns[:, 1])


def test_a_summary_leaves_its_columns_as_they_were() -> None:
    columns = noise(2, 7, 6)
    before = columns.clone()
    Summary("last", Recurrent(units=3, bidirectional=True))(columns)
    assert torch.equal(columns, before)


def test_one_direction_knows_the_past_alone_and_two_know_both() -> None:
    for bidirectional in (False, True):
        torch.manual_seed(0)
        recurrence = Recurrence(Recurrent(units=3, bidirectional=bidirectional), 5)
        columns = noise(1, 7, 5)
        later = columns.clone()
        later[:, 4:] += 1.0
        assert torch.equal(recurrence(later)[:, :4], recurrence(columns)[:, :4]) != bidirectional


def test_frame_outputs_have_a_row_a_column_and_share_the_dense_layers_over_time() -> None:
    recipe, network = network_of(dense={"units": [6], "per": "frame"})
    spectrogram = noise(2, recipe.n_bands, recipe.window_frames)
    with torch.inference_mode():
        rows = network(spectrogram)
        features = network.trunk(spectrogram)
        one = network.head.dense(features[..., 5].flatten(1))
    assert rows.shape == (2, measure(recipe).columns, 2)
    torch.testing.assert_close(rows[:, 5], one)


def test_a_frame_model_takes_a_strip_of_any_length() -> None:
    _, network = network_of(dense={"per": "frame"})
    with torch.inference_mode():
        strip = noise(1, 20, 202)
        torch.testing.assert_close(network(strip)[:, :10], network(strip[..., :22]))


def test_dense_layers_have_activations_between_them_and_none_at_the_end() -> None:
    _, network = network_of(dense={"units": [6, 5], "activation": "tanh", "dropout": 0.2})
    kinds = [type(layer) for layer in network.head.dense]
    assert kinds == [nn.Linear, nn.Tanh, nn.Dropout, nn.Linear, nn.Tanh, nn.Dropout, nn.Linear]


def test_without_dense_units_the_columns_feed_the_outputs() -> None:
    recipe, network = network_of(dense={"units": []})
    _, bands, columns = measure(recipe).trunk_output
    assert [layer.in_features for layer in network.head.dense] == [4 * bands * columns]


def test_every_weight_learns() -> None:
    recipe, network = network_of(
        recurrent={"bidirectional": True, "units": 4, "summary": "last"}, position=True, names=("a",)
    )
    network.train()(noise(4, recipe.n_bands, recipe.window_frames)).sum().backward()
    still = [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert still == []


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(1, 5), st.booleans())
def test_windows_are_cut_where_they_lie(length: int, hop: int, spacing: int, n: int, sliced: bool) -> None:
    reach = (n - 1) * hop + (length - 1) * spacing + 1
    strip = noise(2, reach + 5, 3).transpose(1, 2)[..., 5:] if sliced else noise(2, 3, reach)  # (channel, band, column)
    windows = Overlap(length, hop, spacing).cut(strip, n)
    expected = [strip[..., k * hop : k * hop + (length - 1) * spacing + 1 : spacing] for k in range(n)]
    assert torch.equal(windows, torch.stack(expected))


HEADS: dict[str, dict[str, Any]] = {
    "dense": {},
    "mean grid": {"grid": {"size": (3, 5), "kind": "mean"}},
    "max grid": {"grid": {"size": (3, 5), "kind": "max"}},
    "mean grid, finer than the columns": {"grid": {"size": (11, 23), "kind": "mean"}},
    "max grid, finer than the columns": {"grid": {"size": (11, 23), "kind": "max"}},
    "mean grid of one cell": {"grid": {"size": (1, 1), "kind": "mean"}},
    "max grid of one band": {"grid": {"size": (1, 7), "kind": "max"}},
    "gru": {"recurrent": {"cell": "gru", "units": 3, "bidirectional": True, "summary": "last"}},
    "grid and lstm": {"grid": {"size": (2, 7)}, "recurrent": {"cell": "lstm", "units": 3, "summary": "flatten"}},
    "frames": {"recurrent": {"units": 3}, "dense": {"units": [4], "per": "frame"}},
}


@pytest.mark.parametrize("head", HEADS)
@settings(max_examples=12, deadline=None)
@given(hop=st.integers(1, 21), spacing=st.integers(1, 4), n=st.integers(1, 5), more=st.integers(0, 30))
def test_windows_over_a_strip_give_what_each_gives_alone(head: str, hop: int, spacing: int, n: int, more: int) -> None:
    _, network = network_of(**({"dense": {"units": [6]}} | HEADS[head]))
    channels, bands, columns = network.geometry.trunk_output  # 4, 9, 19
    strip = noise(channels, bands, (n - 1) * hop + (columns - 1) * spacing + 1 + more)
    overlap = Overlap(columns, hop, spacing)
    with torch.inference_mode():
        alone = network.head(overlap.cut(strip, n).contiguous())
        torch.testing.assert_close(network.head.over(strip, overlap, n), alone, rtol=1e-5, atol=1e-6)


def test_a_trunk_of_another_step_has_the_same_weights_and_leaves_the_network_s_own() -> None:
    recipe, network = network_of(frames=40)
    spectrogram = noise(1, recipe.n_bands, 40)
    with torch.inference_mode():
        before = network.trunk(spectrogram)
        finer = network.trunk_at(1)
        torch.testing.assert_close(finer(spectrogram)[..., ::2], before)
        finer.stages[0].convolution.weight.zero_()
        assert torch.equal(network.trunk(spectrogram), before)
    assert not finer.training
