"""`detector scan` and the names that files can have, cannot have, or share."""

from __future__ import annotations

import csv
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOUND = ROOT / "examples" / "recordings" / "pond_20240511_213000Z.flac"
NAMES = (
    *(" space.flac", "a,b.flac", 'a"b".flac', "a\nb.flac", "a\r\nb.flac", "a\rb.flac", "a\tb;c.flac"),
    *("\x1b[31mred.flac", "\u202egnp.flac", "'.flac", "NA.flac", os.fsdecode(b"\xe9.flac")),
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def scan(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "detector", "scan", *arguments]
    return subprocess.run(command, capture_output=True, input=given, check=False)


def as_r_reads(text: str) -> Iterator[list[str]]:
    """Read as R's read.csv: a quote only at the start of a cell, doubled within it; the line goes on within quotes."""
    cells, cell, quoted, n = [], "", False, 0
    while n < len(text):
        character = text[n]
        if quoted and character == '"' and text[n + 1] == '"':
            cell, n = cell + '"', n + 1
        elif character == '"' and (quoted or not cell):
            quoted = not quoted
        elif character in ",\r\n" and not quoted:
            cells, cell = [*cells, cell], ""
            if character != ",":
                yield cells
                cells = []
        else:
            cell += character
        n += 1


def test_every_name_reads_back_the_same_and_is_shown_on_a_line(folder: Path) -> None:
    (folder / "rec").mkdir()
    for name in NAMES:
        shutil.copyfile(SOUND, folder / "rec" / name)
        Path(f"rec/empty-{name}").touch()
    done = scan("rec", "-o", "d.csv", "--effort", "e.csv")
    assert done.returncode == 1
    expected = sorted(f"rec/{prefix}{name}" for name in NAMES for prefix in ("", "empty-"))
    for path, listed in (("e.csv", expected), ("d.csv", [name for name in expected if "empty" not in name])):
        text = Path(path).read_bytes().decode("utf-8", "surrogateescape")
        with Path(path).open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            rows = list(csv.reader(file))
        assert sorted({row[0] for row in rows[1:]}) == listed
        frame = pd.read_csv(path, keep_default_na=False, encoding_errors="surrogateescape", dtype=object)
        assert [list(frame.columns), *frame.to_numpy().tolist()] == rows
        assert list(as_r_reads(text)) == rows
    messages = done.stderr.decode().splitlines()
    assert len(messages) == len(NAMES) + 3  # the engine, the empty recordings, the others have no time, the summary
    assert not set("\x1b\u202e\r") & set("".join(messages))
    assert (
        sum(r"\x1b[31mred" in line for line in messages) == 2
    )  # it is empty, and the other is the first without a time


def test_on_a_terminal_the_table_shows_escapes_and_commands_nothing() -> None:
    shutil.copyfile(SOUND, "\x1b[31mred.flac")
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "detector", "scan", "\x1b[31mred.flac", "none\n.wav"]
    process = subprocess.Popen(command, stdout=end, stderr=end)
    os.close(end)
    shown = b""
    try:
        while block := os.read(terminal, 4096):
            shown += block
    except OSError:  # the other end is closed
        pass
    assert process.wait() == 1
    assert rb"\x1b[31mred.flac,mix," in shown
    assert rb"none\n.wav" in shown
    assert b"\x1b" not in shown


def test_names_on_standard_input_may_end_with_a_nul() -> None:
    names = ["a\nb.flac", "a\rb.flac", "c\r.flac"]
    for name in names:
        shutil.copyfile(SOUND, name)
    listed = b"".join(os.fsencode(name) + b"\0" for name in names)
    done = scan("-0", "-", "--effort", "e.csv", "-o", "d.csv", given=listed)
    assert done.returncode == 0, done.stderr
    with Path("e.csv").open(newline="", encoding="utf-8") as file:
        assert [row["recording"] for row in csv.DictReader(file)] == names


def test_a_name_that_no_file_can_have_is_a_line_and_a_row() -> None:
    shutil.copyfile(SOUND, "a.flac")
    long, deep = "n" * 300 + ".wav", "d/" * 3000 + "e.wav"
    listed = "\n".join(["x\0y.wav", "", long, "a.flac", deep]).encode()
    done = scan("-", "--effort", "e.csv", given=listed)
    assert done.returncode == 1
    with Path("e.csv").open(newline="", encoding="utf-8") as file:
        status = {row["recording"]: row["status"] for row in csv.DictReader(file)}
    assert status == {"x\0y.wav": "failed", long: "failed", "a.flac": "ok", deep: "failed"}
    assert len(done.stderr.splitlines()) == 6
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("",), ("a.flac", ""), ("n" * 300,), ("a.flac", "-o", "n" * 300)])
def test_an_empty_or_over_long_argument_is_wrong_usage_in_one_line(arguments: tuple[str, ...]) -> None:
    shutil.copyfile(SOUND, "a.flac")
    done = scan(*arguments)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, b"", 1)
    assert [path.name for path in Path().iterdir()] == ["a.flac"]


@pytest.mark.slow
def test_a_folder_that_cannot_be_searched_is_a_line_and_a_row_and_the_scan_goes_on(folder: Path) -> None:
    (folder / "rec").mkdir()
    shutil.copyfile(SOUND, "rec/a.flac")
    here = os.open("rec", os.O_RDONLY)
    for _ in range(20):  # deeper than a path can tell, which stops root, too
        os.mkdir("d" * 250, dir_fd=here)
        here = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
    try:
        done = scan("rec", "--effort", "e.csv")
        assert done.returncode == 1
        with Path("e.csv").open(newline="", encoding="utf-8") as file:
            rows = [(row["recording"], row["status"], row["detail"]) for row in csv.DictReader(file)]
        (unreadable, failed, detail), (recording, ok, _) = rows
        assert (failed, recording, ok) == ("failed", "rec/a.flac", "ok")
        assert unreadable in detail
        assert sum(line == f"detector: {detail}" for line in done.stderr.decode().splitlines()) == 1
        assert scan(unreadable.rpartition("/")[0]).returncode == 2  # where nothing is left to scan
    finally:
        subprocess.run(["rm", "-rf", "rec"], check=True)
