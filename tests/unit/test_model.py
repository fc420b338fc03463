"""A model folder: what is written reads back to the bit, and what is broken says so in one line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from detector.errors import ConfigurationError, DetectorError, ModelError
from detector.model import RECIPE_KEY, Model, Operating, OperatingPoint, load_model, save_model
from detector.presets import find_recipe
from detector.recipe import Recipe


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def recipe_of(names: tuple[str, ...] = ("boobook", "cicada"), **content: Any) -> Recipe:
    base: dict[str, Any] = {
        "window": {"duration": 1.0},
        "frontend": {"kind": "mel", "n_bands": 24, "scaling": "pcen"},
        "network": {
            "stage": [{"filters": 4, "norm": "batch", "pool": {"size": 2}}],
            "recurrent": {"units": 3},
            "dense": {"units": [5]},
        },
        "labels": {"names": names},
    }
    return Recipe.model_validate(base | content)


def trained(recipe: Recipe) -> Model:
    """Make a model whose every number differs from what a new one would have."""
    torch.manual_seed(3)
    model = Model(recipe)
    model.scale.set_statistics(torch.randn(recipe.n_bands), torch.rand(recipe.n_bands) + 0.5)
    with torch.no_grad():
        model.network(torch.randn(8, recipe.n_bands, recipe.window_frames))  # moves the batch norm's averages
    return model.eval()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_model(trained(recipe_of()), tmp_path)
    return tmp_path


FRONTS = {
    "mel": {"kind": "mel", "n_bands": 24, "scaling": "pcen"},
    "linear": {"kind": "linear", "n_fft": 512, "fmin": 1000, "fmax": 4000},
    "linear bands": {"kind": "linear", "n_bands": 10},
    "constant-Q": {"kind": "cqt", "n_bands": 24, "fmin": 500, "background": 3.0},
}


@pytest.mark.parametrize("front", FRONTS)
def test_a_model_that_was_saved_scores_the_same_to_the_bit(front: str, tmp_path: Path) -> None:
    model = trained(recipe_of(frontend=FRONTS[front]))
    save_model(model, tmp_path)
    again = load_model(tmp_path)
    samples = 0.1 * torch.randn(2, 24000 + model.power.n_fft)
    with torch.inference_mode():
        scores = [one.score(one.scale(one.power(samples))[0][..., :50]) for one in (model, again)]
    assert torch.equal(*scores)
    assert scores[0].std() > 0
    assert again.recipe == model.recipe
    assert again.operating == model.operating


def test_a_loaded_model_is_ready_to_score_not_to_train(folder: Path) -> None:
    assert not load_model(folder).training


def test_a_waveform_model_is_saved_and_loaded(tmp_path: Path) -> None:
    recipe = recipe_of(
        frontend={"kind": "waveform"},
        network={"stage": [{"kind": "conv1d", "filters": 2, "kernel": 80, "stride": 8}], "grid": {"size": (1, 1)}},
    )
    save_model(trained(recipe), tmp_path)
    assert load_model(tmp_path).recipe == recipe


def test_operating_points_are_kept(tmp_path: Path) -> None:
    model = trained(recipe_of())
    model.operating = Operating(
        chosen_on="validation, 12 recordings",
        label=(
            OperatingPoint(
                name="boobook", threshold=0.31, gap_s=0.2, shortest_s=0.1, typical_s=0.6, low_hz=300, high_hz=900
            ),
            OperatingPoint(name="cicada", threshold=1.0),
        ),
    )
    save_model(model, tmp_path)
    assert load_model(tmp_path).operating == model.operating


def test_a_new_model_has_an_operating_point_for_each_label() -> None:
    model = Model(recipe_of())
    assert [(point.name, point.threshold) for point in model.operating.label] == [("boobook", 0.5), ("cicada", 0.5)]
    assert model.labels == ("boobook", "cicada")


def test_a_model_needs_labels() -> None:
    with pytest.raises(ModelError, match=r"labels\.names: is empty"):
        Model(recipe_of(names=()))


def test_sigmoid_scores_are_each_for_themselves() -> None:
    logits = torch.randn(7, 2)
    assert torch.equal(Model(recipe_of()).scores(logits), logits.sigmoid())


def softmax(names: tuple[str, ...], *, background: bool, per: str = "window") -> Model:
    network = {"stage": [{"filters": 4}], "dense": {"units": [], "output": "softmax", "per": per}}
    return Model(recipe_of(network=network, labels={"names": names, "background": background})).eval()


@pytest.mark.parametrize("per", ["window", "frame"])
def test_softmax_scores_sum_to_one(per: str) -> None:
    model = softmax(("a", "b", "c"), background=False, per=per)
    with torch.inference_mode():
        scores = model.score(torch.randn(5, 24, 50))
    assert scores.shape[-1] == 3
    torch.testing.assert_close(scores.sum(dim=-1), torch.ones(scores.shape[:-1]))


@pytest.mark.parametrize("per", ["window", "frame"])
def test_the_background_takes_its_share_of_a_softmax_and_is_left_out(per: str) -> None:
    model = softmax(("a", "b"), background=True, per=per)
    with torch.inference_mode():
        logits = model.network(torch.randn(5, 24, 50))
        scores = model.scores(logits)
    assert (logits.shape[-1], scores.shape[-1]) == (3, 2)
    torch.testing.assert_close(scores, logits.softmax(dim=-1)[..., :2])
    assert (scores.sum(dim=-1) < 1).all()


def refused(folder: Path, kind: type[DetectorError] = ModelError) -> str:
    with pytest.raises(kind) as caught:
        load_model(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_recipe_without_weights_says_to_train_first(folder: Path) -> None:
    (folder / "weights.safetensors").unlink()
    assert refused(folder).startswith(f"{folder}: has no weights.safetensors")


def test_a_folder_without_a_recipe_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path, ConfigurationError).startswith(f"{tmp_path / 'recipe.toml'}: cannot be read")


@pytest.mark.parametrize("content", [b"", b"not safetensors at all", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_weights_that_are_no_safetensors_are_named(folder: Path, content: bytes) -> None:
    (folder / "weights.safetensors").write_bytes(content)
    assert refused(folder).startswith(f"{folder / 'weights.safetensors'}: ")


def test_a_truncated_weights_file_is_named(folder: Path) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert refused(folder).startswith(f"{path}: ")
    (folder / "checksums.txt").unlink()  # as a model of an earlier version
    assert refused(folder).startswith(f"{path}: cannot be read as safetensors")


def test_a_pickle_in_the_place_of_weights_is_not_run(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    import pickle

    witness = tmp_path_factory.mktemp("pickle") / "ran"

    class Harm:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (witness,)

    (folder / "weights.safetensors").write_bytes(pickle.dumps(Harm()))
    refused(folder)
    assert not witness.exists()


def rewrite(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("filters = 4", "filters = 6"),
        ("n_bands = 24", "n_bands = 32"),
        ("n_fft = 1024", "n_fft = 2048"),
        ('cell = "gru"', 'cell = "lstm"'),
        ("fmin = 50.0", "fmin = 60.0"),
        ('activation = "relu"', 'activation = "elu"'),
        ("sample_rate = 24000", "sample_rate = 32000"),
    ],
)
def test_weights_of_another_recipe_are_refused(folder: Path, old: str, new: str) -> None:
    rewrite(folder, "recipe.toml", old, new)
    assert refused(folder).startswith(f"{folder / 'weights.safetensors'}: does not fit recipe.toml")


@pytest.mark.parametrize(
    ("stored", "asked"), [("mel", "constant-Q"), ("constant-Q", "mel"), ("linear bands", "linear")]
)
def test_weights_of_another_front_end_are_refused(tmp_path: Path, stored: str, asked: str) -> None:
    save_model(trained(recipe_of(frontend=FRONTS[stored])), tmp_path)
    (tmp_path / "recipe.toml").write_text(recipe_of(frontend=FRONTS[asked]).to_toml(), encoding="utf-8")
    assert refused(tmp_path).startswith(f"{tmp_path / 'weights.safetensors'}: does not fit recipe.toml")


def test_settings_of_training_may_change_in_a_trained_models_recipe(folder: Path) -> None:
    rewrite(folder, "recipe.toml", "epochs = 60", "epochs = 61")
    assert load_model(folder).recipe.training.epochs == 61


def rewrite_weights(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Put other tensors into a file of weights that still says which recipe it is for, and has no checksum."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file(tensors, path, metadata=metadata)
    path.with_name("checksums.txt").unlink(missing_ok=True)


def test_a_model_of_an_earlier_version_is_read(folder: Path) -> None:
    plain, path, text = load_model(folder), folder / "recipe.toml", (folder / "recipe.toml").read_text()
    path.write_text(text.replace("[training]", '[training]\naveraging = "ema"\nbackground = 0.5'), encoding="utf-8")
    tensors = load_file(folder / "weights.safetensors")
    save_file(tensors, folder / "weights.safetensors", metadata={RECIPE_KEY: path.read_text()})
    (folder / "checksums.txt").unlink()
    assert load_model(folder).recipe == find_recipe(str(folder)) == plain.recipe
    with pytest.raises(ConfigurationError, match=r"training\.averaging: 'ema' is not a key of this table"):
        find_recipe(str(path))
    path.write_text(text.replace("[training]", "[training]\nluck = 0.5"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"training\.luck: 0\.5 is not a key of this table"):
        load_model(folder)


@pytest.mark.parametrize("name", ["network.trunk.stages.0.convolution.weight", "scale.mean", "power.filters"])
def test_weights_that_lack_a_tensor_are_refused_with_its_name(folder: Path, name: str) -> None:
    path = folder / "weights.safetensors"
    tensors = load_file(path)
    del tensors[name]
    rewrite_weights(path, tensors)
    message = refused(folder)
    assert message.startswith(f"{path}: does not fit recipe.toml")
    assert name in message


def test_weights_with_a_tensor_too_many_are_refused(folder: Path) -> None:
    path = folder / "weights.safetensors"
    rewrite_weights(path, load_file(path) | {"network.more": torch.zeros(1)})
    assert "network.more" in refused(folder)


OPERATING_FAULTS = {
    "labels ['boobook'] are not those of recipe.toml: ['boobook', 'cicada']": '[[label]]\nname = "boobook"\n',
    "labels ['cicada', 'boobook'] are not those": '[[label]]\nname = "cicada"\n[[label]]\nname = "boobook"\n',
    "label.0.threshold: 2: must be at most 1": '[[label]]\nname = "boobook"\nthreshold = 2\n',
    "label.0.colour: 'red' is not a key": '[[label]]\nname = "boobook"\ncolour = "red"\n',
    "cannot be read: ": "[[label]\n",
}


@pytest.mark.parametrize("words", OPERATING_FAULTS)
def test_operating_points_that_do_not_fit_are_refused(folder: Path, words: str) -> None:
    path = folder / "operating.toml"
    path.write_text(OPERATING_FAULTS[words], encoding="utf-8")
    assert refused(folder).startswith(f"{path}: {words}")


def test_missing_operating_points_are_named(folder: Path) -> None:
    (folder / "operating.toml").unlink()
    assert refused(folder).startswith(f"{folder / 'operating.toml'}: cannot be read")


def test_loading_a_model_and_scoring_imports_no_librosa(folder: Path) -> None:
    program = (
        "import sys, torch; from pathlib import Path; from detector.model import load_model;"
        f"model = load_model(Path({str(folder)!r}));"
        "model.score(model.scale(model.power(torch.zeros(1, 25024)))[0][..., :50]);"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'librosa', 'numba', 'pandas', 'matplotlib'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_model_folder_is_text_and_safetensors(folder: Path) -> None:
    names = ["checksums.txt", "operating.toml", "recipe.toml", "weights.safetensors"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert re.match(rb".{8}\{\"", (folder / "weights.safetensors").read_bytes(), re.DOTALL)
