"""Decode recordings that follow one another without a pause as one recording: a series."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from detector.audio.header import Header
from detector.audio.resampling import Samples
from detector.audio.stream import AudioFormat, AudioStream, Stretch
from detector.audio.verdict import Facts
from detector.clock import Clock
from detector.errors import RecordingError


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """The facts that decoding a series found out about one of its recordings.

    Attributes
    ----------
    number : int
        Of the recording, from 0.
    facts : Facts
        Its facts, with samples that count from its own start.
    broken : bool
        Whether decoding stopped before its end.
    failure : str
        Why the file could not be read; empty if it could.
    """

    number: int
    facts: Facts
    broken: bool = False
    failure: str = ""

    def joined_with(self, later: MemberFacts) -> MemberFacts:
        """Return the facts of this stretch together with those of a later stretch of the same recording."""
        return MemberFacts(
            self.number,
            self.facts.joined_with(later.facts),
            self.broken or later.broken,
            self.failure or later.failure,
        )


def starts_of(headers: Sequence[Header]) -> list[int]:
    """Return the sample of a series at which each of its recordings starts."""
    return [0, *accumulate(length_of(header) for header in headers[:-1])]


def length_of(header: Header) -> int:
    """Return the number of samples of a recording of a series."""
    assert header.n_planned is not None
    return header.n_planned


class SeriesStream(AudioStream):
    """Decode a series, or a stretch of it, block by block.

    The samples are to the last bit those of one file that holds all of it. The stream ends with the first recording
    that cannot be decoded to its end.

    Parameters
    ----------
    headers : sequence of Header
        Of the recordings, in order, with the same sample rate and number of channels. All know their length, and can
        be decoded from any sample on.
    audio, block_s, stretch, clock
        As for `AudioStream`. The samples of a stretch, and of `facts`, count from the start of the series.

    Attributes
    ----------
    members : list of MemberFacts
        The facts found so far, by recording.
    """

    def __init__(
        self,
        headers: Sequence[Header],
        audio: AudioFormat,
        block_s: float = 10.0,
        stretch: Stretch | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(headers[0], audio, block_s, stretch, clock)
        self._headers = headers
        self._starts = starts_of(headers)
        self.members: list[MemberFacts] = []

    def decoded(self, first: int, end: int | None) -> Iterator[Samples]:
        """Decode the samples of the series from `first` to `end`, as `AudioStream.decoded` does."""
        last = len(self._headers) - 1
        for number in range(bisect_right(self._starts, first) - 1, len(self._headers)):
            start = self._starts[number]
            if end is not None and start >= end:
                return
            wanted_end = None if end is None else end - start
            if number < last:
                length = length_of(self._headers[number])
                wanted_end = length if wanted_end is None else min(length, wanted_end)
            yield from self._of_member(number, max(0, first - start), wanted_end)
            if self.members[-1].broken:
                self.at_end = True
                return

    def _of_member(self, number: int, first: int, end: int | None) -> Iterator[Samples]:
        """Decode samples of one recording, and keep its facts. An error of the file becomes one of them."""
        start = self._starts[number]
        first_answer, end_answer = self._stretch.answers
        answers = (max(0, first_answer - start), None if end_answer is None else max(0, end_answer - start))
        member = AudioStream(self._headers[number], self._audio, self._block_s, Stretch(answers=answers))
        failure = ""
        position = first
        try:
            for block in member.decoded(first, end):
                yield block if end is None else block[: end - position]  # a hole may reach beyond the end
                position += len(block)
        except RecordingError as error:
            failure = str(error)
        facts = member.facts
        is_last = number == len(self._headers) - 1
        broken = bool(failure or facts.error) or (not is_last and member.at_end)
        self.at_end = is_last and member.at_end
        self.members.append(MemberFacts(number, facts, broken, failure))
        holes = tuple((hole_start + start, hole_end + start) for hole_start, hole_end in facts.holes)
        n_read = facts.n_read + start if facts.n_read else 0
        self.facts = self.facts.joined_with(replace(facts, holes=holes, n_read=n_read))
