"""The first step of a scan: read the header of a recording, and cut the recording into parts.

A part is a row of windows. Scoring it reads the sound of its windows, and some sound before them, on which the state of
the front end depends. Two parts share no results, so each can be scored on any thread or machine.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from math import prod
from typing import TYPE_CHECKING

from detector.audio.channels import channel_names
from detector.audio.header import Header
from detector.audio.limits import DEFAULT_LIMITS, Limits
from detector.audio.reading import read_header
from detector.audio.series import length_of, starts_of
from detector.audio.stream import MOST_SAMPLES
from detector.chronology import Chronology
from detector.errors import ContentError
from detector.model import Model
from detector.place import Identity, Named, Place
from detector.scanning.engine import STRIP_BYTES, strip_columns
from detector.scanning.layout import Layout

if TYPE_CHECKING:
    from detector.audio.times.pattern import TimePattern

# A part is at most about as long as the longest of these three:
PART_S = 180.0
PART_WINDOWS = 40  # in windows
PART_SETTLED = 8  # in lengths of the sound that it reads before its windows
FLOAT_BYTES = 4
KEPT_COPIES = 3  # of waiting frames and columns, while they are joined and cut


@dataclass(frozen=True)
class Part:
    """A row of windows of one recording, in all scanned channels. Any process can score it.

    Attributes
    ----------
    header : Header
        Of the recording. Decoding refuses a file that has changed since.
    channels : tuple of str
        Names of the channels, as `AudioStream` gives them.
    first, end : int, int or None
        Its first window, and the one after its last, counted from 0. None stands for the end of the recording.
    fingerprint : str
        Of the model and the options with which it must be scored.
    followers : tuple of Header
        The recordings that follow, if `header` is that of the first recording of a series.
    series : str
        What identifies the series: another one if one of its files changed. Empty for a recording by itself.
    """

    header: Header
    channels: tuple[str, ...]
    first: int
    end: int | None
    fingerprint: str
    followers: tuple[Header, ...] = ()
    series: str = ""

    @property
    def headers(self) -> tuple[Header, ...]:
        """Return the headers of the recording, or of all recordings of the series."""
        return (self.header, *self.followers)

    def place_at(self, sample: int) -> Place:
        """Return the file that holds a sample of the recording or series."""
        headers = self.headers
        return headers[bisect_right(starts_of(headers), sample) - 1].place

    @property
    def is_last(self) -> bool:
        """Return whether it goes on to the end of the recording."""
        return self.end is None

    @property
    def n_windows(self) -> int | None:
        """Return the number of its windows; None if they go on to the end of the recording."""
        return None if self.end is None else self.end - self.first


@dataclass(frozen=True)
class Plan:
    """The plan for the scan of a recording, or of a series of recordings.

    Attributes
    ----------
    header : Header
        Of the recording.
    channels : tuple of str
        The channels to scan.
    n_windows : int
        Number of windows that the recording should have by its header.
    length : int
        Number of windows of a part.
    fingerprint : str
        Of the model and the options.
    followers : tuple of Header
        The recordings that follow the first one in a series; empty for a recording by itself.
    series : str
        As in `Part`.
    """

    header: Header
    channels: tuple[str, ...]
    n_windows: int
    length: int
    fingerprint: str
    followers: tuple[Header, ...] = ()
    series: str = ""

    @property
    def headers(self) -> tuple[Header, ...]:
        """Return the headers of all recordings."""
        return (self.header, *self.followers)

    @property
    def recording(self) -> Place:
        """Return the file."""
        return self.header.place

    @property
    def identity(self) -> Identity | None:
        """Return the state of the file when it was planned."""
        return self.header.identity

    @property
    def chronology(self) -> Chronology | None:
        """Return when the recording was made; None if unknown."""
        return self.header.chronology

    def parts(self) -> Iterator[Part]:
        """Yield the parts in order; the last one goes on to the end of the recording."""
        for first in range(0, max(1, self.n_windows), self.length):
            end = first + self.length if first + self.length < self.n_windows else None
            yield Part(self.header, self.channels, first, end, self.fingerprint, self.followers, self.series)


class Planner:
    """Plan the scan of recordings. It keeps nothing between them, and threads may share it.

    Parameters
    ----------
    model : Model
        The model that will score.
    layout : Layout
        The windows, and the engine.
    fingerprint : str
        Of the model and the options.
    limits : Limits
        The largest values that a recording may have.
    timezone : tzinfo, optional
        Zone of times that are written without one.
    time_pattern : TimePattern, optional
        Where the time stands in the names of recordings.
    """

    def __init__(
        self,
        model: Model,
        layout: Layout,
        fingerprint: str,
        limits: Limits = DEFAULT_LIMITS,
        timezone: tzinfo | None = None,
        time_pattern: TimePattern | None = None,
    ) -> None:
        self._model = model
        self._layout = layout
        self._fingerprint = fingerprint
        self._limits = limits
        self._timezone = timezone
        self._time_pattern = time_pattern
        settled_s = model.scale.settled / layout.grid.frame_rate
        seconds = max(PART_S, PART_WINDOWS * model.recipe.window.duration, PART_SETTLED * settled_s)
        self._longest = max(1, round(seconds / layout.grid.hop_s))

    def plan(self, recording: Named) -> Plan:
        """Read a recording's header, and plan its scan.

        Raises
        ------
        RecordingError
            If the file cannot be read, is beyond a limit, or does not have the channel.
        """
        header = read_header(recording, self._limits, self._timezone, self._time_pattern)
        channels = channel_names(header, self._model.recipe.audio.channel)
        self._check_memory(header, len(channels))
        return self.cut(header, channels)

    def cut(self, header: Header, channels: tuple[str, ...]) -> Plan:
        """Cut a recording into parts; into one part if it can only be decoded from its beginning."""
        n_windows = 1
        if header.n_planned is not None and header.divisible:
            n_windows = self._count(header.n_planned, header.sample_rate)
        return Plan(header, channels, n_windows, equal_parts(n_windows, self._longest), self._fingerprint)

    def joined(self, plans: Sequence[Plan]) -> Plan:
        """Return the plan for a series, given the plans of its recordings; see `detector.scanning.series`."""
        first, *others = plans
        if not others:
            return first
        followers = tuple(replace(plan.header, chunks=(), comment="") for plan in others)  # thousands, so keep little
        n_samples = sum(length_of(plan.header) for plan in plans)
        n_windows = self._count(n_samples, first.header.sample_rate)
        length = equal_parts(n_windows, self._longest)
        series = key_of_series([plan.header for plan in plans])
        return Plan(first.header, first.channels, n_windows, length, self._fingerprint, followers, series)

    def rest(self, plan: Plan, n_done: int) -> Plan | None:
        """Return the plan of what is left of a series after its first `n_done` recordings; None if nothing is left."""
        headers = plan.headers[n_done:]
        return self.joined([self.cut(header, plan.channels) for header in headers]) if headers else None

    def _count(self, n_samples: int, sample_rate: int) -> int:
        """Count the windows of a recording of `n_samples` in the file."""
        n_frames = self._model.power.count_frames(n_samples * self._model.recipe.audio.sample_rate // sample_rate)
        return self._layout.grid.count(n_frames)

    def _check_memory(self, header: Header, n_channels: int) -> None:
        """Raise `RecordingError` if scanning all channels at once would need more memory than the limit, about."""
        if n_channels == 1:
            return
        geometry = self._model.network.geometry
        strip = strip_columns(geometry, self._layout)
        frames = self._model.recipe.n_bands * (strip * self._layout.step + geometry.frames.size)
        columns = prod(geometry.trunk_output[:2]) * (strip + geometry.columns)
        channel_bytes = FLOAT_BYTES * KEPT_COPIES * (frames + columns)
        shared_bytes = 2 * STRIP_BYTES + FLOAT_BYTES * KEPT_COPIES * MOST_SAMPLES
        needed_mb = (n_channels * channel_bytes + shared_bytes) / 1e6
        if needed_mb > self._limits.memory:
            raise ContentError(
                f"{header.place}: scanning its {n_channels} channels side by side takes about {needed_mb:.0f} MB; "
                f"at most {self._limits.memory} MB may be used (limit: memory)"
            )


def key_of_series(headers: Sequence[Header]) -> str:
    """Return what identifies a series: the names of its files, their sizes, and the times of their last changes."""
    states = [
        (header.place.name, header.identity and (header.identity.size, header.identity.modified_ns))
        for header in headers
    ]
    return hashlib.sha256(repr(states).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def equal_parts(n_windows: int, most: int) -> int:
    """Return the number of windows of a part, at most `most`.

    All parts are equally long. More than two parts are a multiple of four, so that workers end at about the same time.
    """
    n_parts = -(-n_windows // most)
    n_parts += -n_parts % (4 if n_parts > 2 else 1)
    return max(1, -(-n_windows // n_parts)) if n_parts else most
