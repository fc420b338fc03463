"""Find out when a recording began, from its header or its name; where neither says so beyond doubt, nobody knows."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import timezone as fixed
from pathlib import Path
from typing import Literal

from detector.audio import chunks
from detector.audio.header import Header
from detector.audio.reading import read_header
from detector.errors import RecordingError

_AUDIOMOTH = re.compile(
    r"Recorded at (?P<time>\d\d:\d\d:\d\d(?:\.\d+)?) (?P<day>\d\d)/(?P<month>\d\d)/(?P<year>\d{4}) "
    r"\(UTC(?:(?P<sign>[+-])(?P<hours>\d{1,2})(?::(?P<minutes>\d\d))?)?\)"
)
_GUANO_TIME = re.compile(rb"^Timestamp: *([^\r\n\0]+)", re.MULTILINE)
_OPSO = "opso_metadata"
_NAME = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<dash>[-_]?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    r"(?:[T_ -]|(?<=\d{8})(?=\d{6}))"
    r"(?P<hour>\d\d)(?P<colon>[-:_]?)(?P<minute>\d\d)(?P=colon)(?P<second>\d\d)(?!\d)(?P<fraction>\.\d{1,6}(?!\d))?"
    r"(?:(?P<utc>Z)(?![A-Za-z0-9])|(?P<sign>\+|-(?!00))(?P<hours>\d\d):?(?P<minutes>\d\d)(?!\d))?"
)
_SOUNDTRAP = re.compile(r"\d{3,}\.(?P<time>\d{12})")
_UNIX_HEX = re.compile(r"[0-9A-F]{8}")
_YEARS = range(1970, 2101)
_UNSET_CLOCKS = {(1970, 1, 1), (1980, 1, 1)}  # what a clock shows that nobody has set


@dataclass(frozen=True, slots=True)
class StartTime:
    """When a recording began, with its zone, and who said so."""

    when: datetime
    source: Literal["header", "filename"]


def start_time(recording: Path | Header, timezone: tzinfo | None = None) -> StartTime | None:
    """Find out when a recording began.

    Parameters
    ----------
    recording : Path or Header
        The file, or its header. A header that cannot be read says nothing.
    timezone : tzinfo, optional
        That of the recorder's clock, for times that come without one. Unless it is given, such times are not taken:
        unknown is better than wrong.

    Returns
    -------
    StartTime or None
        From the header (AudioMoth's comment, OpenSoundscape's, a GUANO chunk), or else from the name: a date and a
        time to the second, a SoundTrap's, or an early AudioMoth's seconds since 1970 in eight hexadecimal digits.
    """
    when = None
    with suppress(RecordingError):
        header = read_header(recording) if isinstance(recording, Path) else recording
        when = _from_header(header, timezone)
    if when is not None:
        return StartTime(when, "header")
    path = recording if isinstance(recording, Path) else recording.path
    return name_time(path, timezone)


def name_time(path: Path, timezone: tzinfo | None = None) -> StartTime | None:
    """Find out from its name alone when a recording began; as `start_time`."""
    when = _from_name(path.stem, timezone)
    return None if when is None else StartTime(when, "filename")


def _from_header(header: Header, timezone: tzinfo | None) -> datetime | None:
    comment = header.comment
    if comment.startswith(_OPSO):
        return _from_opensoundscape(comment.removeprefix(_OPSO), timezone)
    if match := _AUDIOMOTH.search(comment):
        zone = _zone(match["sign"], match["hours"], match["minutes"]) if match["sign"] else UTC
        return _iso(f"{match['year']}-{match['month']}-{match['day']}T{match['time']}", zone)
    return _iso(_guano(header), timezone)


def _from_opensoundscape(text: str, timezone: tzinfo | None) -> datetime | None:
    """Read the comment that OpenSoundscape wrote; the recorder's own, inside it, may be that of a longer file."""
    try:
        said = json.loads(text).get("recording_start_time")
    except (json.JSONDecodeError, AttributeError):
        return None
    return _iso(said, timezone) if isinstance(said, str) else None


def _guano(header: Header) -> str:
    """Read the time stamp of a GUANO chunk (guano-md.org), which bat detectors write into WAV files."""
    with header.file() as file:
        layout = chunks.find_layout(file)
        for chunk in chunks.walk(file, layout, layout.first) if layout else ():
            if chunk.name == b"guan":
                file.seek(chunk.offset)
                match = _GUANO_TIME.search(file.read(min(chunk.size, 65536)))
                return match[1].decode("utf-8", "replace").strip() if match else ""
    return ""


def _from_name(stem: str, timezone: tzinfo | None) -> datetime | None:
    if _UNIX_HEX.fullmatch(stem):
        when = datetime.fromtimestamp(int(stem, 16), UTC)
        return when if 2010 <= when.year < 2040 else None
    if match := _NAME.search(stem):
        zone: tzinfo | None = UTC if match["utc"] else timezone
        if match["sign"]:
            zone = _zone(match["sign"], match["hours"], match["minutes"]) or timezone
        date, time = "-".join(match.group("year", "month", "day")), ":".join(match.group("hour", "minute", "second"))
        return _iso(f"{date}T{time}{match['fraction'] or ''}", zone)
    if match := _SOUNDTRAP.fullmatch(stem):
        digits = match["time"]
        return _iso(f"20{digits[:6]}T{digits[6:]}", timezone)
    return None


def _zone(sign: str, hours: str, minutes: str | None) -> tzinfo | None:
    """Give a fixed zone; None where no place on earth has it, so that digits after a dash are something else."""
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    exists = int(minutes or 0) in {0, 30, 45} and timedelta(hours=-12) <= offset <= timedelta(hours=14)
    return fixed(offset) if exists else None


def _iso(text: str, zone: tzinfo | None) -> datetime | None:
    """Read ISO 8601 as a time with a zone, its own or `zone`; None without one, or for what is no time of day."""
    if len(text) <= len("2023-07-04"):
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=zone)
    told = when.tzinfo is not None and when.year in _YEARS and (when.year, when.month, when.day) not in _UNSET_CLOCKS
    return when if told else None
