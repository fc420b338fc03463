"""Broadcast wave: the chunk `bext`. Its times have no zone. Source: EBU Tech 3285."""

from __future__ import annotations

import re
from datetime import timedelta

from detector.audio.times.evidence import Evidence, read_iso
from detector.chronology import Chronology

_DATE = slice(320, 330)
_TIME = slice(330, 338)
_SAMPLES_SINCE_MIDNIGHT = slice(338, 346)
_STAMP = re.compile(r"(\d{4})[-_:. /](\d\d)[-_:. /](\d\d) (\d\d)[-_:. ](\d\d)[-_:. ](\d\d)")


def read(evidence: Evidence) -> Chronology | None:
    """Read date and time; the samples since midnight give the fraction of a second if they agree with the time.

    Some programs write 0 or a time code as samples since midnight, so they are not used alone.
    """
    content = evidence.contents.get(b"bext", b"")
    raw = " ".join(content[part].decode("ascii", "replace") for part in (_DATE, _TIME))
    match = _STAMP.fullmatch(raw)
    when = read_iso("{}-{}-{}T{}:{}:{}".format(*match.groups())) if match else None
    if when is None:
        return None
    if evidence.sample_rate:
        n_samples = int.from_bytes(content[_SAMPLES_SINCE_MIDNIGHT], "little")
        midnight = when.replace(hour=0, minute=0, second=0)
        beyond_s = n_samples / evidence.sample_rate - (when - midnight).total_seconds()
        when += timedelta(seconds=beyond_s if 0 < beyond_s < 1 else 0)
    return Chronology.since(when, "bext", raw)
