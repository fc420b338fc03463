"""Where detections go: the format by the ending, files, folders, streams."""

from __future__ import annotations

import gc
import io
from pathlib import Path

import pytest

from detector.cli.table_format import READABLE, WRITABLE
from detector.errors import ConfigurationError, OutputError, ParameterError
from detector.events import Event
from detector.tables import FORMATS, Detection, WriteOptions
from detector.tables.destination import Destination
from detector.tables.origin import Searched

ROWS = [Detection("x/a.wav", "0", Event(1, 2, "owl")), Detection("y/a.wav", "0", Event(3, 4, "owl"))]


def test_the_command_line_names_every_format() -> None:
    assert set(READABLE) == set(FORMATS)
    assert set(WRITABLE) == {name for name, known in FORMATS.items() if known.writing}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", "csv"),
        ("a.JSONL", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.parquet", "parquet"),
        ("a.xml", "tethys"),
        ("a.Table.1.selections.txt", "raven"),
        ("a.txt", "csv"),
        ("a.tsv", "csv"),
        ("a", "csv"),
        (None, "csv"),
    ],
)
def test_an_ending_of_one_format_chooses_it_and_all_others_are_csv(name: str | None, expected: str) -> None:
    path = None if name is None else Path(name)
    assert Destination.named(path) == Destination(path, expected)
    assert Destination.named(path, "biodcase").format == "biodcase"


def test_only_formats_that_can_have_a_file_for_each_recording_make_a_folder(tmp_path: Path) -> None:
    (tmp_path / "tables.d").mkdir()
    assert Destination(tmp_path / "tables.d", "raven").is_folder
    assert Destination(tmp_path / "tables", "raven").is_folder
    assert not Destination(tmp_path / "all.txt", "raven").is_folder
    assert Destination(tmp_path / "all.txt", "audacity").is_folder
    assert not Destination(tmp_path / "tables", "csv").is_folder
    assert not Destination(None, "raven").is_folder


def test_a_format_of_one_recording_needs_a_folder_and_one_that_is_only_read_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"audacity: .*folder"):
        Destination(None, "audacity")
    with pytest.raises(ParameterError, match="textgrid"):
        Destination(None, "textgrid")


def write(destination: Destination, *, force: bool = False) -> None:
    destination.check(force=force)
    with destination.opened(io.StringIO(), WriteOptions(leave_out=True), force=force) as table:
        for row in ROWS:
            table.add([row])
            table.cover(Searched(row.recording, 10.0))
        table.cover(Searched("z/quiet.wav", 10.0))


@pytest.mark.parametrize(("name", "ending"), [("raven", ".Table.1.selections.txt"), ("audacity", ".txt")])
def test_a_folder_has_a_table_for_each_searched_recording_even_without_detections(
    tmp_path: Path, name: str, ending: str
) -> None:
    write(Destination(tmp_path / "tables", name))
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {
        f"{stem}{ending}" for stem in ("a", "a-2", "quiet")
    }


def test_a_recording_with_a_very_long_name_has_its_table_too(tmp_path: Path) -> None:
    recording = "é" * 125 + ".wav"
    with Destination(tmp_path / "tables", "raven").opened(io.StringIO(), force=False) as table:
        table.add([Detection(recording, "0", Event(1, 2, "owl"))])
    (path,) = (tmp_path / "tables").iterdir()
    assert path.name.startswith("é" * 110)
    assert recording in path.read_text(encoding="utf-8")


def test_a_folder_is_replaced_only_with_force_and_only_if_it_holds_nothing_else(tmp_path: Path) -> None:
    destination = Destination(tmp_path / "tables", "raven")
    write(destination)
    with pytest.raises(OutputError, match="exists already"):
        destination.check(force=False)
    write(destination, force=True)
    (tmp_path / "tables" / "notes.md").touch()
    with pytest.raises(OutputError, match="holds other files"):
        destination.check(force=True)


def test_begin_time_runs_on_over_the_recordings_and_file_offset_does_not(tmp_path: Path) -> None:
    write(Destination(tmp_path / "all.txt", "raven"))
    header, *lines = [line.split("\t") for line in (tmp_path / "all.txt").read_text().splitlines()]
    rows = [dict(zip(header, line)) for line in lines]
    assert [row["Selection"] for row in rows] == ["1", "2"]
    assert [float(row["Begin Time (s)"]) for row in rows] == [1, 13]
    assert [float(row["End Time (s)"]) for row in rows] == [2, 14]
    assert [float(row["File Offset (s)"]) for row in rows] == [1, 3]


def fail(destination: Destination, stream: io.TextIOWrapper) -> None:
    with destination.opened(stream, force=False) as table:
        table.add([Detection("a.wav", "0", Event(1, 2, "owl"), "2021-03-15T14:22:34.500+00:00")])
        raise RuntimeError


@pytest.mark.parametrize(("name", "end"), [("parquet", b"PAR1"), ("tethys", b"</Detections>")])
def test_a_failure_leaves_no_file_and_a_stream_no_end_of_a_table(tmp_path: Path, name: str, end: bytes) -> None:
    pipe = io.TextIOWrapper(io.BytesIO())
    for path in (tmp_path / "a", None):
        with pytest.raises(RuntimeError):
            fail(Destination(path, name), pipe)
    gc.collect()  # pyarrow writes the end of a file when nobody holds it any more
    assert not list(tmp_path.iterdir())
    pipe.flush()
    assert end not in pipe.buffer.getvalue()[4:]  # type: ignore[attr-defined]  # it is the BytesIO above


def test_a_binary_table_goes_to_a_pipe_and_not_to_a_terminal() -> None:
    pipe = io.TextIOWrapper(io.BytesIO())
    with Destination(None, "parquet").opened(pipe, force=False) as table:
        table.add(ROWS)
    assert pipe.buffer.getvalue()[:4] == b"PAR1"  # type: ignore[attr-defined]  # it is the BytesIO above
    pipe.isatty = lambda: True  # type: ignore[method-assign]  # as if it were a terminal
    with (
        pytest.raises(OutputError, match=r"parquet: .*terminal"),
        Destination(None, "parquet").opened(pipe, force=False),
    ):
        pass
