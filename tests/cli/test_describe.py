"""`detector describe` tells people and programs what a model is made of."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from detector.cli import commands
from detector.cli.describe import binary, hyphened, number, table
from detector.errors import ConfigurationError, OutputError
from detector.network import memory
from detector.network.description import describe_recipe
from detector.presets import find_folder, find_recipe, list_presets


def run(*arguments: str) -> str:
    done = CliRunner().invoke(commands, ["describe", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def cells(text: str, layer: str, table_number: int) -> list[str]:
    """Give the words of a layer's line in the first or second table."""
    lines = [line for line in text.splitlines() if line.split()[:1] == [layer]]
    return lines[table_number].split("  ")


@pytest.mark.parametrize("name", list_presets())
def test_every_shipped_recipe_is_described_in_lines_that_fit_a_wide_terminal(name: str) -> None:
    text = run(name)
    assert max(len(line) for line in text.splitlines()) <= 140
    assert text.isascii()
    description = describe_recipe(name, find_recipe(name))
    for row in description.layers:
        assert sum(line.split()[:1] == [row.layer] for line in text.splitlines()) == 2
        if row.parameters:
            assert f"{row.parameters:,}" in text
    assert f"{description.totals.parameters:,}" in text


def test_a_layers_line_states_shape_parameters_and_what_it_sees() -> None:
    text = run("small-cnn")
    first = " ".join(" ".join(cells(text, "stage.1", 0)).split())
    assert first == "stage.1 conv2d, batch norm, relu 3 x 3 1 x 1 64 x 28 x 71 18,624 36,642,816"
    second = " ".join(" ".join(cells(text, "stage.1", 1)).split())
    assert second == "stage.1 36,642,816 0.411 % 1,968 10 x 10 223 517-4,828 2 x 2 40 103-905"


def test_the_front_end_comes_first_in_both_tables() -> None:
    lines = run("cqt-cnn").splitlines()
    headings = [n for n, line in enumerate(lines) if line.startswith("layer  ")]
    assert [lines[n + 1].split()[0] for n in headings] == ["frontend", "frontend"]
    assert "144-2.36 ms" in lines[headings[0] + 1]


def test_the_lectures_dense_layer_is_described_though_it_cannot_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory_bytes", lambda: 8 * 2**30)
    text = " ".join(run("lecture").split())
    assert "3,904,577,000" in text
    assert "14.5 GiB of weights" in text
    assert "this machine has 8.0 GiB. Pool to a fixed grid before it (network.grid)" in text


def test_json_is_one_object_with_the_documented_keys() -> None:
    content: dict[str, Any] = json.loads(run("residual", "--json"))
    assert content == json.loads(json.dumps(asdict(describe_recipe("residual", find_recipe("residual")))))
    assert list(content) == [
        "model",
        "sample_rate_hz",
        "channel",
        "window_s",
        "labels",
        "outputs",
        "frontend",
        "layers",
        "trunk_sees",
        "trunk_every",
        "totals",
        "notes",
    ]
    help_text = " ".join(CliRunner().invoke(commands, ["describe", "--help"]).stdout.split())
    assert all(key in help_text for key in content)


def test_json_goes_into_a_file_beside_the_text(tmp_path: Path) -> None:
    path = tmp_path / "residual.json"
    assert run("--json", str(path), "residual") == run("residual")
    assert path.read_text() + "\n" == run("--json", "residual")
    with pytest.raises(OutputError, match="exists already"):
        run("residual", "--json", str(path))
    assert run("residual", "--json", str(path), "--force") == run("residual")


def test_a_recipe_is_not_replaced_by_its_description(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    shutil.copyfile(find_folder("lenet") / "recipe.toml", path)
    before = path.read_bytes()
    assert CliRunner().invoke(commands, ["describe", str(path), "--json", str(path), "--force"]).exit_code == 2
    assert path.read_bytes() == before


def test_a_recipe_is_described_by_name_by_folder_and_by_file() -> None:
    folder = find_folder("lenet")
    by_name = json.loads(run("lenet", "--json"))
    for other in (str(folder), str(folder / "recipe.toml")):
        assert json.loads(run(other, "--json")) == by_name | {"model": other}


def test_what_is_neither_a_model_nor_a_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="neither a folder nor one of the shipped models"):
        CliRunner().invoke(commands, ["describe", "nothing"], catch_exceptions=False)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        CliRunner().invoke(commands, ["describe", str(tmp_path)], catch_exceptions=False)


def test_describing_needs_no_torch() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from detector.cli import commands;"
        "done = CliRunner().invoke(commands, ['describe', 'lecture'], catch_exceptions=False);"
        "print(done.exit_code, sorted({'torch', 'numpy', 'librosa', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 []"


def test_columns_are_aligned_names_to_the_left_and_figures_to_the_right() -> None:
    lines = list(table((("", "layer"), ("of", "figures")), [["a", "1"], ["longer", "1,000"]], left=1))
    assert lines == ["             of", "layer   figures", "a             1", "longer    1,000"]


def test_figures_are_written_for_people() -> None:
    assert [number(value) for value in (1234567.0, 100.0, 99.96, 0.0625, None)] == [
        "1,234,567",
        "100",
        "100",
        "0.0625",
        "",
    ]
    assert [hyphened(ends) for ends in ((1.0, 1.0), (2.0, 3000.0), None)] == ["1", "2-3,000", ""]
    assert [binary(size) for size in (12, 2048, 3 * 2**20, 15 * 2**29)] == ["12 bytes", "2.0 KiB", "3.0 MiB", "7.5 GiB"]
