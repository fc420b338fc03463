"""`detector recipe` prints what can be trained from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from detector.cli import commands
from detector.errors import ConfigurationError
from detector.presets import find_recipe, list_presets
from detector.recipe import parse_recipe


def run(*arguments: str) -> str:
    done = CliRunner().invoke(commands, ["recipe", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_without_a_name_the_shipped_recipes_are_listed() -> None:
    lines = run().splitlines()
    assert [line.split()[0] for line in lines] == list(list_presets())
    assert {line.split()[1] for line in lines} <= {"recipe", "trained"}
    assert all(line.endswith(".") and len(line.split()) > 6 for line in lines)
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("name", ["small-cnn", "lecture", "waveform"])
def test_a_shipped_recipe_is_printed_as_toml_that_reads_back_equal(name: str) -> None:
    assert parse_recipe(run(name), name) == find_recipe(name)


def test_a_file_is_checked_and_printed_with_every_default(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[network]\nstage = [{ filters = 7 }]\n", encoding="utf-8")
    printed = run(str(path))
    assert "filters = 7" in printed
    assert "sample_rate = 24000" in printed


def test_a_file_with_faults_is_refused_with_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[window]\nduration = 0\n[network]\nstage = [{ filters = 0 }]\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        CliRunner().invoke(commands, ["recipe", str(path)], catch_exceptions=False)
    assert str(caught.value).splitlines() == [
        f"{path}: window.duration: 0: must be above 0",
        f"{path}: network.stage.0.filters: 0: must be at least 1",
    ]


def test_the_schema_is_json() -> None:
    assert json.loads(run("--schema"))["title"] == "Recipe"
