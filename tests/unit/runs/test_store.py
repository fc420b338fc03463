"""A store holds every record that was appended whole, whatever happens to the process or the disk."""

from __future__ import annotations

import errno
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.errors import OutputError
from detector.runs import store as module
from detector.runs.journal import Extent
from detector.runs.store import DamagedError, Store

RECORDS = [({"n": 1}, b"abc"), ({"name": "\udcff ä\n"}, b""), ({"n": 3, "rows": [[1.5, None]]}, bytes(1000))]


def contents(store: Store) -> list[tuple[dict[str, object], bytes]]:
    """Read all records, each with its data."""
    return [
        (
            {key: value for key, value in record.items() if key != "data"},
            b"".join(store.read(Extent(*extent)) for extent in record.get("data", ())),
        )
        for record in store.records
    ]


def write(folder: Path) -> list[tuple[int, int]]:
    """Write a store; return the sizes of both files after each record."""
    sizes = [(0, 0)]
    with Store(folder, "a") as store:
        for record, data in RECORDS:
            store.append(record, data)
            sizes.append(((folder / "a.jsonl").stat().st_size, (folder / "a.data").stat().st_size))
    return sizes


def test_records_are_read_back_at_once_and_later(tmp_path: Path) -> None:
    with Store(tmp_path, "a") as store:
        for record, data in RECORDS:
            store.append(record, data)
        assert contents(store) == RECORDS
    with Store(tmp_path, "a") as store:
        assert contents(store) == RECORDS
        store.append({"more": True}, b"x")
        assert contents(store) == [*RECORDS, ({"more": True}, b"x")]


@pytest.mark.parametrize("loses_data", [False, True], ids=["killed", "power failure"])
def test_a_journal_cut_at_any_byte_holds_the_records_before_and_goes_on(tmp_path: Path, loses_data: bool) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    sizes = write(whole)
    journal = (whole / "a.jsonl").read_bytes()
    data = (whole / "a.data").read_bytes()
    for cut in range(len(journal)):
        folder = tmp_path / str(cut)
        folder.mkdir()
        n_whole = sum(size <= cut for size, _ in sizes[1:])
        (folder / "a.jsonl").write_bytes(journal[:cut])
        (folder / "a.data").write_bytes(data[: sizes[n_whole][1]] if loses_data else data)
        with Store(folder, "a") as store:
            assert contents(store) == RECORDS[:n_whole]
            store.append({"next": 1}, b"y")
        with Store(folder, "a") as store:
            assert contents(store) == [*RECORDS[:n_whole], ({"next": 1}, b"y")]
        shutil.rmtree(folder)


@pytest.mark.parametrize(("size", "n_kept"), [(0, 0), (2, 0), (500, 2)])
def test_records_whose_data_are_lost_are_dropped_for_good(tmp_path: Path, size: int, n_kept: int) -> None:
    write(tmp_path)
    data = (tmp_path / "a.data").read_bytes()
    (tmp_path / "a.data").write_bytes(data[:size])
    expected = RECORDS[:n_kept]
    for _ in range(2):
        with Store(tmp_path, "a") as store:
            assert contents(store) == expected
            store.append({"new": 1}, bytes(2000))
            expected = [*expected, ({"new": 1}, bytes(2000))]


def test_data_that_were_not_flushed_are_checked_when_the_store_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path, "a") as store:
        store.append({"n": 1}, b"flushed")
        store.flush()
        store.append({"n": 2}, b"not flushed")
        monkeypatch.setattr(store, "flush", lambda: None)
    data = bytearray((tmp_path / "a.data").read_bytes())
    data[-1] ^= 1
    (tmp_path / "a.data").write_bytes(data)
    with Store(tmp_path, "a") as store:
        assert contents(store) == [({"n": 1}, b"flushed")]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10**6), bit=st.integers(0, 7), journal=st.booleans())
def test_a_flipped_bit_costs_one_record_and_never_gives_something_else(
    tmp_path: Path, at: int, bit: int, journal: bool
) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    write(tmp_path)
    path = tmp_path / ("a.jsonl" if journal else "a.data")
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1 << bit
    path.write_bytes(content)
    readable = []
    with Store(tmp_path, "a") as store:
        for record in store.records:
            try:
                data = b"".join(store.read(Extent(*extent)) for extent in record.get("data", ()))
            except DamagedError:
                continue
            readable.append(({key: value for key, value in record.items() if key != "data"}, data))
    assert [record for record in RECORDS if record in readable] == readable
    assert len(readable) >= len(RECORDS) - 2  # a flipped line end damages two lines


def test_a_reader_sees_what_a_writer_has_appended_so_far(tmp_path: Path) -> None:
    with Store(tmp_path, "a") as writer:
        writer.append(*RECORDS[0])
        (tmp_path / "a.jsonl").open("ab").write(b"12345678 {cut o")
        with Store(tmp_path, "a", writable=False) as reader:
            assert contents(reader) == RECORDS[:1]
        assert (tmp_path / "a.jsonl").read_bytes().endswith(b"{cut o")


def test_threads_append_records_that_stay_whole(tmp_path: Path) -> None:
    with Store(tmp_path, "a") as store, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.append({"n": n}, bytes([n % 256]) * n), range(300)))
    with Store(tmp_path, "a") as store:
        assert sorted((record["n"], data) for record, data in contents(store)) == [
            (n, bytes([n % 256]) * n) for n in range(300)
        ]


def test_a_full_disk_is_an_error_and_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path, "a") as store:
        store.append(*RECORDS[0])

        class Full:
            """A file on a disk with room for seven more bytes."""

            def __init__(self, file: object) -> None:
                self.__dict__["file"] = file

            def __getattr__(self, name: str) -> object:
                return getattr(self.__dict__["file"], name)

            def write(self, content: memoryview) -> int:
                if len(content) <= 7:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return self.__dict__["file"].write(content[:7])

        for name in ("_data", "_journal"):
            with monkeypatch.context() as patch:
                patch.setattr(store, name, Full(getattr(store, name)))
                with pytest.raises(OutputError, match=r"a\.(data|jsonl): cannot be written: No space left"):
                    store.append(*RECORDS[2])
        store.append(*RECORDS[1])
        assert contents(store) == RECORDS[:2]
    with Store(tmp_path, "a") as store:
        assert contents(store) == RECORDS[:2]


def test_a_store_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"none/a\.jsonl: cannot be opened"):
        Store(tmp_path / "none", "a")


def test_records_are_flushed_to_disk_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(module.os, "fsync", synced.append)
    with Store(tmp_path, "a") as store:
        for record, data in RECORDS:
            store.append(record, data)
        assert synced == []
        monkeypatch.setattr(module, "FLUSH_S", 0.0)
        store.append({"n": 4})
        assert len(synced) == 2
