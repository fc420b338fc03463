"""Read the start time of a recording from its header or its name. A doubtful time counts as unknown."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import timezone as fixed
from pathlib import PurePosixPath

from detector.audio.header import Header
from detector.chronology import Chronology
from detector.place import Place

_AUDIOMOTH = re.compile(
    r"Recorded at (?P<time>\d\d:\d\d:\d\d(?:\.\d+)?) (?P<day>\d\d)/(?P<month>\d\d)/(?P<year>\d{4}) "
    r"\(UTC(?:(?P<sign>[+-])(?P<hours>\d{1,2})(?::(?P<minutes>\d\d))?)?\)"
)
_GUANO_TIME = re.compile(r"^Timestamp: *([^\r\n\0]+)", re.MULTILINE)
_OPENSOUNDSCAPE = "opso_metadata"  # the beginning of its comments
_NAME = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<dash>[-_]?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    r"(?:[T_ -]|(?<=\d{8})(?=\d{6}))"
    r"(?P<hour>\d\d)(?P<colon>[-:_]?)(?P<minute>\d\d)(?P=colon)(?P<second>\d\d)(?!\d)(?P<fraction>\.\d{1,6}(?!\d))?"
    r"(?:(?P<utc>Z)(?![A-Za-z0-9])|(?P<sign>\+|-(?!00))(?P<hours>\d\d):?(?P<minutes>\d\d)(?!\d))?"
)
_SOUNDTRAP = re.compile(r"\d{3,}\.(?P<time>\d{12})")
_UNIX_HEX = re.compile(r"[0-9A-F]{8}")
_YEARS = range(1970, 2101)
_UNSET_CLOCKS = {(1970, 1, 1), (1980, 1, 1)}  # dates of clocks that nobody has set

_Start = tuple[datetime | None, str]
"""The time at which a recording began, if it is known, and the text that it was read from."""


def read_chronology(header: Header, timezone: tzinfo | None = None) -> Chronology | None:
    """Read the absolute time of a recording from its header, or else from its name.

    The header may hold a comment of AudioMoth or OpenSoundscape, or a GUANO chunk. The name may hold a date with a
    time to the second, such as "20210219_175100Z", or the digits of a SoundTrap. The name of an early AudioMoth file
    is the seconds since 1970, as eight hexadecimal digits.

    Parameters
    ----------
    header : Header
        Of the recording.
    timezone : tzinfo, optional
        The zone of the recorder's clock, for times without a zone. By default, a time without a zone is not used:
        unknown is better than wrong.

    Returns
    -------
    Chronology or None
        None if the time is unknown.
    """
    when, raw = _from_header(header, timezone)
    if when is not None:
        return Chronology.since(when, "header", raw)
    return name_chronology(header.place, timezone)


def name_chronology(place: Place, timezone: tzinfo | None = None) -> Chronology | None:
    """Read the absolute time of a recording from its name alone, by the rules of `read_chronology`."""
    when, raw = _from_name(PurePosixPath(place.name).stem, timezone)
    return None if when is None else Chronology.since(when, "filename", raw)


def _from_header(header: Header, timezone: tzinfo | None) -> _Start:
    comment = header.comment
    if comment.startswith(_OPENSOUNDSCAPE):
        return _from_opensoundscape(comment.removeprefix(_OPENSOUNDSCAPE), timezone)
    if match := _AUDIOMOTH.search(comment):
        zone = _zone(match["sign"], match["hours"], match["minutes"]) if match["sign"] else UTC
        return _iso(f"{match['year']}-{match['month']}-{match['day']}T{match['time']}", zone), match[0]
    stamp = _GUANO_TIME.search(header.guano)
    text = stamp[1].strip() if stamp else ""
    return _iso(text, timezone), text


def _from_opensoundscape(text: str, timezone: tzinfo | None) -> _Start:
    """Read OpenSoundscape's comment. The recorder's own comment in it is not used: it may be of a longer file."""
    try:
        start = json.loads(text).get("recording_start_time")
    except (json.JSONDecodeError, AttributeError):
        return None, ""
    return (_iso(start, timezone), start) if isinstance(start, str) else (None, "")


def _from_name(stem: str, timezone: tzinfo | None) -> _Start:
    if _UNIX_HEX.fullmatch(stem):
        when = datetime.fromtimestamp(int(stem, 16), UTC)
        return (when if 2010 <= when.year < 2040 else None), stem
    if match := _NAME.search(stem):
        zone: tzinfo | None = UTC if match["utc"] else timezone
        if match["sign"]:
            zone = _zone(match["sign"], match["hours"], match["minutes"]) or timezone
        date = "-".join(match.group("year", "month", "day"))
        time = ":".join(match.group("hour", "minute", "second"))
        return _iso(f"{date}T{time}{match['fraction'] or ''}", zone), match[0]
    if match := _SOUNDTRAP.fullmatch(stem):
        digits = match["time"]
        return _iso(f"20{digits[:6]}T{digits[6:]}", timezone), digits
    return None, ""


def _zone(sign: str, hours: str, minutes: str | None) -> tzinfo | None:
    """Return a fixed zone; None if no place on earth has it, because then the digits mean something else."""
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    exists = int(minutes or 0) in {0, 30, 45} and timedelta(hours=-12) <= offset <= timedelta(hours=14)
    return fixed(offset) if exists else None


def _iso(text: str, zone: tzinfo | None) -> datetime | None:
    """Read ISO 8601 as a time in its own zone, or else in `zone`; None without a zone, or for an implausible time."""
    if len(text) <= len("2023-07-04"):
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=zone)
    if when.tzinfo is None or when.year not in _YEARS or (when.year, when.month, when.day) in _UNSET_CLOCKS:
        return None
    return when
