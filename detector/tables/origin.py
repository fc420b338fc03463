"""What made the detections of a table, and which recordings were searched; some formats say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Origin:
    """What made the detections.

    Attributes
    ----------
    labels : tuple of str
        The labels that were searched for, found or not.
    parameters : mapping of str to str
        How they were searched for, for example {"model": "call-activity", "hop_s": "0.25"}. Names are plain words.
    band_hz : tuple of float or None
        Lowest and highest frequency that was listened to, Hz. Raven draws boxes, so a selection whose band is unknown
        gets this one.
    outputs : tuple of str
        The columns of a table of scores.
    """

    labels: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    band_hz: tuple[float, float] | None = None
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Searched:
    """A recording that was searched.

    Attributes
    ----------
    recording : str
        Path of the file, as the table names it.
    seconds : float
        Its length, s.
    start_time, end_time : str or None
        When it begins and ends, in ISO 8601; None if unknown.
    """

    recording: str
    seconds: float
    start_time: str | None = None
    end_time: str | None = None
