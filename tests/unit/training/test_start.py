"""Training that begins from a model: what is taken over is as good as there, what is frozen never moves."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from detector.errors import ConfigurationError, ModelError, OutputError
from detector.model import Model, load_model
from detector.provenance import read_provenance
from detector.recipe import Recipe
from detector.training.figures import TrainFigures
from detector.training.start import read_start
from detector.training.train import TrainSettings, train
from tests.made import STAGES, Heard, recipe, write_clips

TWO = [dict(STAGES[0]), {"filters": 6, "kernel": 3, "norm": "batch", "dropout": 0.2}]
LABELS = {"names": ["a", "b"]}
MADE = recipe("pcen", labels=LABELS, network={"stage": TWO})


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[str]]:
    """Train a model; give clips, its folder, and what was said."""
    folder, lines = tmp_path_factory.mktemp("base"), list[str]()
    clips = write_clips(folder / "clips", MADE)
    (folder / "model").mkdir()
    shutil.rmtree(folder / "model")
    found = train(clips, folder / "model", None, TrainSettings(device="cpu", licence="CC BY 4.0"), Heard(lines))
    assert found is not None
    lines.append(f"{found['validation'].mean_average_precision:.4f}")
    return clips, folder / "model", lines


def run(
    clips: Path, output: Path, model: Path, freeze: Any = 0, made: Recipe | None = None, **settings: Any
) -> tuple[dict[str, TrainFigures] | None, list[str]]:
    lines: list[str] = []
    start = read_start(str(model), freeze)
    return train(clips, output, made, TrainSettings(device="cpu", start=start, **settings), Heard(lines)), lines


def moved(one: Path, other: Path, within: str) -> set[bool]:
    """Tell of each tensor of some layers whether it differs between two models."""
    first, second = (load_file(folder / "weights.safetensors") for folder in (one, other))
    names = [name for name in first if name.startswith(within)]
    assert names
    return {not torch.equal(first[name], second[name]) for name in names}


def test_training_begins_at_the_figures_of_the_model_it_begins_from(
    tmp_path: Path, base: tuple[Path, Path, list[str]]
) -> None:
    clips, model, said = base
    _, lines = run(clips, tmp_path / "new", model)
    assert lines[0] == "from model: stage 1, stage 2, dense 1, output"
    assert lines[1] == f"before training: average precision {said[-1]} on the split validation"
    assert not any(line.startswith(("new weights", "frozen")) for line in lines)


@pytest.mark.parametrize(("freeze", "still"), [(1, ["0"]), (2, ["0", "1"]), ("all", ["0", "1"])])
def test_frozen_stages_are_the_same_to_the_bit_and_all_others_move(
    tmp_path: Path, base: tuple[Path, Path, list[str]], freeze: Any, still: list[str]
) -> None:
    clips, model, _ = base
    run(clips, tmp_path / "new", model, freeze)
    for stage in ("0", "1"):
        assert moved(model, tmp_path / "new", f"network.trunk.stages.{stage}.norm.running") == {stage not in still}
        assert moved(model, tmp_path / "new", f"network.trunk.stages.{stage}.conv") == {stage not in still}
    assert moved(model, tmp_path / "new", "network.head.dense.") == {True}
    assert moved(model, tmp_path / "new", "scale.") == {False}


def test_frozen_stages_drop_nothing_while_others_train(base: tuple[Path, Path, list[str]]) -> None:
    from detector.training.start import keep_frozen

    _, folder, _ = base
    model = Model(MADE)
    read_start(str(folder), 1).copy_into(model)
    keep_frozen(model.network.train())
    first, second = model.network.trunk.stages
    assert not any(module.training for module in first.modules())
    assert all(module.training for module in second.modules())
    assert model.network.head.training


@pytest.mark.parametrize("names", [("c",), ("b", "a")])
def test_other_labels_start_the_output_afresh_and_nothing_else(
    tmp_path: Path, base: tuple[Path, Path, list[str]], names: tuple[str, ...]
) -> None:
    other = recipe("pcen", labels={"names": names}, network={"stage": TWO})
    clips = write_clips(tmp_path / "clips", other)
    found, lines = run(clips, tmp_path / "new", base[1], epochs=None)
    assert found is not None
    assert lines[:2] == [
        "from model: stage 1, stage 2, dense 1",
        "new weights, because shape or meaning differs: output",
    ]
    assert not any(line.startswith("before training") for line in lines)
    assert load_model(tmp_path / "new").labels == names


def test_another_window_keeps_the_trunk_and_starts_the_dense_layers_afresh(
    tmp_path: Path, base: tuple[Path, Path, list[str]]
) -> None:
    clips = write_clips(tmp_path / "clips", recipe("pcen", labels=LABELS, window={"duration": 0.75}))
    _, lines = run(clips, tmp_path / "new", base[1], freeze="all")
    assert lines[:3] == [
        "from model: stage 1, stage 2",
        "new weights, because shape or meaning differs: dense 1, output",
        "frozen: stage 1, stage 2",
    ]
    assert load_model(tmp_path / "new").recipe.network == MADE.network  # the model's, not that of the clips


def test_a_deeper_network_takes_the_stages_that_it_shares(tmp_path: Path, base: tuple[Path, Path, list[str]]) -> None:
    deeper = recipe("pcen", network={"stage": [*TWO, {"filters": 8}]})
    _, lines = run(base[0], tmp_path / "new", base[1], freeze=2, made=deeper)
    assert lines[1] == "new weights, because shape or meaning differs: stage 3, dense 1, output"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"network": {"stage": [TWO[0] | {"kernel": 5}]}}, "network.stage.0.kernel = 3 in model, 5 in the recipe"),
        ({"network": {"stage": TWO, "padding": "same"}}, "network.padding = 'valid' in model, 'same' in the recipe"),
    ],
)
def test_another_first_stage_is_refused_and_named(
    tmp_path: Path, base: tuple[Path, Path, list[str]], changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"^`start`: model: has another first stage") as caught:
        run(base[0], tmp_path / "new", base[1], made=recipe("pcen", **changes))
    assert told in str(caught.value)


def test_another_front_end_is_refused_and_named(tmp_path: Path, base: tuple[Path, Path, list[str]]) -> None:
    clips = write_clips(tmp_path / "clips", recipe("mel", labels=LABELS))
    with pytest.raises(ConfigurationError, match=r"another front end: frontend\.scaling\.\w+ = .* in model, "):
        run(clips, tmp_path / "new", base[1])


def test_more_stages_than_are_taken_over_cannot_be_frozen(tmp_path: Path, base: tuple[Path, Path, list[str]]) -> None:
    with pytest.raises(ConfigurationError, match=r"^`freeze`: 3: .* 2 of 2 stages .* model"):
        run(base[0], tmp_path / "new", base[1], freeze=3)


@pytest.mark.parametrize(("freeze", "start"), [(1, True), (0, False)])
def test_a_run_from_another_model_or_freezing_another_number_is_not_resumed(
    tmp_path: Path, base: tuple[Path, Path, list[str]], freeze: int, start: bool
) -> None:
    clips, model, _ = base
    run(clips, tmp_path / "new", model, epochs=2)
    begun = read_start(str(model), freeze) if start else None
    with pytest.raises(OutputError, match="or another `start` or `freeze`"):
        train(clips, tmp_path / "new", None, TrainSettings(device="cpu", resume=True, start=begun))


def test_a_frozen_run_that_stops_and_goes_on_ends_at_the_same_weights_to_the_bit(
    tmp_path: Path, base: tuple[Path, Path, list[str]]
) -> None:
    clips, model, _ = base
    run(clips, tmp_path / "whole", model, 1)
    run(clips, tmp_path / "parts", model, 1, epochs=2)
    run(clips, tmp_path / "parts", model, 1, resume=True)
    assert moved(tmp_path / "whole", tmp_path / "parts", "") == {False}


def test_provenance_keeps_the_models_that_training_began_from_with_licence_and_data(
    tmp_path: Path, base: tuple[Path, Path, list[str]]
) -> None:
    clips, model, _ = base
    run(clips, tmp_path / "second", model, 1, licence="CC0")
    run(clips, tmp_path / "third", tmp_path / "second")
    training = read_provenance(tmp_path / "third").training
    assert training is not None
    second, first = training.origin
    assert (second.name, second.licence, second.frozen) == ("second", "CC0", 0)
    assert second.fingerprint == load_model(tmp_path / "second").fingerprint()
    assert (first.name, first.licence, first.recordings_from, first.frozen) == ("model", "CC BY 4.0", ("made/",), 1)


def test_licence_and_card_of_a_model_made_before_0_2_0_go_on_to_the_new_one(
    tmp_path: Path, base: tuple[Path, Path, list[str]]
) -> None:
    clips, model, _ = base
    shutil.copytree(model, tmp_path / "old")
    (tmp_path / "old" / "provenance.toml").unlink()
    card = "# old\n\n- licence of the weights: CC BY-SA 4.0\n\nOwls by a friend, CC BY-SA 4.0.\n"
    (tmp_path / "old" / "README.md").write_text(card, encoding="utf-8")
    run(clips, tmp_path / "new", tmp_path / "old")
    training = read_provenance(tmp_path / "new").training
    assert training is not None
    assert (training.origin[0].licence, training.origin[0].earlier_card) == ("CC BY-SA 4.0", card)
    assert "Owls by a friend, CC BY-SA 4.0." in (tmp_path / "new" / "README.md").read_text(encoding="utf-8")


def test_a_broken_provenance_is_told_before_training(tmp_path: Path, base: tuple[Path, Path, list[str]]) -> None:
    shutil.copytree(base[1], tmp_path / "old")
    (tmp_path / "old" / "provenance.toml").write_text("name = 1\nlicence = 'CC0'", encoding="utf-8")
    with pytest.raises(ModelError, match=r"old/provenance\.toml: name: 1: must be"):
        read_start(str(tmp_path / "old"), 0)


def test_the_card_names_the_model_its_fingerprint_licence_and_data(
    tmp_path: Path, base: tuple[Path, Path, list[str]]
) -> None:
    clips, model, _ = base
    run(clips, tmp_path / "new", model, 1)
    card = (tmp_path / "new" / "README.md").read_text()
    assert (
        f"- begun from the model `model`, {load_model(model).fingerprint()}; its licence: CC BY 4.0; "
        "it was trained on `made/`; frozen stages of the trunk: 1\n" in card
    )
