"""SoundTrap: the log that lies beside a recording, for example `5146.210219175100.log.xml` beside its `.wav`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, timedelta
from pathlib import PurePosixPath

from detector.audio.times.evidence import Evidence, read_iso
from detector.audio.times.names import SOUNDTRAP
from detector.chronology import Chronology
from detector.errors import RecordingError

_LONGEST = 1 << 20  # bytes of a log that are read
_NUMBER = re.compile(r'\bID="(\d+)"')
_WAV = re.compile(r"<SUFFIX>\s*wav\s*</SUFFIX>")
_ENTRY = re.compile(r'<PROC_EVENT\s+ID="(\d+)"\s*>\s*<WavFileHandler\s+(\w+)="([^"]*)"')
_ZONES = {"Z": UTC, "UTC": UTC, "GMT": UTC}


def read(evidence: Evidence) -> Chronology | None:
    """Read the start of the sound from the log; it is exact to the second, or to the microsecond in some logs."""
    path = PurePosixPath(evidence.place.name)
    if not SOUNDTRAP.fullmatch(path.stem):
        return None
    log = ""
    with suppress(RecordingError, OSError), evidence.place.beside(f"{path.stem}.log.xml").open() as file:
        log = file.read(_LONGEST).decode("utf-8", "replace")
    return read_log(log)


def read_log(log: str) -> Chronology | None:
    """Read the text of a log. It gives each field in an element of its own, for the sound and for clicks."""
    fields: dict[str, dict[str, str]] = {}
    for number, name, value in _ENTRY.findall(log):
        fields.setdefault(number, {}).setdefault(name, value)
    chosen = [number for number in _wav_numbers(log) if number in fields] or list(fields)
    if len(chosen) != 1:
        return None
    stamp = fields[chosen[0]].get("SamplingStartTimeUTC", "").strip()
    clock, _, zone = stamp.partition(" ") if "T" in stamp[:11] else _with_zone(stamp)
    when = read_iso(clock, _ZONES.get(zone or "Z"))  # another zone is that of the machine that wrote the log
    if when is None:
        return None
    fraction_us = fields[chosen[0]].get("SamplingStartTimeSubS", "").removesuffix("us").strip()
    if fraction_us.isdecimal() and int(fraction_us) < 10**6:
        when += timedelta(microseconds=int(fraction_us))
    return Chronology.since(when, "soundtrap log", stamp)


def _with_zone(stamp: str) -> tuple[str, str, str]:
    """Split "2015-05-07 12:34:56 NZST" before the name of the zone."""
    return stamp[:19], " ", stamp[19:].strip()


def _wav_numbers(log: str) -> Iterator[str]:
    """Yield the numbers of the settings that make WAV files."""
    for block in log.split("<CFG ")[1:]:
        settings, _, _ = block.partition("</CFG>")
        number = _NUMBER.search(settings.partition(">")[0])
        if number and _WAV.search(settings):
            yield number[1]
