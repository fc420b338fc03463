"""Names of recordings: the forms that recorders give them, and the words before and after the time in a name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath

from detector.audio.times.evidence import Evidence, fixed_zone, read_iso
from detector.chronology import Chronology

BY_NAME = "filename"
BY_PATTERN = "filename pattern"
"""Where `time_source` says that a time stands in a name: in a form of `_FORMS`, or where a user said so."""

SOUNDTRAP = re.compile(r"\d{3,}\.(?P<time>\d{12})")
"""The name of a SoundTrap: its serial number, then year (two digits) to second."""

_DATE_AND_TIME = re.compile(
    r"(?<!\d)(?:(?P<unix>\d{9,10})\.)??"
    r"(?P<year>(?:19|20)\d\d)(?P<dash>[-_]?)(?P<month>[ \d]\d)(?P=dash)(?P<day>[ \d]\d)"
    r"(?:[T_ $-]|(?<=\d{8})(?=\d{6}))"
    r"(?P<hour>\d\d)(?P<colon>[-:_]?)(?P<minute>\d\d)(?P=colon)(?P<second>\d\d)(?!\d)(?P<fraction>\.\d{1,6}(?!\d))?"
    r"(?:(?P<utc>Z|_?UTC)(?![A-Za-z0-9+-])|_?(?P<sign>\+|-(?!00))(?P<hours>\d\d):?(?P<minutes>\d\d)(?!\d))?"
)
_XWAV = re.compile(r"(?<!\d)(?P<date>\d{6})_(?P<time>\d{6})(?!\d)")
_XWAV_END = ".x"  # before the extension
_LOGGERHEAD = re.compile(r"HMS_(\d\d)_(\d\d)_(\d\d)__DMY_(\d\d)_(\d\d)_(?:20)?(\d\d)(?!\d)")
_UNIX_HEX = re.compile(r"[0-9A-F]{8}")
_HEX_YEARS = range(2016, 2026)  # of the firmware that wrote such names, and some more; other digits are no time

_Found = tuple[datetime, str]
"""A time, without a zone if the name gives none, and the part of the name that it was read from."""


def read(evidence: Evidence) -> Chronology | None:
    """Read the time in the name of a recording, such as "20210219_175100Z"."""
    found = _find(PurePosixPath(evidence.place.name).stem)
    return None if found is None else Chronology.since(found[0], BY_NAME, found[1])


def without_time(name: str, raw: str = "") -> str:
    """Return a name without its time: equal for the recordings of one recorder.

    Parameters
    ----------
    name : str
        Path of a file.
    raw : str, optional
        The time, where it is known to stand in the name. By default, it is looked for. A name that has no time loses
        its digits: recorders count their files.
    """
    stem = PurePosixPath(name).stem
    if not raw or raw not in stem:
        found = _find(stem)
        raw = "" if found is None else found[1]
    return stem.replace(raw, "\0", 1) if raw else re.sub(r"\d+", "", stem)


def natural_order(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts names as people count: "9" before "10"."""
    return [(int(digits or 0), text) for text, digits in re.findall(r"(\D*)(\d*)", name)]


def _find(stem: str) -> _Found | None:
    """Return the time in a name without its extension; None if no form fits."""
    readings = (form(stem) for form in _FORMS)
    found = next((found for found in readings if found is not None), None)
    if found is None or found[0].tzinfo is not None or not stem.endswith(_XWAV_END):
        return found
    return found[0].replace(tzinfo=UTC), found[1]  # as in the header of an XWAV file


def _from_unix_hex(stem: str) -> _Found | None:
    """Read the name of an early AudioMoth file: seconds since 1970, as eight hexadecimal digits."""
    if not _UNIX_HEX.fullmatch(stem):
        return None
    when = datetime.fromtimestamp(int(stem, 16), UTC)
    return (when, stem) if when.year in _HEX_YEARS else None


def _from_date_and_time(stem: str) -> _Found | None:
    """Read a date with four digits of the year and a time to the second, with or without an offset.

    A blank may stand for a leading 0 of month or day, as in some files of Frontier Labs. Before the date, the AMAR
    recorders write the same time as seconds since 1970, which shows that it is UTC.
    """
    for match in _DATE_AND_TIME.finditer(stem):
        zone: tzinfo | None = UTC if match["utc"] else None
        if match["sign"]:
            zone = fixed_zone(match["sign"], match["hours"], match["minutes"])
        date = "-".join(match.group("year", "month", "day")).replace(" ", "0")
        time = ":".join(match.group("hour", "minute", "second"))
        when = read_iso(f"{date}T{time}{match['fraction'] or ''}", zone)
        if when is not None and match["unix"] and when.replace(tzinfo=UTC).timestamp() == int(match["unix"]):
            when = when.replace(tzinfo=UTC)
        if when is not None:
            return when, match[0]
    return None


def _from_soundtrap(stem: str) -> _Found | None:
    match = SOUNDTRAP.fullmatch(stem)
    return _two_digit_year(match["time"], match["time"]) if match else None


def _from_loggerhead(stem: str) -> _Found | None:
    match = _LOGGERHEAD.search(stem)
    if match is None:
        return None
    hour, minute, second, day, month, year = match.groups()
    return _two_digit_year(f"{year}{month}{day}{hour}{minute}{second}", match[0])


def _from_xwav(stem: str) -> _Found | None:
    """Read the name of an XWAV file: two digits of the year."""
    match = _XWAV.search(stem) if stem.endswith(_XWAV_END) else None
    return _two_digit_year(match["date"] + match["time"], match[0]) if match else None


def _two_digit_year(digits: str, raw: str) -> _Found | None:
    """Read year (two digits), month, day, hour, minute and second; years below 90 are those after 2000."""
    century = "20" if digits[:2] < "90" else "19"
    when = read_iso(f"{century}{digits[:6]}T{digits[6:]}")
    return None if when is None else (when, raw)


_FORMS: tuple[Callable[[str], _Found | None], ...] = (
    _from_unix_hex,
    _from_date_and_time,
    _from_soundtrap,
    _from_loggerhead,
    _from_xwav,
)
