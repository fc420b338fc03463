"""The shipped recipes: each parses, fits together, and gives scores; the course's network is refused with a reason."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from detector.errors import ConfigurationError
from detector.model import Model
from detector.network import memory
from detector.network.assembly import DetectorNetwork
from detector.network.geometry import measure
from detector.network.trunk import Trunk
from detector.presets import RECIPE_FILE, find_folder, find_recipe, list_presets
from detector.recipe import Recipe

PRESETS = list(list_presets())
SHOWN_IN_THE_COURSE = ["lecture", "lecture-grid"]
TRAINABLE = [name for name in PRESETS if name not in SHOWN_IN_THE_COURSE]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def named(recipe: Recipe) -> Recipe:
    """Give a preset labels, where it leaves them to the annotations."""
    return recipe if recipe.labels.names else recipe.with_labels(("this", "that"))


def test_the_recipes_that_the_documentation_names_are_there() -> None:
    assert {
        "small-cnn",
        "crnn",
        "conv1d-gru",
        "cqt-cnn",
        "residual",
        "waveform",
        "lenet",
        *SHOWN_IN_THE_COURSE,
    } <= set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_is_for_in_its_first_line(name: str) -> None:
    first = (list_presets()[name] / RECIPE_FILE).read_text(encoding="utf-8").splitlines()[0]
    assert re.match(r"# \S.{20,}\.$", first)


@pytest.mark.parametrize("name", TRAINABLE)
def test_a_preset_gives_finite_scores_of_the_stated_shape(name: str) -> None:
    recipe = named(find_recipe(name))
    expected = measure(recipe)
    torch.manual_seed(0)
    model = Model(recipe).eval()
    assert sum(weight.numel() for weight in model.network.parameters()) == expected.parameters
    with torch.inference_mode():
        scores = model.score(torch.randn(2, recipe.n_bands, recipe.window_frames))
        columns = model.network.trunk(torch.randn(1, recipe.n_bands, recipe.window_frames))
    assert scores.shape == (2, *expected.layers[-1].output[:-1], len(recipe.labels.names))
    assert columns.shape[1:] == expected.trunk_output
    assert scores.isfinite().all()
    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize("name", TRAINABLE)
def test_a_preset_hears_a_window_of_sound_from_samples_to_scores(name: str) -> None:
    recipe = named(find_recipe(name))
    torch.manual_seed(0)
    model = Model(recipe).eval()
    n_samples = (recipe.window_frames - 1) * recipe.hop_length + model.power.n_fft
    with torch.inference_mode():
        scaled, _ = model.scale(model.power(torch.randn(1, n_samples)))
        assert scaled.shape == (1, recipe.n_bands, recipe.window_frames)
        assert model.score(scaled).isfinite().all()


def test_the_lectures_network_has_the_shapes_of_the_course() -> None:
    layers = measure(find_recipe("lecture")).layers
    assert [layer.output for layer in layers[:6]] == [
        (32, 996, 996),
        (32, 498, 498),
        (64, 494, 494),
        (64, 247, 247),
        (3_904_576,),
        (1000,),
    ]
    assert layers[5].parameters == 3_904_577_000
    assert layers[0].parameters == (5 * 5 + 1) * 32
    assert layers[2].parameters == (5 * 5 * 32 + 1) * 64


def test_the_lectures_shapes_are_those_that_torch_gives() -> None:
    recipe = find_recipe("lecture")
    with torch.inference_mode(), torch.device("meta"):  # shapes without numbers
        features = Trunk(recipe.network, recipe.n_bands)(torch.empty(1, 1000, 1000))
    assert features.shape == (1, 64, 247, 247)


def test_the_lectures_network_is_refused_with_what_would_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory_bytes", lambda: 16 * 2**30)
    with pytest.raises(ConfigurationError) as caught:
        DetectorNetwork(find_recipe("lecture"))
    message = str(caught.value)
    assert "network.dense.0 has 3,904,577,000 parameters" in message
    assert "58.2 GiB to train" in message
    assert "this machine has 16.0 GiB" in message
    assert "network.grid" in message
    assert "\n" not in message


def test_with_a_grid_the_lectures_dense_layer_is_the_same_for_every_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory_bytes", lambda: 2**30)
    recipe = find_recipe("lecture-grid")
    shorter = recipe.model_copy(update={"window": recipe.window.model_copy(update={"duration": 6.0})})
    assert (recipe.window_frames, shorter.window_frames) == (1000, 600)
    dense = [next(la for la in measure(one).layers if la.name == "network.dense.0") for one in (recipe, shorter)]
    assert dense[0].parameters == dense[1].parameters == (64 * 9 * 9 + 1) * 1000
    network = DetectorNetwork(recipe).eval()
    with torch.inference_mode():
        assert network(torch.randn(1, 1000, 600)).shape == (1, 2)


def test_the_lectures_two_recipes_differ_by_the_grid_alone() -> None:
    lecture, with_grid = find_recipe("lecture"), find_recipe("lecture-grid")
    assert with_grid.network.model_copy(update={"grid": None}) == lecture.network
    assert with_grid.input_fingerprint() == lecture.input_fingerprint()


def test_a_recipe_is_found_by_name_by_folder_and_by_file(tmp_path: Path) -> None:
    folder = find_folder("small-cnn")
    copy = tmp_path / "mine"
    shutil.copytree(folder, copy)
    recipe = find_recipe("small-cnn")
    assert find_recipe(str(copy)) == recipe
    assert find_recipe(str(copy / RECIPE_FILE)) == recipe
    assert find_folder(str(copy)) == copy


def test_a_name_that_is_nothing_lists_what_there_is() -> None:
    with pytest.raises(ConfigurationError, match=r"^smal-cnn: .*\bsmall-cnn\b"):
        find_recipe("smal-cnn")
    with pytest.raises(ConfigurationError, match=r"missing\.toml: no such file"):
        find_recipe("missing.toml")


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("mistyped", [lambda name: name[:-1], str.upper, lambda name: f"models/{name}s"])
def test_a_mistyped_name_gets_the_name_that_was_meant(name: str, mistyped: Callable[[str], str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_recipe(mistyped(name))
    assert str(caught.value).endswith(f"; did you mean {name}?")


def test_a_name_that_is_like_none_gets_no_guess() -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_recipe("zzzzzz")
    assert "did you mean" not in str(caught.value)


def test_a_folder_without_a_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(str(tmp_path / RECIPE_FILE))):
        find_recipe(str(tmp_path))
