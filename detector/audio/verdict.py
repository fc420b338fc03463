"""Collect facts while a recording is decoded, and judge the recording by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from detector.audio.header import Header
from detector.audio.status import Status

_LOSSY = {"MP3", "OGG"}
_MOST_LISTED = 10  # holes
_TOLERANCE_S = 0.1  # lossy encoders pad, so their headers may claim a little more sound than there is
_FROM_BEST_TO_WORST: tuple[Status, ...] = ("ok", "silent", "truncated", "damaged", "empty", "failed")

Hole = tuple[int, int]
"""The first sample that could not be read, and the next one that could. Both count from the file's first sample."""
_Fault = tuple[Status, str]
"""What a fault makes of a recording, and the line that describes it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that decoding found out about a recording, or about a stretch of it.

    Attributes
    ----------
    sounding : tuple of bool
        For each channel, whether any sample differs from 0.
    n_read : int
        The sample after the last one that was read, counted from the recording's start.
    n_absurd : int
        Number of samples that were not finite, or far louder than any recorder gives.
    error : str
        Why decoding stopped before the end; empty if it did not.
    holes : tuple of Hole
        The stretches before `n_read` that could not be read, in order.
    disturbed : bool
        Whether foreign bytes lie between the samples.
    """

    sounding: tuple[bool, ...]
    n_read: int = 0
    n_absurd: int = 0
    error: str = ""
    holes: tuple[Hole, ...] = ()
    disturbed: bool = False

    @property
    def n_scanned(self) -> int:
        """Return the number of samples of each channel that were read."""
        return self.n_read - sum(end - start for start, end in self.holes)

    def joined_with(self, later: Facts) -> Facts:
        """Return the facts of this stretch together with those of a later stretch of the same channels."""
        return Facts(
            sounding=tuple(
                earlier or afterwards for earlier, afterwards in zip(self.sounding, later.sounding, strict=True)
            ),
            n_read=max(self.n_read, later.n_read),
            n_absurd=self.n_absurd + later.n_absurd,
            error=self.error or later.error,
            holes=joined((*self.holes, *later.holes)),
            disturbed=self.disturbed or later.disturbed,
        )

    def ended(self) -> Facts:
        """Return the facts of a whole recording: one that ends with a hole ends where that hole begins."""
        n_read = self.n_read
        holes = list(self.holes)
        while holes and holes[-1][1] >= n_read:
            n_read = holes.pop()[0]
        return replace(self, n_read=n_read, holes=tuple(holes))


def joined(holes: Sequence[Hole]) -> tuple[Hole, ...]:
    """Sort holes, and join those that touch or overlap."""
    separate: list[Hole] = []
    for start, end in sorted(holes):
        if separate and start <= separate[-1][1]:
            separate[-1] = (separate[-1][0], max(end, separate[-1][1]))
        else:
            separate.append((start, end))
    return tuple(separate)


def judge(header: Header, channels: Sequence[str], facts: Facts) -> tuple[Status, list[str]]:
    """Judge a whole recording after it was decoded.

    Parameters
    ----------
    header : Header
        Of the recording.
    channels : sequence of str
        Names of the channels that `facts` describe.
    facts : Facts
        Of the whole recording.

    Returns
    -------
    status : str
        "ok", or the worst that holds of "failed", "empty", "damaged", "truncated" and "silent", in this order.
    faults : list of str
        A line for each fault.
    """
    facts = facts.ended()
    faults = [*_interruptions(header, facts), *_ending(header, facts), *_content(header, channels, facts)]
    worst = max((header.status, *(status for status, _ in faults)), key=_FROM_BEST_TO_WORST.index)
    return worst, [line for _, line in faults]


def _interruptions(header: Header, facts: Facts) -> Iterator[_Fault]:
    """Yield the fault, if any, of a recording that holds samples after something that could not be read."""
    if facts.holes:
        yield "damaged", _holes(facts, header.sample_rate)
    elif facts.disturbed and _n_missing(header, facts) <= 0:
        yield "damaged", "damaged: there is something between its samples that does not belong there"


def _ending(header: Header, facts: Facts) -> Iterator[_Fault]:
    """Yield the fault, if any, of a recording that ends too early."""
    read_s = facts.n_read / header.sample_rate
    n_missing = _n_missing(header, facts)
    n_tolerated = _TOLERANCE_S * header.sample_rate if header.format in _LOSSY else 0
    if facts.error:
        rest = "; the rest was not read" if facts.n_read else ""
        yield "damaged", f"decode error at {read_s:.1f} s: {facts.error}{rest}"
    elif facts.n_read and n_missing > n_tolerated:
        # an Ogg file that was cut has no last page, which the header's own status says already
        status: Status = "damaged" if header.format == "OGG" else "truncated"
        claimed_s = (header.n_frames or 0) / header.sample_rate
        line = f"{read_s:.1f} s of {claimed_s:.1f} s could be read ({n_missing} samples are missing)"
        yield status, f"{status}: {line}"


def _content(header: Header, channels: Sequence[str], facts: Facts) -> Iterator[_Fault]:
    """Yield the faults of the samples themselves: absurd values, no samples, silence."""
    if facts.n_absurd:
        yield "damaged", f"{facts.n_absurd} samples are not finite, or beyond any recorder; taken as 0"
    if facts.n_read == 0 and facts.error:
        yield "failed", "nothing of it could be decoded"
    elif facts.n_read == 0:
        claim = f", though its header claims {header.n_frames}" if header.n_frames else ""
        yield "empty", f"holds no samples{claim}"
    elif not any(facts.sounding):
        yield "silent", "silent"
    else:
        silent = [name for name, sounding in zip(channels, facts.sounding) if not sounding]
        for name in silent:
            yield "ok", f"channel {name} is silent"


def _n_missing(header: Header, facts: Facts) -> int:
    """Count the samples that the header claims beyond the last one read; below 0 if it claims fewer."""
    return (header.n_frames or 0) - facts.n_read


def _holes(facts: Facts, sample_rate: int) -> str:
    """List the seconds that are missing, up to `_MOST_LISTED` stretches of them."""
    total_s = sum(end - start for start, end in facts.holes) / sample_rate
    listed = facts.holes[:_MOST_LISTED]
    stretches = ", ".join(f"{start / sample_rate:.3f} to {end / sample_rate:.3f} s" for start, end in listed)
    more = f" and {len(facts.holes) - _MOST_LISTED} more" if len(facts.holes) > _MOST_LISTED else ""
    return f"damaged: {total_s:.3f} s could not be read: {stretches}{more}"
