"""Cut the clips of one recording: each stretch is decoded once, however many clips share it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.audio.contents import read_evidence
from detector.audio.header import Header
from detector.audio.limits import Limits
from detector.audio.original import original_blocks
from detector.audio.reading import read_header
from detector.cutouts.metadata import CHUNK, Source, guano
from detector.cutouts.wav import MOST_BYTES, WavWriter
from detector.errors import RecordingError
from detector.events import Event, Span
from detector.place import Place
from detector.tables.detection import Detection

ANY = Limits(rate=10**9, data=10**9)
"""A recording was scanned before, so whoever scanned it accepted its size."""

_DECIMALS = 3
"""Of times in s, as tables write them: so a clip is the same to the last byte, whether a scan or its table was cut."""


@dataclass(frozen=True)
class Cutout:
    """A detection, and the name of its clip."""

    detection: Detection
    name: str


@dataclass(frozen=True)
class _Clip:
    """A clip in progress. Samples count from the recording's start; `end` is the one after the last."""

    cutout: Cutout
    first: int
    onset: int
    end: int
    file: WavWriter

    @property
    def has_onset(self) -> bool:
        """Return whether more than the margin before the detection was written."""
        return self.first + self.file.n_samples > self.onset


def cut_recording(recording: Place, cutouts: Sequence[Cutout], folder: Path, margin_s: float) -> list[Cutout]:
    """Cut the clips of a recording.

    Parameters
    ----------
    recording : Place
        The file.
    cutouts : sequence of Cutout
        What to cut.
    folder : Path
        Where the clips go.
    margin_s : float
        Time before and after each detection, s; less at an end of the recording, and where the recorder paused.

    Returns
    -------
    list of Cutout
        Those that are written, in their order. A detection behind the end of the recording is left out.

    Raises
    ------
    RecordingError
        If the recording cannot be read, or a clip would be too large; then none of its clips is there.
    OSError
        If a clip cannot be written.
    """
    header = read_header(recording, ANY)
    source = _source(header)
    breaks = () if header.chronology is None else header.chronology.breaks()
    spans = [span_of(cutout.detection.event, margin_s, breaks) for cutout in cutouts]
    clips = [_begun(header, cutout, span, folder) for cutout, span in zip(cutouts, spans)]
    try:
        for stretch in stretches(clips, together=not _can_begin_anywhere(header)):
            _fill(header, stretch)
    except Exception:
        _drop(clips)
        raise
    _drop([clip for clip in clips if not clip.has_onset])
    finished = [clip for clip in clips if clip.has_onset]
    for clip in finished:
        first_s = clip.first / header.sample_rate
        length_s = clip.file.n_samples / header.sample_rate
        clip.file.finish(CHUNK, guano(source, clip.cutout.detection, first_s, length_s))
    return [clip.cutout for clip in finished]


def span_of(event: Event, margin_s: float, breaks: Sequence[float]) -> Span:
    """Return begin and end of a clip, s. Its margins do not reach beyond a break, where the recorder paused."""
    onset_s = round(event.start_s, _DECIMALS)
    offset_s = round(event.end_s, _DECIMALS)
    before = [moment for moment in breaks if round(moment, _DECIMALS) <= onset_s]
    behind = [moment for moment in breaks if round(moment, _DECIMALS) >= offset_s]
    start_s = max([0.0, onset_s - margin_s, *before[-1:]])
    end_s = min([offset_s + margin_s, *behind[:1]])
    return start_s, end_s


def _source(header: Header) -> Source:
    """Return what a recording says of itself."""
    try:
        with header.file() as file:
            return Source(read_evidence(header, file), header.chronology)
    except OSError as error:
        raise RecordingError(f"{header.place}: cannot be read: {error.strerror or error}") from error


def stretches(clips: Sequence[_Clip], *, together: bool) -> Iterator[list[_Clip]]:
    """Divide clips into groups that overlap, in order of time; or put all `together`."""
    group: list[_Clip] = []
    end = 0
    for clip in sorted(clips, key=lambda clip: clip.first):
        if group and not together and clip.first > end:
            yield group
            group = []
        group.append(clip)
        end = max(end, clip.end)
    if group:
        yield group


def _begun(header: Header, cutout: Cutout, span: Span, folder: Path) -> _Clip:
    """Begin a clip; raise `RecordingError` if it is too large for a WAV file."""
    start_s, end_s = span
    first = round(start_s * header.sample_rate)
    onset = round(cutout.detection.event.start_s * header.sample_rate)
    end = max(round(end_s * header.sample_rate), first + 1)
    if header.n_planned is not None:
        end = min(end, header.n_planned)
    file = WavWriter(folder / cutout.name, header.subtype, header.sample_rate, header.n_channels)
    if (end - first) * file.frame_bytes > MOST_BYTES:
        raise RecordingError(
            f"{header.place}: the clip from {start_s:.3f} to {end_s:.3f} s is too large for a WAV file (4 GiB)"
        )
    return _Clip(cutout, first, max(first, onset), end, file)


def _drop(clips: Sequence[_Clip]) -> None:
    """Remove the files of clips."""
    for clip in clips:
        clip.file.path.unlink(missing_ok=True)


def _can_begin_anywhere(header: Header) -> bool:
    """Return whether decoding can begin at any sample without decoding all that comes before."""
    return header.divisible or header.flac is not None


def _fill(header: Header, clips: Sequence[_Clip]) -> None:
    """Decode the stretch that holds some clips, in order of time, and write the samples of each."""
    waiting = deque(clips)
    begun: list[_Clip] = []
    for position, block in original_blocks(header, clips[0].first, max(clip.end for clip in clips)):
        block_end = position + len(block)
        while waiting and waiting[0].first < block_end:
            begun.append(waiting.popleft())
        for clip in begun:
            samples = block[max(0, clip.first - position) : max(0, clip.end - position)]
            if len(samples):
                clip.file.append(samples)
        begun = [clip for clip in begun if clip.end > block_end]
