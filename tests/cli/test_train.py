"""`detector train`: exit codes, what is kept, several processes, and from recordings to a model that works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from safetensors.torch import load_file
from sklearn.metrics import average_precision_score

from detector.cli import main
from detector.clips import open_clips
from detector.extraction.known import read_known
from detector.frontend.stream import PowerStream, ScaleStream
from detector.model import Model, load_model
from detector.training.fit import Trainer
from tests.made import recipe, write_clips, write_recipe, write_set
from tests.processes import fresh_process

__all__ = ["fresh_process"]

ROOT = Path(__file__).resolve().parent.parent.parent
MADE = recipe("pcen", labels={"names": ["a"]})


def run(*arguments: object) -> int:
    """Run the command line in this process; give its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["detector", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            main()
    return done.value.code if isinstance(done.value.code, int) else 0


@pytest.fixture
def given(tmp_path: Path) -> list[object]:
    """Write clips; give the arguments that train on them."""
    return ["train", write_clips(tmp_path / "clips", MADE), "-o", tmp_path / "model", "--device", "cpu"]


def test_a_line_an_epoch_and_the_figures_are_shown_and_data_stays_off_standard_output(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "about.toml").write_text("about = 'For tests.'\n[[data]]\nname = 'noise'\nlicence = 'CC BY 3.0'\n")
    assert run(*given, "--licence", "CC0", "--about", tmp_path / "about.toml") == 0
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert [line[:11] for line in lines[:4]] == [f"epoch   {n}/4" for n in (1, 2, 3, 4)]
    assert lines[4].startswith("validation a: average precision ")
    assert lines[5:] == [f"wrote {tmp_path}/model"]
    assert "only 4 calls" in lines[4]
    card = (tmp_path / "model" / "README.md").read_text()
    assert "licence of the weights: CC0" in card
    assert "For tests." in card
    assert "- noise, CC BY 3.0\n" in card


def test_figures_of_the_split_test_are_shown_only_if_they_are_asked_for(
    given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*given, "--test") == 0
    shown = [line for line in capsys.readouterr().err.splitlines() if line.startswith("test ")]
    assert len(shown) == 1
    assert "only 2 calls" in shown[0]


def test_the_points_of_frame_outputs_are_chosen_by_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, folder = write_set(tmp_path, ["low"], n=10, seconds=6.0)
    frames = recipe("pcen", network={"dense": {"units": [8], "per": "frame"}}, training={"epochs": 2})
    made = write_recipe(tmp_path / "my.toml", frames)
    clips = tmp_path / "clips"
    extract = ["extract", table, folder, "-r", made, "-o", clips, "--fully-annotated", "--fractions", "0.6,0.3,0.1"]
    assert run(*extract) == 0
    capsys.readouterr()
    assert run("train", clips, "-o", tmp_path / "model", "--device", "cpu") == 0
    n_calls = sum(len(source.calls) for source in read_known(clips) if source.split == "validation")
    assert any(f"{n_calls} calls in 3 recordings" in line for line in capsys.readouterr().err.splitlines())
    assert "F1 of events" in load_model(tmp_path / "model").operating.chosen_on


def test_figures_that_are_not_numbers_are_explained(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    index = tmp_path / "clips" / "clips.csv"
    lines = index.read_text().splitlines(keepends=True)
    kept = [line.replace(",validation,", ",train,") if ",call," in line else line for line in lines]
    index.write_text("".join(kept))
    assert run(*given) == 0
    told = capsys.readouterr().err.splitlines()
    assert sum("nan" in line and "no label" in line for line in told) == 1
    assert [line for line in told if line.startswith("validation") and "no call" in line]


def test_epochs_then_resume_ends_at_the_same_weights_to_the_bit(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*given, "--epochs", 2) == 0
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("stopped after 2 epochs")
    assert "--resume" in last
    assert not (tmp_path / "model").exists()
    assert run(*given, "--resume") == 0
    assert run(*given[:2], "-o", tmp_path / "whole", "--device", "cpu") == 0
    whole, model = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "model"))
    assert all(torch.equal(whole[name], model[name]) for name in whole)


def test_ctrl_c_is_exit_code_130_writes_no_model_and_keeps_what_can_go_on(
    tmp_path: Path, given: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    epoch = Trainer._epoch

    def interrupted(self: Trainer, number: int) -> object:
        if number == 3:
            signal.raise_signal(signal.SIGINT)
        return epoch(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_epoch", interrupted)
        assert run(*given) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "detector: interrupted"
    assert {path.name for path in tmp_path.iterdir()} == {"clips", "model.training"}
    assert run(*given) == 2
    assert "--resume" in capsys.readouterr().err
    assert run(*given, "--resume") == 0
    assert "resumed after epoch 2" in capsys.readouterr().err.splitlines()
    assert {path.name for path in tmp_path.iterdir()} == {"clips", "model"}


def test_an_existing_output_is_exit_code_2_before_training(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model").mkdir()
    assert run(*given) == 2
    assert capsys.readouterr().err == (
        f"detector: {tmp_path}/model: exists already; choose another name, or --force to replace it\n"
    )


def test_another_front_end_is_exit_code_2_and_both_values_are_named(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_recipe(tmp_path / "other.toml", recipe("pcen", window={"duration": 1.0}))
    assert run(*given, "-r", other) == 2
    told = (
        f"detector: {tmp_path}/clips: was made with another front end: window.duration = 0.5 in the clips, 1.0 in the"
    )
    assert capsys.readouterr().err.startswith(told)


def test_a_folder_that_holds_no_clips_is_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clips").mkdir()
    assert run("train", tmp_path / "clips", "-o", tmp_path / "model") == 2
    assert "has no clips.csv" in capsys.readouterr().err


def windows_of(model: Model, path: Path, starts: pd.Series) -> torch.Tensor:
    """Cut scaled windows (window, band, frame) out of a recording as a scan sees it."""
    samples = torch.from_numpy(soundfile.read(path, dtype="float32")[0])[None]
    stream, scale = PowerStream(model.power, 1, model.device), ScaleStream(model.scale)
    tiles = [scale.push(tile) for tile in (*stream.push(samples), *stream.flush())]
    frames, rate = torch.cat(tiles, dim=-1)[0], model.recipe.frame_rate
    first = [round(start * rate) for start in starts]
    return torch.stack([frames[:, n : n + model.recipe.window_frames] for n in first])


def test_from_recordings_to_a_model_that_tells_calls_from_background(tmp_path: Path) -> None:
    table, folder = write_set(tmp_path, ["low", "high"], n=12, seconds=6.0)
    made = write_recipe(tmp_path / "my.toml", recipe("pcen", training={"epochs": 6}))
    clips = tmp_path / "clips"
    extract = ["extract", table, folder, "-r", made, "-o", clips, "--fully-annotated", "--fractions", "0.6,0.2,0.2"]
    assert run(*extract) == 0
    assert run("train", clips, "-o", tmp_path / "model", "--device", "cpu") == 0
    model, index = load_model(tmp_path / "model"), open_clips(clips).index
    test = index[index["split"] == "test"]
    scores, truth = [], []
    for recording, rows in test.groupby("recording"):
        with torch.inference_mode():
            scores.append(model.score(windows_of(model, Path(recording), rows["start_s"])).numpy())
        truth += [[label in labels.split("|") for label in model.labels] for labels in rows["labels"]]
    assert test["recording"].nunique() == 2
    for n in range(len(model.labels)):
        assert average_precision_score(np.array(truth)[:, n], np.concatenate(scores)[:, n]) > 0.95


@pytest.mark.slow
def test_two_processes_train_one_model(tmp_path: Path, given: list[object]) -> None:
    """Early stopping must not part the processes, whose batch norms differ: patience is short."""
    made = recipe("pcen", labels={"names": ["a"]}, training={"epochs": 12, "patience": 2, "batch_size": 2})
    arguments = [*given, "-r", write_recipe(tmp_path / "short.toml", made)]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "detector"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [*launch, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"clips", "model", "short.toml"}
    assert done.stderr.count("wrote ") == 1
    assert done.stderr.count("epoch   1/12") == 1
    assert load_model(tmp_path / "model").labels == ("a",)


def test_the_clips_are_never_replaced_by_the_model_trained_on_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    (clips / "clips.csv").write_text("")
    assert run("train", clips, "-o", clips, "--force") == 2
    assert "is, or lies in, the folder of clips" in capsys.readouterr().err
    assert (clips / "clips.csv").exists()


def test_training_from_a_model_tells_what_it_takes_over_and_freezes(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*given) == 0
    capsys.readouterr()
    begun = [*given[:2], "-o", tmp_path / "new", "--device", "cpu", "--from", tmp_path / "model"]
    assert run(*begun, "--freeze", "all") == 0
    assert capsys.readouterr().err.splitlines()[:2] == ["from model: stage 1, dense 1, output", "frozen: stage 1"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--freeze", "1"], "--freeze: 1: needs --from"),
        (["--freeze", "most"], "'most' is neither a number of stages nor all"),
        (["--from", "no-such-model"], "no-such-model: neither a folder nor one of the shipped models"),
        (["--learning-curve", "0.5,x"], "'0.5,x'"),
        (["--learning-curve", "2.5"], "'2.5'"),
        (["--learning-curve", "nan"], "'nan'"),
        (["--learning-curve", "--epochs", "3"], "--epochs: 3: "),
    ],
)
def test_options_that_cannot_be_are_exit_code_2(
    tmp_path: Path, given: list[object], options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*given, *options) == 2
    assert told in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"clips"}


def test_a_learning_curve_is_data_on_standard_output_and_a_sentence_beside_it(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*given, "--learning-curve", "0.5") == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "annotated_calls,clips,average_precision,f1,seconds"
    assert out == (tmp_path / "model" / "learning-curve.csv").read_text()
    assert (
        "detector: 2 training runs are not enough to forecast what twice the 6 annotated calls would bring; from "
        in err
    )
