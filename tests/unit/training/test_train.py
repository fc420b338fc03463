"""The use case: a folder of clips in, a model folder out; resumed to the bit; nothing lost by mistake."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from detector.clips import open_clips
from detector.errors import ConfigurationError, OutputError
from detector.model import load_model
from detector.model_folder import MODEL_FOLDER
from detector.recipe import Recipe
from detector.training.figures import TrainFigures
from detector.training.train import TrainSettings, train
from tests.made import Heard, recipe, write_clips

MADE = recipe("pcen", labels={"names": ["a", "b"]})


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    return write_clips(tmp_path / "clips", MADE)


def run(
    clips: Path, output: Path, made: Recipe | None = None, lines: list[str] | None = None, **settings: Any
) -> dict[str, TrainFigures] | None:
    return train(clips, output, made, TrainSettings(device="cpu", **settings), Heard(lines))


def weights(model: Path) -> dict[str, torch.Tensor]:
    return load_file(model / "weights.safetensors")


def log(model: Path) -> pd.DataFrame:
    return pd.read_csv(model / "training.csv").drop(columns="seconds")


def test_a_model_folder_comes_out_and_nothing_else_is_left(tmp_path: Path, clips: Path) -> None:
    found = run(clips, tmp_path / "model", licence="CC0")
    assert found is not None
    files = {"recipe.toml", "weights.safetensors", "checksums.txt", "operating.toml", "README.md", "training.csv"}
    files |= {"curves.png", "provenance.toml"}
    assert {path.name for path in (tmp_path / "model").iterdir()} == files
    assert MODEL_FOLDER.is_kind_of(tmp_path / "model")
    assert {path.name for path in tmp_path.iterdir()} == {"clips", "model"}
    assert list(log(tmp_path / "model")["epoch"]) == [1, 2, 3, 4]


def test_the_model_scores_clips_as_the_figures_say(tmp_path: Path, clips: Path) -> None:
    found = run(clips, tmp_path / "model", test=True)
    assert found is not None
    model, store = load_model(tmp_path / "model"), open_clips(clips)
    assert model.recipe == MADE
    chosen = store.in_split("validation")
    scaled, _ = model.scale(torch.from_numpy(store.power(chosen)), torch.from_numpy(store.state(chosen)))
    with torch.inference_mode():
        scores = model.score(scaled[:, :, store.margin : store.margin + MADE.window_frames])
    calls = store.index["labels"].to_numpy()[chosen]
    for n, point in enumerate(model.operating.label):
        threshold = found["validation"].threshold[point.name]
        assert point.threshold == pytest.approx(threshold, abs=1e-4)
        assert (point.typical_s, point.low_hz, point.high_hz) == (0.3, 100.0, 200.0)
        hits = int(((scores[:, n] >= threshold).numpy() & (calls == point.name)).sum())
        f1 = 2 * hits / (int((scores[:, n] >= threshold).sum()) + int((calls == point.name).sum()))
        assert f1 == pytest.approx(found["validation"].f1[point.name])
        assert found["test"].threshold[point.name] == point.threshold  # nothing is chosen on the split test
    assert model.operating.chosen_on == f"best F1 on {len(chosen)} windows of the split validation"


def test_the_card_tells_what_it_was_trained_on_its_figures_and_its_licence(tmp_path: Path, clips: Path) -> None:
    found = run(clips, tmp_path / "my-model", licence="CC BY 4.0", about="For *tests* only.", test=True)
    assert found is not None
    card = (tmp_path / "my-model" / "README.md").read_text()
    assert card.startswith("# my-model\n")
    assert "- licence of the weights: CC BY 4.0\n" in card
    assert "For *tests* only." in card
    assert "Finds `a`, `b` in recordings" in card
    assert "| train | 12 | 12 | 12 | 9 |" in card
    assert "Recordings come from: `made/`." in card
    assert MADE.fingerprint() in card
    for split in ("validation", "test"):
        for label, value in found[split].average_precision.items():
            figures = found[split]
            line = f"| {split} | {label} | {value:.4f} | {figures.f1[label]:.4f} | {figures.threshold[label]:.3f} |"
            assert line in card


def test_a_run_that_stops_and_goes_on_ends_at_the_same_weights_to_the_bit(tmp_path: Path, clips: Path) -> None:
    lines: list[str] = []
    run(clips, tmp_path / "whole")
    assert run(clips, tmp_path / "parts", lines=lines, epochs=2) is None
    assert lines[-1].startswith("stopped after 2 epochs")
    assert "`resume`" in lines[-1]
    assert not (tmp_path / "parts").exists()
    torch.rand(1000)  # the state of the global generator must not matter
    assert run(clips, tmp_path / "parts", lines=lines, resume=True) is not None
    assert "resumed after epoch 2" in lines
    assert not any("nothing to resume" in line for line in lines)
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    pd.testing.assert_frame_equal(log(tmp_path / "whole"), log(tmp_path / "parts"))
    assert (tmp_path / "whole/operating.toml").read_text() == (tmp_path / "parts/operating.toml").read_text()
    assert not (tmp_path / "parts.training").exists()


def test_a_run_is_a_function_of_its_seed(tmp_path: Path, clips: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        run(clips, tmp_path / name, seed=seed)
    one, same, other = (weights(tmp_path / name) for name in ("one", "same", "other"))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("change", ["seed", "recipe", "clips"])
def test_another_run_is_not_resumed(tmp_path: Path, clips: Path, change: str) -> None:
    run(clips, tmp_path / "model", epochs=1)
    made, seed = MADE, 0
    if change == "recipe":
        made = recipe("pcen", labels={"names": ["a", "b"]}, training={"weight_decay": 0.5})
    elif change == "seed":
        seed = 1
    else:
        index = pd.read_csv(clips / "clips.csv")
        index.assign(recording="other/" + index["recording"]).to_csv(clips / "clips.csv", index=False)
    with pytest.raises(OutputError, match=r"model\.training: belongs to another recipe, seed or set of clips"):
        run(clips, tmp_path / "model", made, seed=seed, resume=True)


def test_a_stopped_run_is_not_thrown_away_unasked(tmp_path: Path, clips: Path) -> None:
    run(clips, tmp_path / "model", epochs=1)
    with pytest.raises(OutputError, match=r"model\.training: .* stopped.* `resume`.* `force`"):
        run(clips, tmp_path / "model")
    lines: list[str] = []
    assert run(clips, tmp_path / "model", lines=lines, force=True) is not None
    assert lines[0].startswith("epoch   1/4")


def test_resume_without_a_stopped_run_begins_one(tmp_path: Path, clips: Path) -> None:
    lines: list[str] = []
    assert run(clips, tmp_path / "model", lines=lines, resume=True) is not None
    assert lines[0].startswith(f"nothing to resume in {tmp_path / 'model.training'}")
    assert sum("nothing to resume" in line for line in lines) == 1


def test_an_output_that_exists_is_refused_before_training(tmp_path: Path, clips: Path) -> None:
    (tmp_path / "model").mkdir()
    lines: list[str] = []
    with pytest.raises(OutputError, match="model: exists already"):
        run(clips, tmp_path / "model", lines=lines)
    assert not lines
    assert {path.name for path in tmp_path.iterdir()} == {"clips", "model"}
    assert run(clips, tmp_path / "model", force=True) is not None


def test_another_network_without_labels_takes_those_of_the_clips(tmp_path: Path, clips: Path) -> None:
    made = recipe("pcen", network={"dense": {"units": []}}, training={"epochs": 1, "jitter": 0.05})
    assert run(clips, tmp_path / "model", made) is not None
    assert load_model(tmp_path / "model").recipe == made.with_labels(("a", "b"))


def test_without_validation_the_user_and_the_card_are_told(tmp_path: Path, clips: Path) -> None:
    index = pd.read_csv(clips / "clips.csv")
    index["split"] = "train"
    index.to_csv(clips / "clips.csv", index=False)
    lines: list[str] = []
    assert run(clips, tmp_path / "model", lines=lines) is not None
    assert all(part in lines[0] for part in ("no clips in the split validation", "nan", "the last"))
    model = load_model(tmp_path / "model")
    assert [point.threshold for point in model.operating.label] == [0.5, 0.5]
    assert model.operating.chosen_on == "nothing"
    card = (tmp_path / "model" / "README.md").read_text()
    assert "were chosen on the split validation" not in card
    assert "0.5" in card


@pytest.mark.parametrize("dense", [{"per": "frame"}, {"output": "softmax"}, {"output": "softmax", "per": "frame"}])
def test_frames_and_exclusive_labels_are_trained_too(tmp_path: Path, dense: dict[str, str]) -> None:
    made = recipe(labels={"names": ["a", "b"]}, network={"dense": {"units": [8], **dense}}, training={"epochs": 2})
    found = run(write_clips(tmp_path / "c", made), tmp_path / "model")
    assert found is not None
    assert (found["validation"].accuracy is not None) == ("output" in dense)
    point = load_model(tmp_path / "model").operating.label[0]
    assert (point.depth, point.shortest_s) == ((0.2, 0.1) if "per" in dense else (0.5, 0.0))


def test_clips_without_onsets_train_a_model_with_them(tmp_path: Path) -> None:
    frames = {"dense": {"units": [8], "per": "frame"}}
    clips = write_clips(tmp_path / "c", recipe(labels={"names": ["a", "b"]}, network=frames))
    made = recipe(labels={"onsets": True}, network=frames, training={"epochs": 2})
    figures = run(clips, tmp_path / "model", made, test=True)
    assert figures is not None
    assert set(figures["validation"].average_precision) == {"a", "b"}
    model = load_model(tmp_path / "model")
    assert model.recipe.labels.outputs == ("a", "b", "a (onset)", "b (onset)")
    assert model.network.head.dense[-1].out_features == 4
    assert [point.onset_threshold for point in model.operating.label] == [0.7, 0.7]


@pytest.mark.parametrize("made", [recipe("mel", labels={"names": ["a"]}), recipe("waveform", labels={"names": ["a"]})])
def test_mixed_precision_trains(tmp_path: Path, made: Recipe) -> None:
    found = run(write_clips(tmp_path / "c", made), tmp_path / "model", precision="bfloat16", epochs=None)
    assert found is not None
    assert all(tensor.dtype != torch.bfloat16 for tensor in weights(tmp_path / "model").values())
    assert found["validation"].loss < 5


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"precision": "float16"}, r"^`precision`: float16: is not possible on a CPU"),
        ({"device": "cuda"}, r"^`device`: cuda: is not available on this machine"),
        ({"device": "mps"}, r"^`device`: mps: is not available on this machine"),
    ],
)
def test_what_the_machine_cannot_do_is_refused_and_a_stopped_run_kept(
    tmp_path: Path, clips: Path, settings: dict[str, Any], told: str
) -> None:
    if torch.accelerator.is_available():
        pytest.skip("this machine has more than a CPU")
    (tmp_path / "model.training").mkdir()
    with pytest.raises(ConfigurationError, match=told):
        train(clips, tmp_path / "model", None, TrainSettings(**({"device": "cpu"} | settings)))
    assert (tmp_path / "model.training").exists()


def test_a_run_killed_between_two_checkpoints_goes_on_from_the_one_before(tmp_path: Path, clips: Path) -> None:
    run(clips, tmp_path / "whole")
    run(clips, tmp_path / "model", epochs=2)
    work = tmp_path / "model.training"
    shutil.copytree(work / "state-2", work / "state-3")
    (work / "state-3" / "optimizer.bin").write_bytes(b"half of")
    (work / "progress.json.partial").write_text("{")
    (work / "best.partial").write_bytes(b"half of")
    run(clips, tmp_path / "model", resume=True)
    whole, model = weights(tmp_path / "whole"), weights(tmp_path / "model")
    assert all(torch.equal(whole[name], model[name]) for name in whole)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
@pytest.mark.parametrize("name", ["optimizer.bin", "model.safetensors"])
def test_a_broken_state_is_one_line_and_is_kept(tmp_path: Path, clips: Path, name: str, content: bytes) -> None:
    run(clips, tmp_path / "model", epochs=1)
    state = tmp_path / "model.training" / "state-1" / name
    state.write_bytes(content)
    with pytest.raises(OutputError, match=r"model\.training: cannot be resumed: ") as told:
        run(clips, tmp_path / "model", resume=True)
    assert "\n" not in str(told.value)
    assert state.read_bytes() == content


@pytest.mark.parametrize("resume", [False, True])
def test_a_file_in_the_way_of_the_state_is_named_before_training(tmp_path: Path, clips: Path, resume: bool) -> None:
    (tmp_path / "model.training").write_text("thesis")
    with pytest.raises(OutputError, match=r"model\.training: is not a folder"):
        run(clips, tmp_path / "model", resume=resume)
    assert (tmp_path / "model.training").read_text() == "thesis"
