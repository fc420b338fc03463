"""Tables that people write: annotations in every format, effort, detections, and samples with verdicts."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from detector.audit.answers import read_answers
from detector.audit.detections import Detections, read_detections
from detector.audit.tables import read_sample
from detector.errors import DetectorError
from detector.events import Event
from detector.tables import Detection, ReadOptions, read_annotations
from detector.tables.effort import read_effort
from tests.fuzz.target import Target, replaced, spoilt

_RECORDINGS = [Path("/a/one.wav"), Path("/a/two.flac"), Path("/b/one.wav")]
_ROWS = (
    Detection("one.wav", "0", Event(1.0, 2.0, "call", score=0.9)),
    Detection("two.flac", "0", Event(3.0, 4.0, "call", score=0.7)),
)
_DETECTIONS = Detections(Path("detections.csv"), _ROWS, "d0123456789ab")


def _annotations(path: Path) -> None:
    read_annotations(path, _RECORDINGS, ReadOptions(label="call"))


def _answers(path: Path) -> None:
    read_answers(path, _DETECTIONS)


def _sample(path: Path) -> None:
    list(read_sample(path))


# .not.mat has a target of its own: its tables are no text.
READERS: tuple[tuple[str, Callable[[Path], object], str], ...] = (
    (
        "one.Table.1.selections.txt",
        _annotations,
        (
            "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tBegin File\t"
            "File Offset (s)\tAnnotation\tScore\n1\tSpectrogram 1\t1\t1.5\t2.5\t100\t2000\tone.wav\t1.5\tcall\t0.9\n"
            "1\tWaveform 1\t1\t1.5\t2.5\t100\t2000\tone.wav\t1.5\tcall\t0.9\n"
            "2\tSpectrogram 1\t2\t3\t4\t\t\ttwo.flac\t3\t\t\n"
        ),
    ),
    ("one.txt", _annotations, "0.5\t1.25\tcall\n\\\t500.0\t2000.0\n3.0\t4.0\tother\n\\\t-1\t-1\n5e0\t6\t\n"),
    (
        "calls.csv",
        _annotations,
        (
            "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time\n"
            'one.wav,0,1.0,2.0,100,2000,"a, b",0.5,\n/a/two.flac,mix,3,4.5,,,call,,2024-01-01T00:00:00.000+00:00\n'
        ),
    ),
    ("one.csv", _annotations, "start;end;label\n1,5;2,5;call\n3;4;\n"),
    ("one.tsv", _annotations, "onset_s\toffset_s\tspecies\tconfidence\n1\t2\tcall\t0.5\n"),
    (
        "one.TextGrid",
        _annotations,
        (
            'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 5\n'
            "tiers? <exists>\nsize = 1\nitem []:\n"
            '    item [1]:\n        class = "IntervalTier"\n        name = "calls"\n'
            "        xmin = 0\n        xmax = 5\n"
            "        intervals: size = 1\n        intervals [1]:\n            xmin = 0\n            xmax = 5\n"
            '            text = "call"\n'
        ),
    ),
    (
        "effort.csv",
        read_effort,
        (
            "recording,channel,status,seconds,scanned_s,start_time,time_source,detail\n"
            "one.wav,mix,ok,60.000,60.000,,,\ntwo.flac,0,truncated,60.000,12.5,,,truncated\n"
        ),
    ),
    (
        "detections.csv",
        read_detections,
        "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time\none.wav,0,1.000,2.000,,,call,0.9000,\n",
    ),
    *(
        (
            "sample.csv",
            reader,
            (
                "id,recording,channel,start_s,end_s,label,verdict,score,stratum,stratum_size,stratum_drawn,probability,"
                "drawn_from\nD1,one.wav,0,1.000,2.000,call,yes,0.9000,1,1,1,1,d0123456789ab\n"
                "D2,two.flac,0,3.000,4.000,call,?,0.7000,2,1,1,1,d0123456789ab\n"
                "B1,two.flac,0,10.000,13.000,call,2,,background,100,1,0.01,d0123456789ab\n"
            ),
        )
        for reader in (_sample, _answers)
    ),
    (
        "calls.jsonl",
        _annotations,
        (
            '{"recording": "one.wav", "channel": "0", "start_s": 1.0, "end_s": 2.0, "low_hz": null, "high_hz": 2000.0, '
            '"label": "call", "score": 0.5, "start_time": null}\n{"file": "two.flac", "start": 3, "end": 4}\n'
        ),
    ),
    (
        "challenge.csv",
        _annotations,
        (
            "dataset,filename,annotation,start_datetime,end_datetime\n"
            "a,2014-02-18T21-00-00_000.wav,bma,2014-02-18T21:32:03.876700+00:00,2014-02-18T21:32:13.281600+00:00\n"
        ),
    ),
    (
        "id.csv",
        _annotations,
        (
            "INDIR,FOLDER,IN FILE,CHANNEL,OFFSET,DURATION,DATE,TIME,HOUR,AUTO ID,Fmax,Fmin,MANUAL ID,confidence,"
            "start_time\n"
            "/a,,one.wav,0,1.5,0.5,2021-03-15,14:22:34,14,call,8.5,1.2,,0.875,2021-03-15T14:22:34.500+00:00\n"
        ),
    ),
    (
        "detections.xml",
        _annotations,
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Detections xmlns="http://tethys.sdsu.edu/schema/1.0"><OnEffort>'
            "<Detection><Input_file>one.wav</Input_file><Start>2021-03-15T14:22:34.500Z</Start>"
            "<End>2021-03-15T14:22:35.250Z</End><Channel>1</Channel><SpeciesId>180488</SpeciesId><Call>Clicks</Call>"
            "<Parameters><Score>0.875</Score><MinFreq_Hz>1200</MinFreq_Hz><UserDefined><Offset_s>1.5</Offset_s>"
            "</UserDefined></Parameters></Detection></OnEffort></Detections>\n"
        ),
    ),
)
_PIECES = (
    *(b"", b" ", b"-1", b"0", b"1e400", b"nan", b"-inf", b"1_000", b"9" * 5000, b"0x1", b"1,5", b"\xb2", "٣".encode()),
    *(b'"', b'""', b'"a\nb"', b"\0", b"\r", b"\r\n", b"\xff\xfe", b"\xef\xbb\xbf", b"a" * 140000, b"..", b"/", b"\\"),
    *(b"yes", b"call", b"one.wav", b"background", b"start_s", b"end_s", b"label", b"recording", b"1e-320", b"D0"),
)


@cache
def seeds() -> tuple[bytes, ...]:
    """Give one table of each kind."""
    return tuple(bytes([n]) + text.encode() for n, (_, _, text) in enumerate(READERS))


def run(data: bytes, folder: Path) -> None:
    """Read a spoilt table; an error must be the program's own."""
    name, read, _ = READERS[(data[0] if data else 0) % len(READERS)]
    path = folder / name
    path.write_bytes(data[1:])
    with suppress(DetectorError):
        read(path)


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Exchange cells, or spoil bytes."""
    if rng.random() < 0.8:
        return data[:1] + replaced(data[1:], rng, _PIECES, b"\t,;\n=")
    return data[:1] + spoilt(data[1:], rng)


TARGET = Target("tables", seeds, run, mutate)
