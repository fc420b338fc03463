"""A detection of scan --continuous may end in the next file: every format keeps its end."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from detector.events import Event
from detector.tables import Detection, read_tables
from detector.tables.converting import ConvertRequest, convert
from detector.tables.destination import Destination

NAMES = ("site/2024-05-11T05-00-00_000.wav", "site/2024-05-11T05-00-10_000.wav")
"""Two files of 10 s, one after the other."""

BEYOND = Detection(NAMES[0], "0", Event(9.653, 10.7, "owl", score=0.9), "2024-05-11T05:00:09.653+00:00")
NEXT = Detection(NAMES[1], "0", Event(2.25, 3.5, "owl", score=0.8), "2024-05-11T05:00:12.250+00:00")
EFFORT = "recording,channel,status,seconds,scanned_s,start_time,time_source,detail\n" + "".join(
    f"{name},0,ok,10,10,2024-05-11T05:00:{second}+00:00,filename,\n" for name, second in zip(NAMES, ("00", "10"))
)
HEADER = "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time\n"


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    """Write both detections and the effort."""
    rows = "".join(
        f"{row.recording},0,{row.event.start_s},{row.event.end_s},,,owl,{row.event.score},{row.start_time}\n"
        for row in (BEYOND, NEXT)
    )
    (tmp_path / "found.csv").write_text(HEADER + rows)
    (tmp_path / "effort.csv").write_text(EFFORT)
    return tmp_path / "found.csv", tmp_path / "effort.csv"


@pytest.mark.parametrize("with_effort", [False, True])
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("csv", "o.csv"),
        ("jsonl", "o.jsonl"),
        ("parquet", "o.parquet"),
        ("raven", "o.txt"),
        ("raven", "folder"),
        ("audacity", "labels"),
        ("tethys", "o.xml"),
        ("biodcase", "o.csv"),
        ("kaleidoscope", "o.csv"),
    ],
)
def test_an_end_beyond_the_file_comes_back(
    tmp_path: Path, tables: tuple[Path, Path], name: str, path: str, with_effort: bool
) -> None:
    found, effort = tables
    target = tmp_path / path
    done = convert(
        ConvertRequest([found], Destination(target, name), effort=effort if with_effort else None), io.StringIO()
    )
    assert done.is_complete
    read, _ = read_tables(target)
    spans = sorted(row.event.span for table in read for row in table.annotations)
    assert spans == [pytest.approx(NEXT.event.span), pytest.approx(BEYOND.event.span)]


def test_a_raven_table_for_all_places_the_end_in_the_next_file(tmp_path: Path, tables: tuple[Path, Path]) -> None:
    found, effort = tables
    target = tmp_path / "all.txt"
    convert(ConvertRequest([found], Destination(target, "raven"), effort=effort), io.StringIO())
    header, *rows = (line.split("\t") for line in target.read_text().splitlines())
    cells = [dict(zip(header, row)) for row in rows]
    times = [tuple(float(row[f"{edge} Time (s)"]) for edge in ("Begin", "End")) for row in cells]
    assert times == [pytest.approx((9.653, 10.7)), pytest.approx((12.25, 13.5))]
    assert [float(row["File Offset (s)"]) for row in cells] == [9.653, 2.25]
