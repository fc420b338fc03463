"""Describe a recording that was scanned: how much of it, with what faults."""

from __future__ import annotations

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
    *,
    in_series: bool,
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
    in_series : bool
        Whether windows go on into other recordings, so that it cannot be too short for a window.
    """
    status, found = judge(header, channels, facts)
    faults = "; ".join((*header.faults, *found))
    whole = facts.ended()
    n_claimed = whole.n_read if header.n_frames is None else header.n_frames
    n_samples = facts.n_read * recipe.audio.sample_rate // header.sample_rate
    shortest = round(recipe.window.duration * recipe.audio.sample_rate)
    short = not in_series and n_samples < shortest
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
    return Scanned(
        header.place,
        header.chronology,
        effort,
        remarks=(f"{header.place}: {faults}",) if faults else (),
        heard_s=n_samples / recipe.audio.sample_rate,
        identity=header.identity,
    )


def _status_of(status: Status, *, sounding: bool, short: bool) -> Status:
    """Return the status of one channel of a recording."""
    if status != "ok":
        return status
    if not sounding:
        return "silent"
    return "short" if short else "ok"
