"""What decoding brings to light of a recording, and what that makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from detector.audio.header import Header
from detector.audio.status import Status

_LOSSY = {"MP3", "OGG"}
_NAMED = 10  # holes that are listed
_TOLERANCE_S = 0.1  # codecs pad: their headers may claim a little more than comes out
_WORSE: tuple[Status, ...] = ("ok", "silent", "truncated", "damaged", "empty", "failed")


Hole = tuple[int, int]
"""Samples of the file that could not be read although later ones could: the first, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What decoding a recording, or a stretch of it, brought to light.

    Attributes
    ----------
    sounding : tuple of bool
        For each channel, whether a sample was not 0.
    n_read : int
        Up to which sample of the file it was read, counted from the recording's start.
    n_absurd : int
        How many samples were no numbers, or far beyond what any recorder gives.
    error : str
        Why decoding stopped; empty where nothing stopped it.
    holes : tuple of Hole
        What could not be read before `n_read`, in order.
    disturbed : bool
        Whether there was something between its samples that does not belong there.
    """

    sounding: tuple[bool, ...]
    n_read: int = 0
    n_absurd: int = 0
    error: str = ""
    holes: tuple[Hole, ...] = ()
    disturbed: bool = False

    @property
    def n_scanned(self) -> int:
        """Count the samples that were read."""
        return self.n_read - sum(end - start for start, end in self.holes)

    def of(self, channel: int) -> Facts:
        """Give the facts of one channel, by its number."""
        return replace(self, sounding=self.sounding[channel : channel + 1])

    def joined_with(self, later: Facts) -> Facts:
        """Give the facts of this stretch and of a later one of the same channels together."""
        return Facts(
            sounding=tuple(mine or other for mine, other in zip(self.sounding, later.sounding, strict=True)),
            n_read=max(self.n_read, later.n_read),
            n_absurd=self.n_absurd + later.n_absurd,
            error=self.error or later.error,
            holes=joined((*self.holes, *later.holes)),
            disturbed=self.disturbed or later.disturbed,
        )

    def ended(self) -> Facts:
        """Give them as those of a whole recording: a hole that goes on to the end is no hole, but the end."""
        n_read, holes = self.n_read, list(self.holes)
        while holes and holes[-1][1] >= n_read:
            n_read = holes.pop()[0]
        return replace(self, n_read=n_read, holes=tuple(holes))


def joined(holes: Sequence[Hole]) -> tuple[Hole, ...]:
    """Join holes that touch."""
    found: list[Hole] = []
    for start, end in sorted(holes):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def judge(header: Header, channels: Sequence[str], facts: Facts) -> tuple[Status, list[str]]:
    """Say what a recording is that was decoded, and what is wrong with it, a line each.

    The status is "ok", or the worst of "failed", "empty", "damaged", "truncated" and "silent", in this order.
    """
    found: list[tuple[Status, str]] = []
    facts = facts.ended()
    read_s, claimed = facts.n_read / header.sample_rate, header.n_frames or 0
    n_missing = claimed - facts.n_read
    n_tolerated = _TOLERANCE_S * header.sample_rate if header.format in _LOSSY else 0
    if facts.holes:
        found.append(("damaged", _holes(facts, header.sample_rate)))
    elif facts.disturbed and n_missing <= 0:
        found.append(("damaged", "damaged: there is something between its samples that does not belong there"))
    if facts.error:
        rest = "; the rest was not read" if facts.n_read else ""
        found.append(("damaged", f"decode error at {read_s:.1f} s: {facts.error}{rest}"))
    elif facts.n_read and n_missing > n_tolerated:
        status: Status = "damaged" if header.format == "OGG" else "truncated"  # Ogg tells a cut by itself
        line = f"{read_s:.1f} s of {claimed / header.sample_rate:.1f} s could be read ({n_missing} samples are missing)"
        found.append((status, f"{status}: {line}"))
    if facts.n_absurd:
        found.append(("damaged", f"{facts.n_absurd} samples are not finite, or beyond any recorder; taken as 0"))
    if facts.n_read == 0 and facts.error:
        found.append(("failed", "nothing of it could be decoded"))
    elif facts.n_read == 0:
        claim = f", though its header claims {header.n_frames}" if header.n_frames else ""
        found.append(("empty", f"holds no samples{claim}"))
    elif not any(facts.sounding):
        found.append(("silent", "silent"))
    else:
        silent = [name for name, sounding in zip(channels, facts.sounding) if not sounding]
        found.extend(("ok", f"channel {name} is silent") for name in silent)
    worst = max((header.status, *(status for status, _ in found)), key=_WORSE.index)
    return worst, [line for _, line in found]


def _holes(facts: Facts, sample_rate: int) -> str:
    """Say which seconds are missing."""
    total_s = sum(end - start for start, end in facts.holes) / sample_rate
    named = ", ".join(f"{start / sample_rate:.3f} to {end / sample_rate:.3f} s" for start, end in facts.holes[:_NAMED])
    more = f" and {len(facts.holes) - _NAMED} more" if len(facts.holes) > _NAMED else ""
    return f"damaged: {total_s:.3f} s could not be read: {named}{more}"
