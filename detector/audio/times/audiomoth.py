"""AudioMoth: the comment in the header. Source: OpenAcousticDevices/AudioMoth-Firmware-Basic, `src/main.c`."""

from __future__ import annotations

import re
from datetime import UTC

from detector.audio.times import opensoundscape
from detector.audio.times.evidence import Evidence, fixed_zone, read_iso
from detector.chronology import Chronology

_COMMENT = re.compile(
    r"Recorded at (?P<time>\d\d:\d\d:\d\d(?:\.\d+)?) (?P<day>\d\d)/(?P<month>\d\d)/(?P<year>\d{4})"
    r"(?: \(UTC(?:(?P<sign>[+-])(?P<hours>\d{1,2})(?::(?P<minutes>\d\d))?)?\)| (?=by AudioMoth))"
)


def read(evidence: Evidence) -> Chronology | None:
    """Read a comment of any firmware. Firmware 1.0 names no zone; its clock runs in UTC."""
    is_cut = evidence.comment.startswith(opensoundscape.BEGINNING)  # then the comment may be of a longer file
    match = None if is_cut else _COMMENT.search(evidence.comment)
    if match is None:
        return None
    zone = fixed_zone(match["sign"], match["hours"], match["minutes"]) if match["sign"] else UTC
    when = read_iso(f"{match['year']}-{match['month']}-{match['day']}T{match['time']}", zone)
    return None if when is None else Chronology.since(when, "audiomoth", match[0].strip())
