"""What training computes in: what was asked for, or else what is faster here, and then to the end of the run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from detector.training import precision
from detector.training.precision import PrecisionName, has_bfloat16, settle, try_bfloat16
from detector.training.train import TrainSettings, train
from tests.made import Heard, recipe, write_clips

MADE = recipe(labels={"names": ["a"]})
CPU = torch.device("cpu")


def never(*_given: object) -> str:
    raise AssertionError("no trial is wanted here")


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every training for a long one, and bfloat16 for the faster precision."""
    monkeypatch.setattr(precision, "SHORT", 0)
    monkeypatch.setattr(precision, "try_bfloat16", lambda *_given: "bfloat16")


def trained(clips: Path, output: Path, lines: list[str] | None = None, **settings: Any) -> Path:
    train(clips, output, None, TrainSettings(device="cpu", **settings), Heard(lines))
    return output


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_what_was_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch, name: PrecisionName) -> None:
    monkeypatch.setattr(precision, "try_bfloat16", never)
    assert settle(name, MADE, "cpu", 10**9, None) == name


def test_a_short_training_depends_on_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "try_bfloat16", never)
    assert settle("auto", MADE, "cpu", 100, None) == "float32"


@pytest.mark.usefixtures("long")
def test_a_long_training_takes_what_is_faster() -> None:
    assert settle("auto", MADE, "cpu", 100, None) == "bfloat16"


@pytest.mark.parametrize(("seconds", "chosen"), [(0.80, "bfloat16"), (0.84, "float32"), (1.5, "float32")])
def test_bfloat16_must_be_worth_it(monkeypatch: pytest.MonkeyPatch, seconds: float, chosen: str) -> None:
    taken = {"float32": iter([9.0, 1.4, 1.0, 1.2]), "bfloat16": iter([0.1, 9.0, seconds, 9.0])}
    monkeypatch.setattr(precision, "has_bfloat16", lambda _device: True)
    monkeypatch.setattr(precision, "_step", lambda _network, _inputs, name: next(taken[name]))
    assert try_bfloat16(MADE, CPU) == chosen


def test_without_instructions_for_it_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda _device: False)
    monkeypatch.setattr(precision, "_step", never)
    assert try_bfloat16(MADE, CPU) == "float32"


@pytest.mark.parametrize("kind", ["mel", "waveform"])
def test_a_trial_is_a_step_of_training_in_both(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    step, seen = precision._step, []

    def watched(network: Any, inputs: torch.Tensor, name: Any) -> float:
        handle = network.head.register_forward_hook(lambda _head, _inputs, logits: seen.append((name, logits.dtype)))
        seconds = step(network, inputs, name)
        handle.remove()
        assert all(parameter.grad is None for parameter in network.parameters())
        return seconds

    monkeypatch.setattr(precision, "has_bfloat16", lambda _device: True)
    monkeypatch.setattr(precision, "_step", watched)
    assert try_bfloat16(recipe(kind, labels={"names": ["a"]}), CPU) in ("float32", "bfloat16")
    assert set(seen) == {("float32", torch.float32), ("bfloat16", torch.bfloat16)}


def test_no_device_but_processors_and_cards_is_tried() -> None:
    assert not has_bfloat16(torch.device("mps"))


@pytest.mark.usefixtures("long")
def test_a_run_tells_what_it_computes_in(tmp_path: Path) -> None:
    lines: list[str] = []
    model = trained(write_clips(tmp_path / "clips", MADE), tmp_path / "model", lines)
    assert lines[0] == "training in bfloat16, which is faster here than float32 (`precision`)"
    assert " in bfloat16\n" in (model / "README.md").read_text(encoding="utf-8")


def test_a_run_that_goes_on_computes_in_what_it_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = write_clips(tmp_path / "clips", MADE)
    whole = trained(clips, tmp_path / "whole", precision="bfloat16")
    trained(clips, tmp_path / "model", precision="bfloat16", epochs=2)
    monkeypatch.setattr(precision, "try_bfloat16", never)
    model = trained(clips, tmp_path / "model", precision="auto", resume=True)
    a, b = load_file(whole / "weights.safetensors"), load_file(model / "weights.safetensors")
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert " in bfloat16\n" in (model / "README.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize(
    ("content", "chosen"),
    [
        ({"precision": "float32"}, "float32"),
        ({}, "float32"),  # of a detector that knew no other
        ({"precision": "int4"}, "bfloat16"),
        ([], "bfloat16"),
    ],
)
def test_a_state_that_does_not_tell_is_as_none(tmp_path: Path, content: object, chosen: str) -> None:
    (tmp_path / "part-10").mkdir()
    (tmp_path / "progress.json").write_text("{", encoding="utf-8")
    (tmp_path / "part-10" / "progress.json").write_text(json.dumps(content), encoding="utf-8")
    assert settle("auto", MADE, "cpu", 100, tmp_path) == chosen
