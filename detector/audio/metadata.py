"""Read when a recording was made: the sources of its time, and which of them is believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import TYPE_CHECKING

from detector.audio.times import audiomoth, bext, guano, names, opensoundscape, soundtrap, wamd, xwav
from detector.audio.times.evidence import Evidence
from detector.chronology import Chronology
from detector.place import Place

if TYPE_CHECKING:
    from detector.audio.times.pattern import TimePattern

SOURCES: tuple[Callable[[Evidence], Chronology | None], ...] = (
    xwav.read,
    opensoundscape.read,
    audiomoth.read,
    guano.read,
    wamd.read,
    bext.read,
    soundtrap.read,
    names.read,
)
"""The sources in order: what the file itself says goes before its log, and the log before its name."""

FIRST_YEAR = 1990
"""Clocks that show an earlier year were probably never set."""


def read_chronology(
    evidence: Evidence, timezone: tzinfo | None = None, time_pattern: TimePattern | None = None
) -> Chronology | None:
    """Read the absolute time of a recording.

    If several sources give a time, one with a zone goes before one without, and one of a clock that was never set goes
    last. Among equals, the first in `SOURCES` counts.

    Parameters
    ----------
    evidence : Evidence
        Header and name of the recording.
    timezone : tzinfo, optional
        The zone of the recorder's clock, for times without a zone. By default, they stay without one.
    time_pattern : TimePattern, optional
        Where the time stands in the name. Where the name has it, it goes before all other sources.

    Returns
    -------
    Chronology or None
        None if no source gives a time.
    """
    by_user = None if time_pattern is None else time_pattern.read(evidence)
    chosen = by_user or _least_doubtful(evidence)
    return None if chosen is None else chosen.in_zone(timezone)


def name_chronology(
    place: Place, timezone: tzinfo | None = None, time_pattern: TimePattern | None = None
) -> Chronology | None:
    """Read the absolute time of a recording without its header, by the rules of `read_chronology`."""
    return read_chronology(Evidence(place), timezone, time_pattern)


def _least_doubtful(evidence: Evidence) -> Chronology | None:
    """Return the least doubtful time, of the first source that gives it."""
    chosen: Chronology | None = None
    for source in SOURCES:
        found = source(evidence)
        if found is not None and (chosen is None or _doubt(found) < _doubt(chosen)):
            chosen = found
    return chosen


def _doubt(chronology: Chronology) -> int:
    """Return how doubtful a time is: 0 for a time with a zone, 1 without, 2 or 3 for a clock that was never set."""
    return 2 * (chronology.pieces[0].start.year < FIRST_YEAR) + (not chronology.zoned)
