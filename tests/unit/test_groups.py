"""Groups of recordings: by file name, or with a slash in the pattern by the path below the folder that was given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import ConfigurationError
from detector.groups import name_groups, path_below

WORDS = st.text("ab1_-.", min_size=1, max_size=6).filter(lambda word: word.strip("."))
PATHS = st.lists(WORDS, min_size=1, max_size=4).map(lambda words: Path(*words))
RECORDINGS = st.lists(PATHS, min_size=1, max_size=6)


@given(RECORDINGS, PATHS, st.sampled_from(["^.", "^(.+?)_", "[ab]+$", "^(.+?_[0-9]+)_", "1"]))
def test_a_pattern_without_a_slash_finds_what_it_finds_in_the_file_name_whatever_the_folders(
    recordings: list[Path], root: Path, pattern: str
) -> None:
    placed = [root / recording for recording in recordings]
    expected = {path: match and match[match.re.groups] for path in placed for match in [re.search(pattern, path.name)]}
    if all(expected.values()):
        assert name_groups(placed, pattern, [root]) == expected
    else:
        with pytest.raises(ConfigurationError, match="finds nothing in the name"):
            name_groups(placed, pattern, [root])


@given(RECORDINGS, PATHS, PATHS)
def test_a_pattern_with_a_slash_groups_alike_wherever_the_folder_lies(
    recordings: list[Path], root: Path, other: Path
) -> None:
    def groups(at: Path) -> list[str]:
        named = name_groups([at / "x" / path for path in recordings], "^([^/]+)", [at / "x"])
        return [named[at / "x" / path] for path in recordings]

    assert groups(root) == groups(Path("/") / other) == groups(Path()) == [path.parts[0] for path in recordings]


def test_a_site_that_is_a_folder_is_found_below_each_folder_given_and_without_one_below_what_all_share() -> None:
    paths = [Path("in/site1/2020/a.wav"), Path("in/site2/a.wav"), Path("quiet/site1/b.wav")]
    assert list(name_groups(paths, "^([^/]+)/", [Path("in"), Path("quiet")]).values()) == ["site1", "site2", "site1"]
    assert list(name_groups(paths[:2], "^([^/]+)/").values()) == ["site1", "site2"]
    mixed = [Path("site1/a.wav"), Path("/site2/a.wav")]
    assert list(name_groups(mixed, "^([^/]+)/").values()) == ["site1", "site2"]


def test_a_file_that_was_given_itself_is_its_name() -> None:
    assert path_below(Path("in/site1/a.wav"), [Path("in/site1/a.wav")]) == "a.wav"
    assert path_below(Path("in/site1/a.wav"), [Path("elsewhere")]) == "a.wav"


@pytest.mark.parametrize("pattern", ["(", "^([^/]+)/x", "^nothing"])
def test_a_pattern_that_cannot_be_used_is_named_with_the_value(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(repr(pattern))):
        name_groups([Path("in/site1/a.wav")], pattern, [Path("in")])
