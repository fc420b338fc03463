"""Whatever the files of a run hold, a command ends with one line, or with the tables of a scan."""

from __future__ import annotations

import io
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from detector.errors import DetectorError, OutputError
from detector.runs.detect import Changes, detect_runs
from detector.runs.folder import Run
from detector.runs.merge import merge_runs
from detector.runs.tables import run_tables
from detector.scanning.results import Outputs

from .conftest import Archive

KEYS = ("size", "modified_ns", "effort", "time", "remarks", "heard_s", "detections", "points", "data")
VALUES = (None, "text", -1, 1e300, [], [[]], {}, [1, 2], [["mix"]], {"pieces": []})


def detect(archive: Archive, name: str = "run") -> str:
    """Make detections from a run; return them as text."""
    stream = io.StringIO()
    detect_runs([archive.folder / name], Changes(), Outputs(), stream)
    return stream.getvalue()


def n_lines(archive: Archive) -> int:
    """Make detections from a run; count the lines of the error, and check that the program itself does not fail."""
    try:
        summary = detect_runs([archive.folder / "run"], Changes(), Outputs(), io.StringIO())
    except DetectorError as error:
        return len(str(error).splitlines())
    assert summary.bugs == []
    return 0


def rewrite(journal: Path, records: list[Any]) -> None:
    """Write a journal whose checksums are right."""
    texts = [json.dumps(record).encode() for record in records]
    journal.write_bytes(b"".join(b"%08x %b\n" % (zlib.crc32(text), text) for text in texts))


@pytest.fixture
def finished(archive: Archive) -> Archive:
    """Return an archive with a finished run."""
    archive.run("run")
    return archive


@pytest.mark.parametrize("key", KEYS)
def test_a_record_with_an_odd_value_is_one_line_or_harmless(finished: Archive, key: str) -> None:
    journal = finished.folder / "run" / "results.jsonl"
    records = Run(finished.folder / "run").store.records
    number = next(n for n, record in enumerate(records) if record.get("recording", "").endswith("1.wav"))
    for value in VALUES:
        odd = [*records]
        odd[number] = records[number] | {key: value}
        rewrite(journal, odd)
        assert n_lines(finished) <= 1
    rewrite(journal, [{k: v for k, v in record.items() if k != key} for record in records])
    assert n_lines(finished) <= 1


@pytest.mark.parametrize("line", ["null", "3", "[]", '"a"', "[" * 10_000, '{"data": [[1]]}', '{"data": 5}'])
def test_a_line_that_is_no_record_is_passed_over(finished: Archive, line: str) -> None:
    journal = finished.folder / "run" / "results.jsonl"
    expected = detect(finished)
    text = line.encode()
    journal.write_bytes(journal.read_bytes() + b"%08x %b\n" % (zlib.crc32(text), text))
    assert detect(finished) == expected
    tables = finished.tables("run")
    finished.run("run")
    assert finished.tables("run") == tables


@pytest.mark.parametrize("content", ["[]", "{}", '["a", "a"]', "[1]", "[" * 10_000, "no JSON", None])
def test_a_list_of_recordings_that_is_not_that_of_the_run_is_one_line(finished: Archive, content: str | None) -> None:
    path = finished.folder / "run" / "recordings.json"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DetectorError, match=r"recordings\.json"):
        detect(finished)


@pytest.mark.parametrize(
    "options",
    ['engine = "fast"', 'hop_s = "0"', 'hop_s = "nan"', 'hop_s = "a"', 'threshold = "7"', 'threshold = "nan"', "a = 1"],
)
def test_settings_that_no_scan_has_are_one_line(finished: Archive, options: str) -> None:
    path = finished.folder / "run" / "run.toml"
    key = options.partition(" ")[0]
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(key)]
    path.write_text("\n".join([*lines, options]), encoding="utf-8")
    with pytest.raises(DetectorError, match=key):
        detect(finished)


@pytest.mark.parametrize("table", ["detections.csv", "effort.csv"])
@pytest.mark.parametrize("content", ["", "recording,channel\n", None])
def test_a_table_that_is_not_that_of_the_run_is_refused_and_written_again(
    finished: Archive, table: str, content: str | None
) -> None:
    tables = finished.tables("run")
    path = finished.folder / "run" / table
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DetectorError, match="run: "):
        run_tables(finished.folder / "run")
    finished.run("run")
    assert finished.tables("run") == tables
    run_tables(finished.folder / "run")


def test_results_without_settings_are_not_taken_over(finished: Archive) -> None:
    (finished.folder / "run" / "run.toml").unlink()
    before = {path.name: path.read_bytes() for path in (finished.folder / "run").iterdir()}
    with pytest.raises(OutputError, match=r"run\.toml"):
        finished.run("run", threshold=0.9)
    assert {path.name: path.read_bytes() for path in (finished.folder / "run").iterdir()} == before


@pytest.mark.parametrize("name", ["recipe.toml", "detections.csv", "parts-list.txt"])
def test_files_of_a_user_are_never_replaced(archive: Archive, name: str) -> None:
    own = archive.folder / "run"
    own.mkdir()
    (own / name).write_text("precious", encoding="utf-8")
    with pytest.raises(OutputError, match="run: "):
        archive.run("run")
    archive.run("other")
    with pytest.raises(DetectorError):
        merge_runs([archive.folder / "other"], own, force=True)
    assert (own / name).read_text(encoding="utf-8") == "precious"


def test_parts_that_are_none_are_passed_over(archive: Archive) -> None:
    archive.run("run")
    expected = archive.tables("run")
    archive.run("again")
    rewrite(
        archive.folder / "again" / "parts-000001.jsonl", [{"a": 1}, {"recording": []}, {"recording": "x", "data": []}]
    )
    (archive.folder / "again" / "parts-000001.data").touch()
    (archive.recordings / "new.wav").write_bytes((archive.recordings / "f.wav").read_bytes())
    archive.run("again")
    assert archive.tables("again")["detections.csv"].startswith(expected["detections.csv"])


def test_a_zone_that_this_machine_does_not_know_keeps_its_offset(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from detector.scanning.setting import Setting

    archive.run("run", setting=Setting(workers=2, timezone=ZoneInfo("Africa/Nairobi")))
    expected = detect(archive)

    def unknown(key: str) -> ZoneInfo:
        raise ZoneInfoNotFoundError(key)

    monkeypatch.setattr("detector.runs.records.ZoneInfo", unknown)
    assert detect(archive) == expected


def test_a_name_that_is_too_long_is_one_line(archive: Archive) -> None:
    name = "n" * 300
    with pytest.raises(OutputError, match="n: "):
        archive.run(name)
