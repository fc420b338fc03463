"""What a person says of a model is taken as it is, and what is wrong in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.errors import ConfigurationError
from detector.provenance import About, DataSource, read_about


def test_markdown_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "about.md"
    path.write_text('For *owls*.\nabout = "not this"\n', encoding="utf-8")
    assert read_about(path) == About(about='For *owls*.\nabout = "not this"\n')


def test_toml_gives_text_and_data_with_their_licences(tmp_path: Path) -> None:
    path = tmp_path / "about.toml"
    path.write_text('about = "For owls."\n[[data]]\nname = "ESC-10"\nlicence = "CC BY 3.0"\n', encoding="utf-8")
    expected = About(about="For owls.", data=(DataSource(name="ESC-10", licence="CC BY 3.0"),))
    assert read_about(path) == expected
    marked = tmp_path / "MARKED.TOML"  # as Windows writes it, with a byte order mark
    marked.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_about(marked) == expected


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.toml", b"[[data]]\nlicence = 'MIT'", ("data.0.name", "is missing")),
        ("a.toml", b"[[data]]\nname = 3", ("data.0.name", "3", "a string")),
        ("a.toml", b"licence = 'MIT'", ("licence", "MIT", "is not a key")),
        ("a.toml", b"about = ", ("cannot be read",)),
        ("a.md", b"\xff", ("cannot be read",)),
        ("a.md", b" " * (2**20 + 1), ("cannot be read", "1,048,576")),
    ],
)
def test_a_fault_names_file_key_and_value(tmp_path: Path, name: str, content: bytes, words: tuple[str, ...]) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_about(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in (str(tmp_path / name), *words))
