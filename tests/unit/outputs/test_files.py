"""Files that are whole or not there, alone and together."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TextIO

import pytest

from detector.errors import OutputError
from detector.interruption import Terminated, ending_signals, uninterrupted
from detector.outputs import check_output, new_file, new_files, own_file


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
    with pytest.raises(OutputError, match=r"a\.csv: exists already.*`force`"), new_file(path, force=False):
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


def test_a_folder_that_appears_meanwhile_is_not_replaced_even_with_force(tmp_path: Path) -> None:
    def overtaken() -> None:
        with new_files([tmp_path / "a", tmp_path / "b"], force=True) as streams:
            write(streams, "mine")
            (tmp_path / "b").mkdir()

    with pytest.raises(OutputError, match="the results are in"):
        overtaken()
    assert (tmp_path / "b").is_dir()
    assert sorted(content(tmp_path).values()) == ["mine", "mine"]


def test_what_cannot_become_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="not a regular file"):
        check_output(Path(os.devnull), force=True)
    with pytest.raises(OutputError, match="there is no folder"):
        check_output(tmp_path / "none" / "a.csv", force=False)


def test_names_that_are_no_text_are_written_byte_for_byte(tmp_path: Path) -> None:
    with new_file(tmp_path / "a.csv", force=False) as stream:
        stream.write(os.fsdecode(b"\xe9.wav"))
    assert (tmp_path / "a.csv").read_bytes() == b"\xe9.wav"


def write(streams: list[TextIO], text: str) -> None:
    for stream in streams:
        stream.write(text)


def content(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_files_appear_together(tmp_path: Path) -> None:
    with new_files([tmp_path / "b", tmp_path / "a"], force=False) as (b, a):
        b.write("1")
        a.write("2")
        assert not {"a", "b"} & content(tmp_path).keys()
    assert content(tmp_path) == {"a": "2", "b": "1"}


@pytest.mark.parametrize("links", [True, False])
def test_where_one_file_cannot_have_its_name_the_others_are_as_before(
    tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    if not links:  # as on FAT
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    before = {"a": "old", "c": "old"}
    for name, text in before.items():
        (tmp_path / name).write_text(text)

    def write_while_another_removes_the_temporary() -> None:
        with new_files([tmp_path / name for name in "abc"], force=True) as streams:
            write(streams, "new")
            for path in tmp_path.glob(".c.*.part"):
                path.unlink()

    with pytest.raises(OutputError, match="c: cannot be written"):
        write_while_another_removes_the_temporary()
    assert content(tmp_path) == before


def test_files_that_exist_are_replaced_together_and_nothing_else_is_left(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text("old")
    with new_files([tmp_path / name for name in "abc"], force=True) as streams:
        write(streams, "new")
    assert content(tmp_path) == dict.fromkeys("abc", "new")


def test_files_and_their_folder_are_flushed_to_disk_before_and_after_they_get_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[int, set[str]]] = []

    def fsync(descriptor: int) -> None:
        flushed.append((os.fstat(descriptor).st_size, {"a", "b"} & content(tmp_path).keys()))

    monkeypatch.setattr(os, "fsync", fsync)
    with new_files([tmp_path / "a", tmp_path / "b"], force=False) as streams:
        write(streams, "x" * 7)
    size_of_folder = tmp_path.stat().st_size
    assert flushed == [(7, set()), (7, set()), (size_of_folder, {"a", "b"})]


def test_a_signal_does_not_come_between_the_names_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def interrupted(path: Path, target: Path) -> Path:
        signal.raise_signal(signal.SIGTERM)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with (
        pytest.raises(Terminated),
        ending_signals(print),
        new_files([tmp_path / "a", tmp_path / "b"], force=False) as two,
    ):
        write(two, "new")
    assert content(tmp_path) == {"a": "new", "b": "new"}


def test_a_signal_waits_until_a_block_is_done_and_then_arrives_once() -> None:
    done = []

    def work() -> None:
        with ending_signals(print), uninterrupted():
            with uninterrupted():
                signal.raise_signal(signal.SIGINT)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done
    with ending_signals(print), uninterrupted():
        pass


def test_a_file_that_is_being_written_is_refused_and_its_neighbours_are_not(tmp_path: Path) -> None:
    with new_file(tmp_path / "t.csv", force=False) as stream:
        stream.write("mine")
        with pytest.raises(OutputError, match=r"t\.csv: another process is writing it"):
            check_output(tmp_path / "t.csv", force=True)
        for name in ("t.csv.gz", "t", "csv", "t.csv.0123456789abcdef"):
            with new_file(tmp_path / name, force=False) as other:
                other.write("other")
    assert (tmp_path / "t.csv").read_text() == "mine"


def test_of_files_that_one_asks_for_none_is_begun_where_one_is_being_written(tmp_path: Path) -> None:
    with new_file(tmp_path / "b", force=False):
        with pytest.raises(OutputError), new_files([tmp_path / "a", tmp_path / "b"], force=False):
            pytest.fail("opened")
        assert [path.name.split(".")[1] for path in tmp_path.iterdir()] == ["b"]


def test_the_longest_name_that_a_file_can_have_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    with new_file(path, force=False), pytest.raises(OutputError, match="another process"):
        check_output(path, force=False)
    assert list(tmp_path.iterdir()) == [path]


def test_where_there_are_no_locks_files_are_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    left = tmp_path / ".a.0123456789abcdef.part"
    left.touch()
    with new_file(tmp_path / "a", force=True) as first, new_file(tmp_path / "a", force=True) as second:
        first.write("1")
        second.write("2")
    assert left.exists()  # nobody can tell whether its process lives
    assert (tmp_path / "a").exists()


def test_a_folder_that_another_program_locks_does_not_stop_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr("detector.outputs.claims.PATIENCE_S", 0.05)
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # as in: flock FOLDER detector scan ...
    with new_file(tmp_path / "a", force=False):
        pass
    os.close(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_of_its_own_folder_is_the_old_one_or_the_whole_new_one(tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    def write_and_raise() -> None:
        with own_file(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_and_raise()
    assert path.read_text() == "old"
    with own_file(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]
