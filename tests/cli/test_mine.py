"""`detector mine`: exit codes, the table of rounds, and what is told where recordings are gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.errors import ConfigurationError
from detector.extraction.known import read_known
from detector.mining.mine import MinePlan
from detector.mining.scans import MineMaterial
from detector.training.figures import TrainFigures
from detector.tuning.validation import choose_on_validation
from tests.cli.test_train import run
from tests.processes import fresh_process
from tests.unit.mining.conftest import write_clips_of_recordings

__all__ = ["fresh_process"]


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Extract clips and train a model; give the arguments that mine one round with it, which is judged to help."""
    clips, told = write_clips_of_recordings(tmp_path), [0.4, 0.5]
    assert run("train", clips, "-o", tmp_path / "model", "--device", "cpu") == 0

    def judge(self: MineMaterial, model: object) -> TrainFigures:
        return TrainFigures(0.0, {"low": told[0]}, {"low": told.pop(0)}, {"low": 0.5}, None, 9)

    monkeypatch.setattr(MineMaterial, "judge", judge)
    options = ["--rounds", 1, "--per-round", 4, "--device", "cpu"]
    return ["mine", clips, "-m", tmp_path / "model", "-o", tmp_path / "new", *options]


def test_the_rounds_are_shown_and_data_stays_off_standard_output(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(*given, "--keep-clips", tmp_path / "kept", "--licence", "CC0") == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-5:-1] == [
        "| round | clips added | of recordings | average precision | F1 |",
        "|---|---|---|---|---|",
        "| 0 | 0 | 0 | 0.4000 | 0.4000 |",
        next(line for line in err.splitlines() if line.startswith("| 1 (kept) | 4 | ")),
    ]
    assert err.splitlines()[-1] == f"wrote {tmp_path}/new"
    assert "licence of the weights: CC0" in (tmp_path / "new" / "README.md").read_text()
    assert run("train", tmp_path / "kept", "-o", tmp_path / "again", "--device", "cpu") == 0


def test_a_recording_that_is_gone_is_exit_code_1_and_one_line(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    gone = next(source.path for source in read_known(tmp_path / "clips") if source.split == "train")
    gone.unlink()
    assert run(*given) == 1
    assert sum(str(gone) in line for line in capsys.readouterr().err.splitlines()) == 1
    assert (tmp_path / "new" / "weights.safetensors").exists()


def test_clips_without_annotations_are_exit_code_2_and_one_line(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clips" / "annotations.csv").unlink()
    capsys.readouterr()
    assert run(*given) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"detector: {tmp_path}/clips: has no recordings.csv and annotations.csv")


def test_each_round_chooses_points_as_training_does(given: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[MinePlan] = []

    def stop(_clips: Path, _model: str, _output: Path, plan: MinePlan, _progress: object) -> None:
        plans.append(plan)
        raise ConfigurationError("seen")

    monkeypatch.setattr("detector.mining.mine.mine", stop)
    assert run(*given) == 2
    assert [plan.training.choose for plan in plans] == [choose_on_validation]
