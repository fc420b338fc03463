"""Text files from anyone are read with bounds: what is too large, too deep or too long is a `ValueError`, at once."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detector.texts import NESTING, WORD, columns, many, parse_json, parse_toml, read_text

DEEP = {
    "lists": "a = " + "[" * 100_000 + "]" * 100_000,
    "inline tables": "a = " + "{a=" * 100_000 + "1" + "}" * 100_000,
    "parts of a key": "a." * 400_000 + "a = 1",
    "parts of a table's name": "[" + "a." * 400_000 + "a]",
    "behind a text with a quote at its end": 'a = ["""b"""", ' + "[" * 100_000,
    "behind a comment": "a = 1 # '\nb = " + "[" * 100_000,
    "behind an escaped quote": 'a = "\\""\nb = ' + "[" * 100_000,
}
LONG = {"decimal": "a = " + "9" * 10_000, "hexadecimal": "a = 0x" + "f" * 500_000, "float": "a = 0." + "1" * 10_000}


@pytest.mark.parametrize("text", [*DEEP.values(), *LONG.values()], ids=[*DEEP, *LONG])
def test_toml_that_is_too_deep_or_has_too_long_a_number_is_refused_before_it_is_parsed(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tomllib, "loads", lambda _text: pytest.fail("it was parsed"))
    with pytest.raises(ValueError, match=f"{NESTING}|{WORD}"):
        parse_toml(text)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"a": ' + "9" * 10_000 + "}"])
def test_json_that_is_too_deep_or_has_too_long_a_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"{NESTING}|{WORD}"):
        parse_json(text)


def test_quotes_that_never_end_take_no_time_to_speak_of() -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        parse_toml('\\"""\n' * 200_000)  # a text that begins at each of them would reach to the end


leaves = st.one_of(st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), st.text(max_size=30))
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner), max_leaves=9)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=9), values))
@example({"a": "[" * 200, "b": '"""' + "[" * 50, "c": "9" * 5000, "d": "'''{{{{", "#": "#" * 200 + "." * 200})
def test_what_is_within_the_bounds_is_parsed_as_ever(content: dict[str, Any]) -> None:
    import tomli_w

    text = tomli_w.dumps(content)
    assert parse_toml(text) == tomllib.loads(text)
    assert parse_json(json.dumps(content)) == json.loads(json.dumps(content))


def test_a_text_of_up_to_the_limit_is_read_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"12\r\n5\r")
    assert read_text(path, 6) == "12\n5\n"
    with pytest.raises(ValueError, match="6 bytes; at most 5"):
        read_text(path, 5)


def test_a_pipe_and_an_endless_device_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "zero"):
        with pytest.raises(ValueError, match="regular"):
            read_text(tmp_path / name, 100)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1000, "1,000 rows"), (1_000_001, "1,000,001 rows")]
)
def test_one_thing_is_in_the_singular_and_thousands_are_set_apart(count: int, text: str) -> None:
    assert many(count, "row") == text


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.lists(st.lists(st.text("ab1", min_size=1), min_size=n, max_size=n), min_size=1)
    )
)
def test_every_column_of_a_table_ends_or_begins_at_one_place(rows: list[list[str]]) -> None:
    lines = list(columns(rows))
    assert [line.split() for line in lines] == rows
    assert {len(line) for line in lines if len(rows[0]) > 1} <= {len(lines[0])}
    assert all(line[:2] == "  " and line[2] != " " for line in lines)
