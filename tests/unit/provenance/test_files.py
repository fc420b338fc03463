"""provenance.toml is read as it was written, and what is wrong in it is named with file, key and value."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import text

from detector.errors import ModelError
from detector.model import Model, load_model, save_model
from detector.provenance import PROVENANCE_FILE, Provenance, provenance_files, read_provenance, write_provenance
from tests.made import recipe

MADE = recipe(labels={"names": ["owl", "frog"]})


def written(folder: Path, provenance: Provenance) -> Path:
    folder.mkdir(exist_ok=True)
    write_provenance(folder, provenance, MADE)
    return folder / PROVENANCE_FILE


def test_all_sections_are_read_as_they_were_written(tmp_path: Path, whole: Provenance) -> None:
    written(tmp_path, whole)
    assert read_provenance(tmp_path) == whole


@given(words=text())
def test_any_text_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, words: str) -> None:
    folder = tmp_path_factory.mktemp("model")
    words = words.replace("\r\n", "\n")  # TOML has one kind of line end
    made = Provenance(name="owl", licence="CC0", about=words, earlier_card=words)
    written(folder, made)
    assert read_provenance(folder) == made


def test_a_name_that_is_no_text_can_be_written(tmp_path: Path) -> None:
    written(tmp_path, Provenance(name="owl\udcff", licence="CC0"))
    assert read_provenance(tmp_path).name == "owl?"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seed = 7", "seed = -7", ("training.seed", "-7", "at least 0")),
        ("date = 2026-11-30", 'date = "soon"', ("training.date", "soon", "a date")),
        ('precision = "bfloat16"', 'precision = "int4"', ("training.precision", "int4", "float32")),
        ('licence = "CC BY 4.0"', "", ("licence", "is missing")),
        ('licence = "CC BY 4.0"', 'licence = "CC BY 4.0"\nauthor = "me"', ("author", "me", "is not a key")),
        ("kept = 1", "kept = 2", ("mining.kept", "2", "below 2")),
        ('target = "p=0.9"', 'target = "p=9"', ("target", "9")),
        ("accuracy = 0.75", "accuracy = nan", ("training.split.2.accuracy", "nan")),
        ("seed = 7", "seed = ", ("cannot be read", "line")),
    ],
)
def test_a_fault_is_one_line_that_names_file_key_and_value(
    tmp_path: Path, whole: Provenance, old: str, new: str, words: tuple[str, ...]
) -> None:
    path = written(tmp_path, whole)
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        read_provenance(tmp_path)
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in (str(path), *words))


def test_a_model_with_a_broken_provenance_still_loads(tmp_path: Path) -> None:
    save_model(Model(MADE), tmp_path)
    (tmp_path / PROVENANCE_FILE).write_bytes(b"\xff")
    assert load_model(tmp_path).labels == ("owl", "frog")


def test_what_is_as_usual_is_left_out_of_the_file() -> None:
    assert provenance_files(Provenance(name="owl", licence="CC0"), MADE)[PROVENANCE_FILE] == (
        'name = "owl"\nlicence = "CC0"\n'
    )
