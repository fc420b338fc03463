"""Whatever bytes stand where recorders write their time, the header is read, and the time is known or not."""

from __future__ import annotations

import struct
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.audio.metadata import name_chronology, read_chronology
from detector.audio.reading import read_header
from detector.audio.times.evidence import Evidence
from detector.audio.times.names import without_time
from detector.audio.times.soundtrap import read_log
from detector.chronology import Chronology
from detector.place import LocalPlace
from tests.recorders import bext, guano, harp, wamd, wav

NAMES = (b"harp", b"guan", b"wamd", b"bext")
SOUND = [
    harp([(22, 5, 6, 7, 0, 0, 500), (22, 5, 6, 7, 10, 0, 0)], [8000, 8000])[1],
    harp([(22, 5, 6, 7, 0, 0, 500)], [16000], version=2)[1],
    guano("2019-04-30 21:02:44+0100")[1],
    wamd((0, b"\1\0"), (5, b"2014-04-02 22:59:14-05:00"))[1],
    bext(b"2020-02-03", b"04:05:06")[1],
]


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """Draw bytes: any, or those of a recorder with some of them changed, and cut."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=300))
    content = bytearray(draw(st.sampled_from(SOUND)))
    for at, byte in draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=8)):
        content[at] = byte
    return bytes(content[: draw(st.integers(0, len(content)))])


chunks = st.lists(st.tuples(st.sampled_from(NAMES), spoilt()), max_size=3)


def usable(chronology: Chronology | None) -> None:
    """Use a chronology as a scan does."""
    if chronology is not None:
        chronology.breaks()
        for offset_s in (0.0, 0.5, 3600.0):
            moment = chronology.at(offset_s)
            assert moment is None or str(moment)


@given(before=chunks, after=chunks)
def test_any_bytes_in_the_chunks_of_recorders_leave_the_recording_readable(
    tmp_path_factory: pytest.TempPathFactory, before: list[tuple[bytes, bytes]], after: list[tuple[bytes, bytes]]
) -> None:
    header = read_header(wav(tmp_path_factory.getbasetemp() / "spoilt.wav", before, after))
    assert (header.n_frames, header.status) == (8000, "ok")
    usable(header.chronology)


@given(st.dictionaries(st.sampled_from(NAMES), spoilt()), st.text(), st.integers(0, 8), st.integers(0, 10**6))
def test_any_evidence_gives_a_time_or_none(
    contents: dict[bytes, bytes], comment: str, n_channels: int, sample_rate: int
) -> None:
    evidence = Evidence(LocalPlace(Path("x.wav")), comment, contents, sample_rate, n_channels, 2 * n_channels)
    usable(read_chronology(evidence))


digits = st.text("0123456789TZ_-+.:$ xHMSDYabcABC[]", max_size=40)


@given(st.one_of(digits, st.text(max_size=40)))
def test_any_name_gives_a_time_or_none(name: str) -> None:
    usable(name_chronology(LocalPlace(Path(f"{name}.wav"))))
    assert isinstance(without_time(f"{name}.wav"), str)


@pytest.mark.parametrize("before", ["", "SITE_", "a-0-"])
@pytest.mark.parametrize("after", ["", "_000", "T"])
def test_names_that_differ_in_nothing_but_the_time_are_of_one_recorder(before: str, after: str) -> None:
    names = [f"{before}{stamp}{after}.wav" for stamp in ("20210219_175100", "20220103$183000", "1999-12-31T23-59-59")]
    assert len({without_time(name) for name in names}) == 1
    assert without_time(names[0]) != without_time(f"x{names[0]}")
    assert PurePosixPath(names[0]).stem not in without_time(names[0])


log_parts = st.sampled_from([
    '<CFG ID="4">', "<SUFFIX> wav </SUFFIX>", "</CFG>", "<CFG ", '<PROC_EVENT ID="4">', "<WavFileHandler ",
    'SamplingStartTimeUTC="2021-06-10T03:36:54"/>', 'SamplingStartTimeUTC="x"/>', 'SamplingStartTimeSubS="9 us"/>',
    "\n",
])  # fmt: skip


@given(st.lists(log_parts, max_size=30).map("".join))
def test_any_log_gives_a_time_or_none(log: str) -> None:
    usable(read_log(log))


def test_raw_files_that_lie_millions_of_years_apart_have_gaps() -> None:
    n = 65535
    chunk = harp([(22, 5, 6, 7, 0, 0, 0)] * n, [2**32 - 25] * n, rate=25)[1]
    chronology = read_chronology(Evidence(LocalPlace(Path("x.wav")), "", {b"harp": chunk}, 25, 1, 1))
    assert chronology is not None
    assert len(chronology.breaks()) == n - 1
    assert chronology.at(10.0) is not None


def test_a_directory_of_very_many_raw_files_is_read_in_time() -> None:
    n = 65535
    head = bytearray(harp([], [])[1])
    head[36:38] = struct.pack("<H", n)
    entry = struct.Struct("<6BHIIIIB7x")
    entries = b"".join(
        entry.pack(22, 5, 6, k // 3600, k // 60 % 60, k % 60, 0, 2000 * k, 2000, 1, 1000, 1) for k in range(n)
    )
    evidence = Evidence(LocalPlace(Path("x.wav")), "", {b"harp": bytes(head) + entries}, 1000, 1, 2)
    chronology = read_chronology(evidence)
    assert chronology is not None
    assert len(chronology.pieces) == n
    assert chronology.breaks() == ()
