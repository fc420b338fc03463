"""The documents tell the truth: their commands run as written, their links lead somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from detector.cli import commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = [path for folder in ("docs", "experiments") for path in sorted((ROOT / folder).rglob("*.md"))]
DOCUMENTS = [ROOT / "README.md", *PAGES]


def blocks(text: str) -> list[str]:
    """List the indented blocks of a Markdown text."""
    found = re.findall(r"(?:^(?: {4}.*)?\n)+", text, flags=re.MULTILINE)
    return [re.sub(r"(?m)^ {4}", "", block).strip("\n") for block in found if block.strip()]


def lines_of(block: str) -> list[str]:
    """List the commands of a block, continued lines joined, comments left out."""
    joined = block.replace("\\\n", " ")
    return [line.split("  #")[0].strip() for line in joined.splitlines()]


def run_shell(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a block in a folder as a user would, up to the first command that fails; none does."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


def block_after(name: str, words: str) -> str:
    """Take the first block after some words of a document."""
    return blocks((ROOT / "docs" / name).read_text(encoding="utf-8").split(words)[1])[0]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_options_in_documents_exist() -> None:
    for path in DOCUMENTS:
        for block in blocks(path.read_text(encoding="utf-8")):
            for line in lines_of(block):
                words = line.split("|")[-1].split(">")[0].split()
                if words[:1] != ["detector"]:
                    continue
                command = commands.commands[words[1]]
                known = {name for parameter in command.params for name in parameter.opts}
                assert {word for word in words if re.match(r"--?[a-z]", word)} <= known, line


def test_make_targets_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:`| {4})make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert re.search(rf"(?m)^{target}:", makefile), target


def test_the_readme_and_the_documents_are_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 1_000
    pages = (ROOT / "docs").glob("*.md")
    assert sum(len(page.read_text(encoding="utf-8").split()) for page in pages) <= 14_500


def in_a_copy(tmp_path: Path, epochs: int) -> Path:
    """Give a folder with the example recordings, and with the recipe of the quick start made quick."""
    recipe = tmp_path / "examples" / "recipes" / "quick-start.toml"
    recipe.parent.mkdir(parents=True)
    text = (ROOT / "examples" / "recipes" / "quick-start.toml").read_text(encoding="utf-8")
    recipe.write_text(re.sub(r"(?m)^epochs = \d+$", f"epochs = {epochs}", text), encoding="utf-8")
    shutil.copytree(ROOT / "examples" / "recordings", tmp_path / "examples" / "recordings")
    return tmp_path


@pytest.mark.slow
def test_the_commands_of_the_readme_lead_from_annotations_to_detections_as_written(tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## From annotations to detections")[1]
    three_commands, run, pipeline = blocks(section.split("\n## ")[0])
    root = in_a_copy(tmp_path, epochs=2)
    run_shell(three_commands, root)
    assert (root / "work" / "detections.csv").read_text(encoding="utf-8").startswith("recording,channel,")
    assert len((root / "work" / "effort.csv").read_text(encoding="utf-8").splitlines()) == 8
    counts = [line.split()[0] for line in run_shell(pipeline, root).stdout.splitlines()]
    assert sum(map(int, counts)) > 50
    run_shell(run, root)
    assert len(list((root / "work" / "tables").iterdir())) == 7


@pytest.mark.slow
def test_a_threshold_is_reached_from_annotations_as_written(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = run_shell(block_after("tuning.md", "runs as printed, in a minute or two:"), tmp_path)
    assert re.search(r"\bcall\b.*\b577\b", done.stderr)  # the limit that the page states
    for name in ("found.csv", "sure.csv"):
        assert len((tmp_path / name).read_text(encoding="utf-8").splitlines()) > 50


@pytest.mark.slow
def test_detections_are_evaluated_as_written(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = run_shell(block_after("evaluation.md", "this runs as printed:"), tmp_path)
    assert done.stdout.startswith("7 recordings, 0.0214 h\n")
    assert len((tmp_path / "found.csv").read_text(encoding="utf-8").splitlines()) > 40


@pytest.mark.slow
def test_a_run_serves_other_commands_as_written(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    run_shell(block_after("runs.md", "can be stopped\n"), tmp_path)
    run_shell(block_after("runs.md", "in the place of tables:"), tmp_path)
    tables = [(tmp_path / name).read_text(encoding="utf-8").splitlines() for name in ("sure.csv", "tuned.csv")]
    assert all(len(lines) > 50 for lines in tables)


@pytest.mark.slow
def test_the_exercise_of_the_lecture_runs_as_written(tmp_path: Path) -> None:
    run_shell(block_after("lecture.md", "## Exercise"), in_a_copy(tmp_path, epochs=2))
    assert len((tmp_path / "effort.csv").read_text(encoding="utf-8").splitlines()) == 8
    assert (tmp_path / "detections.csv").read_text(encoding="utf-8").startswith("recording,channel,")


def test_every_script_of_the_lecture_has_its_place_and_its_picture_in_the_chapter() -> None:
    text = (ROOT / "docs" / "lecture.md").read_text(encoding="utf-8")
    scripts = {path.stem for path in (ROOT / "examples" / "lecture").glob("[01]*.py")}
    assert len(scripts) >= 11
    assert set(re.findall(r"\((?:\.\./examples/lecture)/([01]\w+)\.py\)", text)) == scripts
    assert set(re.findall(r"\(lecture/([\w-]+)\.png\)", text)) == {name.replace("_", "-") for name in scripts}


def test_evaluation_from_python_runs_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    exec(block_after("evaluation.md", "## In Python"), {})
    assert capsys.readouterr().out == (
        "Counts(hits=1, false_alarms=0, misses=0) Figure(value=1.0, low=None, high=None)\n"
    )


def test_parts_are_scanned_from_python_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    exec(block_after("scanning.md", "## In Python"), names)
    assert names["scores"][0][1].scores.shape[0] == 1  # one channel
    assert names["blocks"][-1].heard_s is not None
    assert names["scanned"].effort[0].status == "ok"
