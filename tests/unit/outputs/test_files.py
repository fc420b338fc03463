"""Files that are whole or not there, alone and together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from detector.errors import OutputError
from detector.outputs import check_output, new_file


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with new_file(path, force=False) as stream:
        stream.write("x\n")
        assert not path.exists()
    assert path.read_text() == "x\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyboardInterrupt, BrokenPipeError, ValueError])
def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path: Path, error: type[BaseException]) -> None:
    def begun() -> None:
        with new_file(tmp_path / "a.csv", force=False) as stream:
            stream.write("x\n")
            raise error

    with pytest.raises(error):
        begun()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_stays_as_it_is_without_force(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(OutputError, match=r"a\.csv: exists already.*--force"), new_file(path, force=False):
        pytest.fail("opened")
    with pytest.raises(ValueError), new_file(path, force=True):  # noqa: PT011
        raise ValueError
    assert path.read_text() == "old"
    with new_file(path, force=True) as stream:
        stream.write("new")
    assert path.read_text() == "new"


def test_a_file_that_appears_meanwhile_is_not_replaced_and_the_work_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"

    def overtaken() -> None:
        with new_file(path, force=False) as stream:
            stream.write("mine")
            path.write_text("theirs")

    with pytest.raises(OutputError, match="the results are in"):
        overtaken()
    assert path.read_text() == "theirs"
    (kept,) = (other for other in tmp_path.iterdir() if other != path)
    assert kept.read_text() == "mine"


def test_what_cannot_become_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="not an ordinary file"):
        check_output(Path(os.devnull), force=True)
    with pytest.raises(OutputError, match="there is no folder"):
        check_output(tmp_path / "none" / "a.csv", force=False)


def test_names_that_are_no_text_are_written_byte_for_byte(tmp_path: Path) -> None:
    with new_file(tmp_path / "a.csv", force=False) as stream:
        stream.write(os.fsdecode(b"\xe9.wav"))
    assert (tmp_path / "a.csv").read_bytes() == b"\xe9.wav"
