"""The times that recorders write into headers, logs and names: one row for each, with the expected time."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path

import pytest

from detector.audio.metadata import name_chronology
from detector.audio.reading import read_header
from detector.place import LocalPlace
from tests.recorders import Chunk, bext, comment, guano, harp, wamd, wav

UNKNOWN = "unknown"
MOTH = "by AudioMoth 24F319055FDF2F5B"
VERSION = (0, b"\1\0")

HEADERS: list[tuple[str, Chunk, str]] = [
    # XWAV; a raw file of 16000 bytes is 1 s
    ("xwav", harp([(5, 7, 30, 22, 30, 17, 250)], [16000]), "2005-07-30T22:30:17.250000+00:00 xwav"),
    ("xwav version 0", harp([(17, 7, 16, 18, 0, 0, 0)], [16000], version=0), "2017-07-16T18:00:00+00:00 xwav"),
    ("xwav version 2", harp([(22, 1, 2, 3, 4, 5, 6)], [16000], version=2), "2022-01-02T03:04:05.006000+00:00 xwav"),
    (
        "xwav that claims version 2",
        harp([(22, 1, 2, 3, 4, 5, 6)], [16000], version=2, layout=1),
        "2022-01-02T03:04:05.006000+00:00 xwav",
    ),
    ("xwav year 89", harp([(89, 1, 1, 0, 0, 0, 0)], [16000]), "2089-01-01T00:00:00+00:00 xwav"),
    ("xwav year 99", harp([(99, 1, 1, 0, 0, 0, 0)], [16000]), "1999-01-01T00:00:00+00:00 xwav"),
    ("xwav since 1900", harp([(112, 1, 1, 0, 0, 0, 0)], [16000]), "2012-01-01T00:00:00+00:00 xwav"),
    ("xwav month 13", harp([(5, 13, 30, 22, 30, 17, 0)], [16000]), UNKNOWN),
    ("xwav 1000 ms", harp([(5, 7, 30, 22, 30, 17, 1000)], [16000]), UNKNOWN),
    ("xwav without raw files", harp([], []), UNKNOWN),
    ("xwav empty raw file", harp([(5, 7, 30, 22, 30, 17, 0)], [0]), UNKNOWN),
    ("xwav cut", (b"harp", harp([(5, 7, 30, 22, 30, 17, 0)], [16000])[1][:70]), UNKNOWN),
    # GUANO
    ("guano offset", guano("2015-12-31T23:59:59+04:00"), "2015-12-31T23:59:59+04:00 guano"),
    ("guano Z", guano("2015-12-31T23:59:59.123Z"), "2015-12-31T23:59:59.123000+00:00 guano"),
    ("guano blank", guano("2019-04-30 21:02:44+0100"), "2019-04-30T21:02:44+01:00 guano"),
    ("guano blank before offset", guano("2019-04-30 21:02:44 +01:00"), "2019-04-30T21:02:44+01:00 guano"),
    ("guano fraction", guano("2019-04-30T21:02:44.123456-03:30"), "2019-04-30T21:02:44.123456-03:30 guano"),
    ("guano local", guano("2019-04-30T21:02:44"), "2019-04-30T21:02:44 guano, no zone"),
    ("guano no blank", guano("2023-04-30T21:02:44Z", "Timestamp:"), "2023-04-30T21:02:44+00:00 guano"),
    ("guano NUL", guano("2019-04-30T21:02:44Z\0\0"), "2019-04-30T21:02:44+00:00 guano"),
    ("guano other key", guano("2019-04-30T21:02:44Z", "timestamp: "), UNKNOWN),
    ("guano namespace", guano("2019-04-30T21:02:44Z", "WA|Timestamp: "), UNKNOWN),
    ("guano date alone", guano("2019-04-30"), UNKNOWN),
    ("guano words", guano("yesterday at noon"), UNKNOWN),
    # Wildlife Acoustics
    ("wamd", wamd(VERSION, (1, b"SM4"), (5, b"2014-04-02 22:59:14-05:00")), "2014-04-02T22:59:14-05:00 wamd"),
    (
        "wamd fraction and NUL",
        wamd(VERSION, (5, b"2014-04-02 22:59:14.250+09:30\0"), (0xFFFF, b"  ")),
        "2014-04-02T22:59:14.250000+09:30 wamd",
    ),
    ("wamd local", wamd(VERSION, (5, b"2014-04-02 22:59:14")), "2014-04-02T22:59:14 wamd, no zone"),
    ("wamd version 2", wamd((0, b"\2\0"), (5, b"2014-04-02 22:59:14-05:00")), UNKNOWN),
    ("wamd no version", wamd((5, b"2014-04-02 22:59:14-05:00")), UNKNOWN),
    ("wamd no time", wamd(VERSION, (1, b"SM4BAT")), UNKNOWN),
    ("wamd cut", (b"wamd", wamd(VERSION, (5, b"2014-04-02 22:59:14-05:00"))[1][:-3]), UNKNOWN),
    # Broadcast wave
    ("bext", bext(b"2020-02-03", b"04:05:06"), "2020-02-03T04:05:06 bext, no zone"),
    ("bext other signs", bext(b"2020_02:03", b"04-05.06"), "2020-02-03T04:05:06 bext, no zone"),
    (
        "bext samples",
        bext(b"2020-02-03", b"04:05:06", (4 * 3600 + 5 * 60 + 6) * 8000 + 2000),
        "2020-02-03T04:05:06.250000 bext, no zone",
    ),
    ("bext time code", bext(b"2020-02-03", b"04:05:06", 8000), "2020-02-03T04:05:06 bext, no zone"),
    ("bext huge count", bext(b"2020-02-03", b"04:05:06", 2**64 - 1), "2020-02-03T04:05:06 bext, no zone"),
    ("bext empty", bext(bytes(10), bytes(8)), UNKNOWN),
    ("bext 30 February", bext(b"2020-02-30", b"04:05:06"), UNKNOWN),
    ("bext cut", (b"bext", b"x" * 325), UNKNOWN),
    # AudioMoth, by firmware
    (
        "1.0",
        comment(f"Recorded at 10:20:30 25/05/2018 {MOTH} at gain setting 2 while battery state was 4.02V", 128),
        "2018-05-25T10:20:30+00:00 audiomoth",
    ),
    (
        "1.0.1",
        comment(f"Recorded at 10:20:30 25/05/2018 (UTC) {MOTH} at gain setting 2 while battery state was < 3.6V", 128),
        "2018-05-25T10:20:30+00:00 audiomoth",
    ),
    (
        "1.2.0",
        comment(f"Recorded at 10:20:30 25/05/2019 (UTC-5) {MOTH} at gain setting 2 while battery state was 4.0V.", 128),
        "2019-05-25T10:20:30-05:00 audiomoth",
    ),
    (
        "1.2.1",
        comment(
            f"Recorded at 10:20:30 25/05/2019 (UTC+10) {MOTH} at gain setting 2 while battery state was less than "
            "3.6V. Recording cancelled before completion due to low battery voltage."
        ),
        "2019-05-25T10:20:30+10:00 audiomoth",
    ),
    (
        "1.2.2",
        comment(f"Recorded at 10:20:30 25/05/2019 (UTC+5:30) {MOTH} at gain setting 2 while battery state was 4.0V."),
        "2019-05-25T10:20:30+05:30 audiomoth",
    ),
    (
        "1.4.0",
        comment(
            f"Recorded at 10:20:30 25/05/2020 (UTC-3:30) {MOTH} at medium gain setting while battery state was 4.1V "
            "and temperature was 12.3C.",
            384,
        ),
        "2020-05-25T10:20:30-03:30 audiomoth",
    ),
    (
        "1.5.0",
        comment(
            "Recorded at 10:20:30 25/05/2021 (UTC) during deployment 24F319055FDF2F5B using external microphone at "
            "medium gain setting while battery state was 4.1V and temperature was 12.3C.",
            384,
        ),
        "2021-05-25T10:20:30+00:00 audiomoth",
    ),
    (
        "1.6.0",
        comment(
            f"Recorded at 18:30:00 03/01/2022 (UTC) {MOTH} at medium gain while battery was 4.1V and temperature was "
            "21.5C.",
            384,
        ),
        "2022-01-03T18:30:00+00:00 audiomoth",
    ),
    (
        "1.8.0",
        comment(
            f"Recorded at 18:30:00 03/01/2023 (UTC+1) {MOTH} at medium gain while battery was 4.1V and temperature was "
            "21.5C. Frequency trigger (8.0kHz and window length of 16 samples) threshold was 10% with 10s minimum "
            "trigger duration. Recording stopped by magnetic switch.",
            384,
        ),
        "2023-01-03T18:30:00+01:00 audiomoth",
    ),
    ("unset clock", comment(f"Recorded at 00:00:12 01/01/1970 (UTC) {MOTH}"), "1970-01-01T00:00:12+00:00 audiomoth"),
    ("no date", comment(f"Recorded at 21:00:00 05/13/2018 (UTC) {MOTH}"), UNKNOWN),
    (
        "no such zone",
        comment(f"Recorded at 21:00:00 05/10/2018 (UTC+25) {MOTH}"),
        "2018-10-05T21:00:00 audiomoth, no zone",
    ),
    ("someone else", comment("Recorded at 21:00:00 05/10/2018 with a nice microphone"), UNKNOWN),
]

NAMES = [
    # AudioMoth
    ("5B07C752.WAV", "2018-05-25T08:20:34+00:00"),
    ("67416073.WAV", "2024-11-23T04:56:19+00:00"),
    ("20190102.WAV", UNKNOWN),
    ("7FFFFFFF.WAV", UNKNOWN),
    ("20220103_183000.WAV", "2022-01-03T18:30:00"),
    ("20220103_183000T.WAV", "2022-01-03T18:30:00"),
    ("24F319055FDF2F5B_20220103_183000.WAV", "2022-01-03T18:30:00"),
    # SoundTrap
    ("67416073.210610033655.wav", "2021-06-10T03:36:55"),
    # Wildlife Acoustics
    ("SM304290_0+1_20211001_120004.wav", "2021-10-01T12:00:04"),
    ("OLONG-SOLAR_0+1_20180221$031609.wav", "2018-02-21T03:16:09"),
    ("PARIS_-0-_20150410$195550.wav", "2015-04-10T19:55:50"),
    ("FNQ-RBS_20190102_044802_010.wav", "2019-01-02T04:48:02"),
    ("S4U09523_20210621_205706.wav", "2021-06-21T20:57:06"),
    ("2MM04797_20241127_155140.wav", "2024-11-27T15:51:40"),
    ("0_20120108_010000_000.wav", "2012-01-08T01:00:00"),
    # Frontier Labs
    ("20190422T200000+1000_REC [19.2144 152.8811].flac", "2019-04-22T20:00:00+10:00"),
    ("8537_20210614T120000-0300_every1d6x4hrs [+44.72053-062.80072].wav", "2021-06-14T12:00:00-03:00"),
    ("201906 7T095935+1000_REC [19.2144 152.8811].flac", "2019-06-07T09:59:35+10:00"),
    ("20181101_050000_REC [-27.3866 152.8761].flac", "2018-11-01T05:00:00"),
    # hydrophones
    ("ICLISTENHF1251_20130813T063620.983Z.wav", "2013-08-13T06:36:20.983000+00:00"),
    ("AMAR119-00000139.00000139.Chan_1-24bps.1375012796.2013-07-28-11-59-56.wav", "2013-07-28T11:59:56+00:00"),
    ("AMAR119.1375012797.2013-07-28-11-59-56.wav", "2013-07-28T11:59:56"),
    ("AMAR501.4.20210219T175100Z.wav", "2021-02-19T17:51:00+00:00"),
    ("NOPP6_EST_20090328_000000Z.aif", "2009-03-28T00:00:00+00:00"),
    ("WAT_NC_03_170716_180000_df100.x.wav", "2017-07-16T18:00:00+00:00"),
    ("SoCal01_FR05_050730_223017.x.flac", "2005-07-30T22:30:17+00:00"),
    ("SoCal01_20050730_223017.x.wav", "2005-07-30T22:30:17+00:00"),
    ("SoCal01_FR05_050730_223017.wav", UNKNOWN),
    ("X_RAWD_HMS_01_27_00__DMY_09_05_2010.wav", "2010-05-09T01:27:00"),
    ("X_RAWD_HMS_01_27_00__DMY_09_05_10.wav", "2010-05-09T01:27:00"),
    ("20210219T175100_1001_2.wav", "2021-02-19T17:51:00"),
    # others
    ("SwiftOne_20220719_000000_-0400.wav", "2022-07-19T00:00:00-04:00"),
    ("2021-02-19 17-51-00.wav", "2021-02-19T17:51:00"),
    ("2014-02-18T21-00-00_000.wav", "2014-02-18T21:00:00"),
    ("2021_02_19_17_51_00.wav", "2021-02-19T17:51:00"),
    ("x_20210219_175100_UTC.wav", "2021-02-19T17:51:00+00:00"),
    ("20211399_999999_20210219_175100.wav", "2021-02-19T17:51:00"),
    ("SITE1_20210315.wav", UNKNOWN),
    ("recording (3).wav", UNKNOWN),
]

LOG = """<ST><CFG ID="1"><FS UNIT="Hz"> 576000 </FS></CFG>
<CFG ID="4" FTYPE="wav" CODEC="3"><SRC ID="3" /><FS> 96000 </FS><SUFFIX> wav </SUFFIX></CFG>
<CFG ID="12" FTYPE="wav" CODEC="11"><SUFFIX> dwv </SUFFIX></CFG>
<PROC_EVENT ID="12">\n<WavFileHandler SamplingStartTimeUTC="2021-06-10T03:36:55"/>\n</PROC_EVENT>
<PROC_EVENT ID="4">\n<WavFileHandler SamplingStartTimeUTC="{start}"/>\n</PROC_EVENT>
<PROC_EVENT ID="4">\n<WavFileHandler SamplingStartTimeLocal="2021-06-10T05:36:54"/>\n</PROC_EVENT>{more}</ST>"""
FRACTION = '<PROC_EVENT ID="4"><WavFileHandler SamplingStartTimeSubS="250000 us"/></PROC_EVENT>'


def told(path: Path, zone: timezone | None = None) -> str:
    """Write time and source of a recording's beginning in one line."""
    chronology = (
        read_header(path, timezone=zone).chronology if path.exists() else name_chronology(LocalPlace(path), zone)
    )
    moment = None if chronology is None else chronology.at(0)
    return UNKNOWN if moment is None else f"{moment.when.isoformat()} {moment.source}"


@pytest.mark.parametrize(("chunk", "expected"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS])
def test_a_header_tells_the_time_that_the_recorder_wrote(tmp_path: Path, chunk: Chunk, expected: str) -> None:
    assert told(wav(tmp_path / "x.wav", before=[chunk])) == expected
    if chunk[0] != b"harp":  # its raw files say where they lie
        assert told(wav(tmp_path / "x.wav", after=[chunk])) == expected


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_a_name_tells_the_time_that_the_recorder_wrote(name: str, expected: str) -> None:
    source = (
        "" if expected == UNKNOWN else " filename" if "+" in expected or expected[-6] == "-" else " filename, no zone"
    )
    assert told(Path("folder 20010101_000000") / name) == expected + source


@pytest.mark.parametrize(
    ("start", "more", "expected"),
    [
        ("2021-06-10T03:36:54", "", "2021-06-10T03:36:54+00:00 soundtrap log"),
        ("2021-06-10T03:36:54", FRACTION, "2021-06-10T03:36:54.250000+00:00 soundtrap log"),
        ("2021-06-10 03:36:54 UTC", "", "2021-06-10T03:36:54+00:00 soundtrap log"),
        ("2021-06-10 05:36:54 CEST", "", "2021-06-10T05:36:54 soundtrap log, no zone"),
        ("soon", "", "2021-06-10T03:36:55 filename, no zone"),
    ],
)
def test_the_log_beside_a_soundtrap_s_file_goes_before_its_name(
    tmp_path: Path, start: str, more: str, expected: str
) -> None:
    path = wav(tmp_path / "67416073.210610033655.wav")
    assert told(path) == "2021-06-10T03:36:55 filename, no zone"
    (tmp_path / "67416073.210610033655.log.xml").write_text(LOG.format(start=start, more=more), encoding="utf-8")
    assert told(path) == expected
    path.unlink()
    assert told(path) == expected  # also for a recording that cannot be read


def test_a_time_with_a_zone_goes_before_one_without_and_both_before_an_unset_clock(tmp_path: Path) -> None:
    local = guano("2019-04-30T21:02:44")
    unset = comment(f"Recorded at 00:00:12 01/01/1970 (UTC) {MOTH}")
    assert told(wav(tmp_path / "20210219_175100Z.wav", [local])) == "2021-02-19T17:51:00+00:00 filename"
    assert told(wav(tmp_path / "20210219_175100.wav", [local])) == "2019-04-30T21:02:44 guano, no zone"
    assert told(wav(tmp_path / "20210219_175100.wav", [unset])) == "2021-02-19T17:51:00 filename, no zone"
    assert told(wav(tmp_path / "x.wav", [unset])) == "1970-01-01T00:00:12+00:00 audiomoth"


def test_the_zone_that_a_user_gives_is_that_of_times_without_one(tmp_path: Path) -> None:
    brisbane = timezone(timedelta(hours=10))
    local = wav(tmp_path / "x.wav", [guano("2019-04-30T21:02:44")])
    assert told(local, brisbane) == "2019-04-30T21:02:44+10:00 guano"
    stated = wav(tmp_path / "x.wav", [guano("2019-04-30T21:02:44-03:00")])
    assert told(stated, brisbane) == "2019-04-30T21:02:44-03:00 guano"
