"""Describe a recording that was scanned: how much of it, with what faults."""

from __future__ import annotations

from math import inf

from detector.audio.header import Header
from detector.audio.status import Status
from detector.audio.verdict import Facts, judge
from detector.recipe import Recipe
from detector.scanning.outcome import Scanned
from detector.tables.effort import Effort


def described(
    header: Header,
    channels: tuple[str, ...],
    facts: Facts,
    recipe: Recipe,
    series_s: tuple[float, float] | None = None,
) -> Scanned:
    """Return the result of a recording without its detections.

    Parameters
    ----------
    header : Header
        Of the recording.
    channels : tuple of str
        The channels that were scanned.
    facts : Facts
        What decoding found out about the whole recording.
    recipe : Recipe
        Of the model.
    series_s : (float, float), optional
        The times at which the recording and the next one begin in a series, s. A recording of a series cannot be
        too short for a window, because windows go on into the next one.
    """
    status, found = judge(header, channels, facts)
    faults = "; ".join((*header.faults, *found))
    whole = facts.ended()
    n_claimed = whole.n_read if header.n_frames is None else header.n_frames
    n_samples = facts.n_read * recipe.audio.sample_rate // header.sample_rate
    shortest = round(recipe.window.duration * recipe.audio.sample_rate)
    short = series_s is None and n_samples < shortest
    effort = tuple(
        Effort(
            header.place,
            channel,
            _status_of(status, sounding=sounding, short=short),
            n_claimed / header.sample_rate,
            whole.n_scanned / header.sample_rate,
            header.chronology,
            faults,
        )
        for channel, sounding in zip(channels, facts.sounding)
    )
    offset_s, until_s = series_s or (0.0, inf)
    return Scanned(
        header.place,
        header.chronology,
        effort,
        remarks=(f"{header.place}: {faults}",) if faults else (),
        heard_s=n_samples / recipe.audio.sample_rate,
        identity=header.identity,
        offset_s=offset_s,
        until_s=until_s,
    )


def _status_of(status: Status, *, sounding: bool, short: bool) -> Status:
    """Return the status of one channel of a recording."""
    if status != "ok":
        return status
    if not sounding:
        return "silent"
    return "short" if short else "ok"
