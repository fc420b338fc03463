"""`detector benchmark` as its users call it, and the script that fills experiments/BENCHMARKS.md."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from detector.benchmark import products
from detector.benchmark.training import make_clips
from detector.cli import commands
from detector.errors import ConfigurationError, DetectorError
from detector.network.geometry import measure
from detector.recipe import read_recipe
from detector.training.targets import TargetMaker
from tests.made import recipe, sound, write_recipe, write_sound
from tests.processes import fresh_process

__all__ = ["fresh_process"]

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("engine", "presets", "training", "codings", "files", "memory", "starts")


@pytest.fixture(autouse=True)
def small_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "SIZES", {"cpu": (64,)})
    monkeypatch.setattr(products, "LEAST_S", 0.0)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(commands, ["benchmark", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return write_recipe(tmp_path / "made.toml", recipe())


def test_a_report_names_model_machine_stages_and_ratios(made: Path) -> None:
    done = run("-m", made, "--seconds", 3, "--workers", 1)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"{made}, with random weights"
    assert max(len(line) for line in lines[1:]) <= 140
    assert done.stdout.isascii()
    first = [line.split()[0] for line in lines if line.strip()]
    for word, times in {"shared": 5, "windows": 3, "decode": 1, "trunk": 1, "matrix": 1, "peak": 1, "cost": 1}.items():
        assert first.count(word) >= times, word


def test_json_is_one_object_with_the_documented_keys(made: Path) -> None:
    done = run("-m", made, "--seconds", 3, "--json")
    content: dict[str, Any] = json.loads(done.stdout)
    assert list(content) == [
        "model",
        "trained",
        "sample_rate_hz",
        "window_s",
        "precision",
        "workers",
        "machine",
        "sound",
        "matrix_products",
        "peak_bytes",
        "scans",
        "shared_over_windows",
        "finest_over_coarsest",
        "notes",
        "failed",
    ]
    help_text = " ".join(run("--help").stdout.split())
    assert all(key in help_text for key in content)


@pytest.mark.parametrize("train", [False, True])
def test_json_goes_into_a_file_beside_the_text(made: Path, tmp_path: Path, train: bool) -> None:
    path = tmp_path / "speed.json"
    what = ["--train"] if train else ["--seconds", 2, "--workers", 1]
    done = run("--json", path, "-m", made, *what)
    assert done.stdout.startswith(f"{made}, ")
    assert json.loads(path.read_text())["model"] == str(made)
    with pytest.raises(DetectorError, match="exists already"):
        run("-m", made, *what, "--json", path)


def test_a_recording_that_cannot_be_read_is_named_and_the_exit_code_is_one(made: Path, tmp_path: Path) -> None:
    write_sound(tmp_path / "in" / "good.wav", sound(2.0))
    (tmp_path / "in" / "bad.wav").write_bytes(b"no sound")
    done = run(tmp_path / "in", "-m", made, "--workers", 1, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["sound"] == {"recordings": 1, "seconds": 2.0, "made": False}
    assert re.fullmatch(r"detector: failed: .*bad\.wav: .*\n", done.stderr)


def test_the_plot_is_written_and_not_replaced_without_force(made: Path, tmp_path: Path) -> None:
    plot = tmp_path / "stages.png"
    assert run("-m", made, "--seconds", 2, "--workers", 1, "--plot", plot).exit_code == 0
    assert plot.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(DetectorError, match="exists already"):
        run("-m", made, "--plot", plot)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-m", "nothing"], "nothing: neither a folder nor one of the shipped models"),
        (["-m", "no.toml"], "no.toml: no such file"),
        (["no.wav"], "no recordings to scan: no.wav: no such file or folder"),
        (["--seconds", 5, ROOT / "examples" / "recordings"], "`seconds`: 5: is the length of made sound"),
        (["--precision", "tf32", "--device", "cpu"], "`precision`: tf32: is not available"),
        (["--plot", "a.xyz"], "`plot`: a.xyz: has the wrong ending"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(arguments: list[object], said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)) as error:
        run(*arguments)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2


@pytest.mark.parametrize("arguments", [["--seconds", "0"], ["--seconds", "nan"], ["--workers", "0"], ["--hop", "1"]])
def test_wrong_options_are_wrong_usage(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")


def page(folder: Path) -> Path:
    """Copy BENCHMARKS.md with nothing in its tables."""
    text = (ROOT / "experiments" / "BENCHMARKS.md").read_text(encoding="utf-8")
    emptied = re.sub(r"(<!-- (?!end)\S+ -->\n).*?(<!-- end -->)", r"\1\2", text, flags=re.DOTALL)
    path = folder / "BENCHMARKS.md"
    path.write_text(emptied, encoding="utf-8")
    return path


def tables(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    return dict(re.findall(r"<!-- (?!end)(\S+) -->\n(.*?)<!-- end -->", text, flags=re.DOTALL))


def test_the_page_has_a_place_for_every_table(tmp_path: Path) -> None:
    assert tables(page(tmp_path)) == dict.fromkeys(TABLES, "")


@pytest.mark.slow
def test_the_short_version_of_the_script_fills_the_page_and_goes_on_where_it_was(tmp_path: Path) -> None:
    path = page(tmp_path)
    command = [sys.executable, ROOT / "experiments" / "benchmarks.py", tmp_path / "work", "--short", "--page", path]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    filled = tables(path)
    assert list(filled) == list(TABLES)
    for content in filled.values():
        assert content.startswith("Measured on ")
        assert "| --- |" in content
    assert not list((tmp_path / "work").rglob("*.wav"))
    again = page(tmp_path)
    shutil.rmtree(tmp_path / "work" / "short" / "model")
    environment["PATH"] = ""  # everything is kept, so that no command is needed
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert tables(again) == filled


def test_training_is_measured_in_clips_a_second_and_against_matrix_products(made: Path) -> None:
    done = run("--train", "-m", made, "--precision", "float32", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == [
        "model",
        "precision",
        "batch_size",
        "machine",
        "matrix_products",
        "operations_per_clip",
        "clips_per_s",
        "spread",
        "of_matrix_products",
    ]
    assert found["of_matrix_products"] == pytest.approx(
        found["operations_per_clip"] * found["clips_per_s"] / found["matrix_products"]["mean"]
    )
    text = run("--train", "-m", made, "--precision", "float32").stdout.splitlines()
    assert text[0] == f"{made}, trained in float32 on batches of {found['batch_size']} made clips"
    assert [line.split()[0] for line in text[3:]] == ["clips", "a", "matrix", "of"]


def test_the_operations_of_training_are_those_of_its_products_forward_and_backward(made: Path) -> None:
    recipe_ = read_recipe(made)
    geometry = measure(recipe_.with_labels(("call",)))
    forward = 2 * sum(layer.multiply_adds for layer in geometry.layers)
    first = 2 * geometry.layers[0].multiply_adds
    found = json.loads(run("--train", "-m", made, "--json").stdout)  # in what training would compute in, auto
    assert found["precision"] in ("float32", "bfloat16")
    assert found["operations_per_clip"] == pytest.approx(3 * forward - first, rel=0.02)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--seconds", 3], "--seconds: is for scans"),
        (["--workers", 1], "--workers: is for scans"),
        (["--plot", "a.png"], "--plot: is for scans"),
        (["recordings"], "RECORDINGS: is for scans"),
        (["--precision", "tf32"], "allowed with --train: auto, float32, bfloat16, float16"),
    ],
)
def test_what_is_for_scans_is_refused_with_train(made: Path, arguments: list[object], told: str) -> None:
    done = run("--train", "-m", made, *arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_every_label_gets_a_made_clip_however_many_there_are(tmp_path: Path) -> None:
    names = [f"species {n}" for n in range(40)]
    made = recipe(labels={"names": names}, training={"batch_size": 2}, network={"dense": {"per": "frame"}})
    store = make_clips(tmp_path, made)
    assert set(store.index["labels"]) == {"", *names}
    assert (TargetMaker(store)(np.arange(len(store)), np.zeros(len(store))) == 1).any(axis=(0, 1)).all()
