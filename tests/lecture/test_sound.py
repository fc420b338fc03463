"""What the second half of the lecture tells: linear stages, learnt kernels, paradigms, why sound is no picture."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from torch import Tensor

from detector.frontend.bases import design
from detector.frontend.power import band_power
from detector.model import load_model
from detector.network.geometry import measure
from detector.network.trunk import Trunk
from detector.presets import find_folder, find_recipe
from detector.recipe import ConstantQ, Linear

from .scripts import recording, script


@pytest.fixture
def noise() -> Tensor:
    return torch.randn(1, 40, 60, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("second", ["linear", "relu"])
def test_a_linear_stage_and_the_one_after_it_are_one(noise: Tensor, second: str) -> None:
    two, one = script("07_linear_stages").compare(noise, "linear", second)
    assert two.shape == one.shape == (64, 32, 52)
    torch.testing.assert_close(two, one, rtol=1e-4, atol=1e-5)


def test_two_stages_with_relu_between_them_are_not_one(noise: Tensor) -> None:
    two, one = script("07_linear_stages").compare(noise, "relu", "linear")
    assert (two - one).norm() > 0.3 * two.norm()


def test_two_stages_see_as_much_as_one_and_take_ten_times_the_parameters() -> None:
    networks = script("07_linear_stages").networks("linear", "linear")
    laid = [measure(find_recipe("small-cnn").model_copy(update={"network": network})) for network in networks]
    assert [[x.parameters for x in g.layers if x.kind.startswith("conv")] for g in laid] == [[832, 51_264], [5_248]]
    assert [(g.frames.size, g.bands.size) for g in laid] == [(9, 9), (9, 9)]


@pytest.mark.parametrize(
    ("kernel", "part"),
    [
        (torch.ones(5, 5), 0),
        (torch.tensor([-2.0, -1, 0, 1, 2])[:, None].expand(5, 5), 1),
        (torch.tensor([-2.0, -1, 0, 1, 2])[None].expand(5, 5), 2),
        (torch.outer(torch.tensor([-2.0, -1, 0, 1, 2]), torch.tensor([-2.0, -1, 0, 1, 2])), 3),
    ],
)
def test_a_kernel_of_one_kind_has_all_its_energy_there(kernel: Tensor, part: int) -> None:
    shares = script("08_learned_kernels").shares(kernel[None])
    torch.testing.assert_close(shares[0], torch.eye(4)[part])


def test_the_shares_of_a_kernel_sum_to_one() -> None:
    shares = script("08_learned_kernels").shares(torch.randn(100, 5, 5))
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(100))


def test_the_maps_of_the_shipped_model_rise_in_calls_of_birds_and_of_slow_ones() -> None:
    maps = script("08_feature_maps")
    model = load_model(find_folder("call-activity"))
    bird = maps.samples_of(recording("shore"), model.recipe)
    slow = torch.from_numpy(maps.soxr.resample(bird[0].numpy(), 1, 4))[None]
    rises = [maps.rise(*maps.look(model, samples)[1:]) for samples in (bird, slow)]
    assert (rises[0] > 1).all()
    assert rises[1][8] > 3  # kernel 9, of tones
    assert rises[1][3] < 0.5  # kernel 4, of clicks


def test_columns_in_a_call_are_those_that_the_table_marks() -> None:
    maps = script("08_feature_maps")
    model = load_model(find_folder("call-activity"))
    _, _, called = maps.look(model, maps.samples_of(recording("shore"), model.recipe))
    inside = [called[int(50 * start) : int(50 * end)] for start, end in ((5.7, 6.1), (6.7, 7.3), (7.8, 8.2))]
    assert all(part.float().mean() > 0.8 for part in inside)
    assert not called[int(50 * 5.0) : int(50 * 5.5)].any()


@pytest.mark.parametrize("preset", ["small-cnn", "conv1d-gru", "waveform"])
def test_a_paradigm_gives_the_shapes_that_the_table_says(preset: str) -> None:
    recipe = script("09_two_paradigms").recipe_of(preset)
    geometry = measure(recipe)
    given = Trunk(recipe.network, recipe.n_bands).eval()(torch.zeros(1, recipe.n_bands, recipe.window_frames))
    assert given.shape[1:] == geometry.trunk_output
    cells = script("09_two_paradigms").cells
    shared = [cells(layer, recipe)[2] for layer in geometry.layers if layer.kind.startswith("conv")]
    assert set(shared) == {"time, frequency" if preset == "small-cnn" else "time"}


@pytest.mark.parametrize("preset", ["conv1d-gru", "crnn"])
def test_only_a_recurrent_part_depends_on_more_than_the_convolutions_see(preset: str) -> None:
    recurrent = script("09_recurrent")
    recipe = recurrent.recipe_of(preset, True)
    sound = torch.rand(1, recipe.n_bands, recipe.window_frames)
    sees = measure(recipe).frames.size
    without = recurrent.dependence(recurrent.recipe_of(preset, False), sound)
    assert recurrent.reach(without) == sees
    with_it = recurrent.dependence(recipe, sound)
    assert (with_it[: without.nonzero()[0]] > 0).all()
    assert recurrent.reach(with_it, 1e-3) > 2 * sees


def test_powers_of_sounds_that_do_not_know_each_other_add() -> None:
    adds = script("10_sound_is_no_picture")
    recipe = find_recipe("small-cnn")
    power = band_power(recipe, design(recipe))
    names = ("cellar", "kitchen", "meadow", "pond", "roof", "shore")
    sounds = [adds.samples_of(recording(name), recipe)[:, : 8 * 24000] for name in names]
    for first, second in combinations(sounds, 2):
        summed = power(first)[0] + power(second)[0]
        whole, worst, _ = adds.differences(summed, power(first + second)[0])
        assert abs(whole) < adds.TOLERANCE_DB / 2
        assert worst < adds.TOLERANCE_DB


def test_pictures_do_not_add_as_sound_does() -> None:
    adds = script("10_sound_is_no_picture")
    recipe = find_recipe("small-cnn")
    power = band_power(recipe, design(recipe))
    first, second = (adds.samples_of(recording(name), recipe)[:, : 8 * 24000] for name in ("shore", "pond"))
    heard, ways = power(first + second)[0], adds.put_together(power(first)[0], power(second)[0])
    for way, mixed in ways.items():
        assert (adds.differences(mixed, heard)[1] < adds.TOLERANCE_DB) == (way == "powers added")


def test_a_sound_and_itself_have_twice_the_power_of_two_sounds() -> None:
    adds = script("10_sound_is_no_picture")
    power = torch.rand(4, 9) + 1
    whole, worst, _ = adds.differences(2 * power, 4 * power)
    assert whole == pytest.approx(-3.0103, abs=1e-3)
    assert worst == pytest.approx(3.0103, abs=1e-3)


def test_a_map_moves_with_the_pitch_and_the_position_channel_tells_it() -> None:
    position = script("10_position")
    recipe = find_recipe("cqt-cnn")
    sound = torch.rand(1, 96, 60)
    low, high = sound[:, position.OCTAVE :], sound[:, : -position.OCTAVE]
    without, with_it = (
        position.moved(
            *position.maps_of(low, high, recipe.network.model_copy(update={"position": kept})), position.STEP
        )
        for kept in (False, True)
    )
    assert without < 1e-6
    assert with_it > 0.1


def test_harmonics_stretch_on_a_linear_axis_and_move_on_a_constant_q_one() -> None:
    harmonics = script("10_harmonics")
    found = {}
    for name, frontend in harmonics.FRONT_ENDS.items():
        found[name] = harmonics.best_shift(*(harmonics.pattern(pitch, frontend) for pitch in (100.0, 120.0)))
    (linear,) = (found[name] for name, spec in harmonics.FRONT_ENDS.items() if isinstance(spec, Linear))
    fine, coarse = (found[name] for name, spec in harmonics.FRONT_ENDS.items() if isinstance(spec, ConstantQ))
    assert linear[0] < 0.8
    assert fine[0] > 0.99
    assert fine[1] == 5
    assert coarse[0] < fine[0]
    assert coarse[1] == 3


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_the_network_of_the_course_has_its_parameters(classes: int) -> None:
    keras = script("11_keras_network")
    layers = keras.geometry_of("lecture", classes).layers
    assert len(layers) == len(keras.KERAS)
    assert [layer.parameters for layer in layers if layer.parameters] == [
        832, 51_264, 3_904_577_000, 1000 * classes + classes,
    ]  # fmt: skip
    assert [layer.output for layer in layers] == [
        (32, 996, 996), (32, 498, 498), (64, 494, 494), (64, 247, 247), (247 * 247 * 64,), (1000,), (classes,),
    ]  # fmt: skip


def test_pooling_to_a_grid_makes_the_dense_layer_the_same_for_windows_of_any_length() -> None:
    keras = script("11_keras_network")
    assert {keras.geometry_of("lecture-grid", seconds=s).layers[-2].parameters for s in (2, 10, 60)} == {5_185_000}
    assert keras.geometry_of("lecture", seconds=20).layers[-2].parameters > 7e9
