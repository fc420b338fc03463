"""Read what a recording's header says, and find out whether it is true."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO

import soundfile

from detector.audio import chunks, fields, flac, mpeg_runs, ogg
from detector.audio.decode import Sound, decoding, reason
from detector.audio.header import SAMPLE_BYTES, Header
from detector.audio.limits import DEFAULT_LIMITS, Limits
from detector.audio.status import Status
from detector.audio.view import View
from detector.errors import RecordingError
from detector.place import Identity, Named, Place, place_of

_SAMPLES_PER_BYTE = 65536  # more than any coding gets into a byte: what claims more is not to be believed
_MPEG_PADDING = 4 * 1152  # samples that encoders put before and behind the sound, at most
_UNKNOWN = "format not recognised"
_WITH_SIZES = {"WAV", "WAVEX"}  # of 32 bits, just before the samples
_LONGEST_HEAD = 1 << 20  # bytes
_LONGEST_GUANO = 1 << 16  # bytes
_WITH_CHUNKS = {"WAV", "WAVEX", "RF64", "W64", "AIFF"}


@dataclass(frozen=True, slots=True)
class _Open:
    """A recording whose header is being read: where it is, its open file, and which file that is."""

    place: Place
    file: BinaryIO
    identity: Identity

    @property
    def size(self) -> int:
        """Give the size of the file in bytes."""
        return self.identity.size

    @property
    def suffix(self) -> str:
        """Give the extension of its name, in small letters."""
        return PurePosixPath(self.place.name).suffix.lower()


def read_header(recording: Named, limits: Limits = DEFAULT_LIMITS) -> Header:
    """Read the header of a recording, whose file is opened once for that.

    Raises
    ------
    RecordingError
        Where the file is missing, no ordinary file, of no bytes, not to be read, not audio, or beyond `limits`.
    """
    place = place_of(recording)
    try:
        with place.open() as file:
            opened = _Open(place, file, place.identity(file))
            if opened.size == 0:
                raise RecordingError(f"{place}: is an empty file (0 bytes)")
            header = _read(opened)
    except OSError as error:
        raise RecordingError(f"{place}: cannot be read: {error.strerror or error}") from error
    except (
        soundfile.SoundFileError,
        TypeError,
    ) as error:  # TypeError: a name in .raw, which libsndfile asks more about
        why = reason(error) if isinstance(error, soundfile.SoundFileError) else _UNKNOWN
        why = _UNKNOWN if "does not exist" in why else why  # said of MP3 files without a frame; this file does exist
        raise RecordingError(f"{place}: is not audio that can be read: {why}") from error
    limits.check(str(place), header.sample_rate, header.n_channels)
    return header


def _read(recording: _Open) -> Header:
    """Read a header by the rules of its format."""
    file = recording.file
    start = file.read(4)
    layout = chunks.find_layout(file)
    if layout is not None:
        header = _with_chunks(recording)
        guano = _guano(file, layout)
        return replace(header, guano=guano) if guano else header
    info = flac.read_stream_info(file) if start == b"fLaC" or start[:3] == b"ID3" else None
    if info is not None:
        return _with_true_info(recording, info)
    like_mpeg = start[:3] == b"ID3" or start[:1] == b"\xff" or recording.suffix == ".mp3"
    if like_mpeg:
        plan = mpeg_runs.plan(file, recording.size)
        header = _in_runs(recording, plan) if plan.runs else _as_decoded(recording, plan.view)
        if header.format == "MP3":
            return replace(header, faults=(plan.fault,) if plan.fault else ())
    elif start == b"OggS":
        return _with_pages(recording)
    else:
        header = _as_decoded(recording)
    return _with_pages(recording) if header.format == "OGG" else header


def _guano(file: BinaryIO, layout: chunks.Layout) -> str:
    """Read the GUANO chunk (guano-md.org), which bat detectors write into WAV files; empty without one."""
    for chunk in chunks.walk(file, layout, layout.first):
        if chunk.name == b"guan":
            file.seek(chunk.offset)
            return file.read(min(chunk.size, _LONGEST_GUANO)).decode("utf-8", "replace")
    return ""


def _in_runs(recording: _Open, plan: mpeg_runs.Plan) -> Header:
    """Take what libsndfile says of the longest run of an MP3 file, and its length from the whole, if that can be."""
    header = replace(_as_decoded(recording, plan.longest), view=None, runs=plan.runs, status="damaged")
    with suppress(soundfile.SoundFileError):
        whole = _as_decoded(recording)
        alike = (whole.sample_rate, whole.n_channels) == (header.sample_rate, header.n_channels)
        if alike and whole.n_frames is not None and 0 <= plan.n_samples - whole.n_frames <= _MPEG_PADDING:
            return replace(header, n_frames=whole.n_frames)
    return header


def _with_chunks(recording: _Open) -> Header:
    """Read the header of a file that is cut into chunks."""
    file = recording.file
    witness = fields.examine(file, recording.size)
    header = _as_decoded(recording) if witness is None else _with_true_fields(recording, witness)
    return _with_true_extent(header, file, recording.size, witness) if header.format in _WITH_CHUNKS else header


def _as_decoded(recording: _Open, view: View | None = None) -> Header:
    """Take what libsndfile says of a recording, or of what `view` shows of it."""
    with decoding(recording.file, view) as sound:
        if sound.samplerate < 1 or sound.channels < 1:
            raise RecordingError(
                f"{recording.place}: gives {sound.samplerate} Hz and {sound.channels} channels; both must be above 0"
            )
        n_frames = sound.frames if view is None and 0 <= sound.frames <= recording.size * _SAMPLES_PER_BYTE else None
        header = Header(
            recording.place, sound.format, sound.subtype, sound.samplerate, sound.channels, n_frames, view=view,
            comment=_comment(sound), identity=recording.identity,
        )  # fmt: skip
    if view is not None:
        with suppress(soundfile.SoundFileError), decoding(recording.file) as whole:
            return replace(header, comment=_comment(whole))
    return header


def _comment(sound: Sound) -> str:
    return str(sound.copy_metadata().get("comment", ""))


def _with_true_fields(recording: _Open, witness: fields.Witness) -> Header:
    """Take a header whose fields contradict each other, or that libsndfile refuses, as it must have been."""
    true = witness.true
    faults = (witness.fault,) if witness.fault else ()
    try:
        header = _as_decoded(recording)
    except soundfile.SoundFileError:
        if not witness.usable:
            raise
        assert true.subtype is not None
        layout = chunks.find_layout(recording.file)
        status: Status = "ok"
        if layout is not None and chunks.has_two(recording.file, layout):
            faults = (*faults, "damaged: it has two chunks of samples; only the first is read")
            status = "damaged"
        return Header(
            recording.place, "WAV", true.subtype, true.sample_rate, true.n_channels, None,
            faults=faults, status=status, identity=recording.identity, raw=True,
        )  # fmt: skip
    if not faults:
        return header
    header = replace(header, faults=faults, status="ok" if witness.certain else "damaged")
    if true.sample_rate != witness.stated.sample_rate:
        header = replace(header, sample_rate=true.sample_rate)
    if witness.recoded and true.subtype is not None:
        return replace(header, subtype=true.subtype, n_channels=true.n_channels, raw=True)
    return header


def _with_true_info(recording: _Open, info: flac.StreamInfo) -> Header:
    """Compare the metadata of a FLAC file with its frames."""
    true = flac.true_info(recording.file, recording.size, info)
    if true is None:
        return replace(_as_decoded(recording), flac=info)
    wrong = [
        f"{stated} {unit} instead of {found}"
        for stated, found, unit in (
            (info.sample_rate, true.sample_rate, "Hz"),
            (info.n_channels, true.n_channels, "channels"),
            (info.bits, true.bits, "bits"),
            (info.audio, true.audio, "bytes before its frames"),
            (info.total, true.total, "samples"),
        )
        if stated != found and not (unit == "samples" and (stated == 0 or stated > found))
    ]
    if not wrong:
        header = replace(_as_decoded(recording), flac=true, n_held=true.total)
        if info.total and header.n_frames is None:
            header = replace(header, faults=(f"its header claims {info.total} samples, which no file of its size has",))
        return header
    view = View(true.audio, recording.size, true.head())
    header = replace(_as_decoded(recording, view), n_frames=true.total, comment="")
    with suppress(soundfile.SoundFileError), decoding(recording.file) as sound:
        header = replace(header, comment=_comment(sound))
    return replace(header, flac=true, n_held=true.total, faults=(f"its header claims {', '.join(wrong)}",))


def _with_pages(recording: _Open) -> Header:
    """Look through the pages of an Ogg file for what is lost, and for streams that follow the first one."""
    file = recording.file
    links = ogg.survey(file, recording.size)
    try:
        header = _as_decoded(recording)
        refused = False
    except soundfile.SoundFileError:  # its first page with sound is damaged, or another stream stands before the sound
        found = _of_runs(recording, links)
        if found is None:
            raise
        header = found
        refused = True
    if header.format != "OGG" or not links or not links[0].headers:
        return header
    faults: list[str] = []
    status: Status = "ok"
    if n_strange := sum(link.n_strange for link in links):
        faults.append(f"damaged: {n_strange} bytes between its pages are none")
        status = "damaged"
    if not all(link.whole for link in links):
        faults.append("damaged: its pages do not follow one another")
        status = "damaged"
    if not links[-1].ended:
        faults.append("truncated: its last page is missing")
        status = "truncated" if status == "ok" else status
    header = replace(header, faults=tuple(faults), status=status)
    if len(links) == 1 and links[0].whole and not refused:
        return header
    links = tuple(_since(header, file, link) for link in links)
    known = links[-1].ended and (refused or not all(link.whole for link in links))
    n_frames = ogg.length(file, links, header.sample_rate) if known else None
    return replace(header, links=links, n_frames=n_frames)


def _since(header: Header, file: BinaryIO, link: ogg.Link) -> ogg.Link:
    """Find out how many samples a stream's positions count before its first one, where that is not lost."""
    if not link.headers or not link.runs or not link.runs[0].first:
        return link
    run = link.runs[0]
    head = ogg.header_pages(file, link)
    with suppress(soundfile.SoundFileError), header.decoding(file, View(run.start, run.end, head)) as sound:
        before = ogg.samples_until(link, run.granule, head, header.sample_rate) - sound.frames
        return replace(link, before=before) if before > header.sample_rate else link
    return link


def _of_runs(recording: _Open, links: Sequence[ogg.Link]) -> Header | None:
    """Take what libsndfile says of the longest run of pages that it opens; None where it opens none."""
    runs = [(link, run) for link in links if link.headers for run in link.runs]
    for link, run in sorted(runs, key=lambda pair: pair[1].start - pair[1].end):
        view = View(run.start, run.end, ogg.header_pages(recording.file, link, within=True))
        with suppress(soundfile.SoundFileError):
            return replace(_as_decoded(recording, view), view=None)
    return None


def _with_true_extent(header: Header, file: BinaryIO, size: int, witness: fields.Witness | None = None) -> Header:
    """Compare the size fields of a file cut into chunks with the file."""
    frame = SAMPLE_BYTES.get(header.subtype, 0) * header.n_channels  # 0: frames are no fixed number of bytes
    extent = chunks.measure(file, size, second=max(frame, 1) * header.sample_rate)
    if extent is None:
        if header.raw:
            raise RecordingError(f"{header.place}: is not audio that can be read: its samples are not to be found")
        return header
    held = extent.end - extent.start
    n_frames, view, faults, status = header.n_frames, None, header.faults, header.status
    if extent.fault:
        faults = (*faults, extent.fault)
    if frame and (extent.mended or header.raw):
        view = View(extent.start, extent.end - held % frame, raw=witness.order if witness else extent.order)
    if frame and extent.claimed and extent.claimed % frame:
        faults = (*faults, f"its header claims {extent.claimed} bytes of samples, which is no whole number of them")
    if extent.claimed is None:
        n_frames = held // frame if frame else None  # what the file holds is all there is
    elif frame and extent.claimed <= chunks.MOST_BYTES:
        n_frames = extent.claimed // frame
    elif n_frames is not None and 0 < held < extent.claimed <= chunks.MOST_BYTES:
        n_frames = n_frames * extent.claimed // held
    known = header.format in _WITH_SIZES and extent.order == "LITTLE" and extent.start <= _LONGEST_HEAD
    if extent.mended and not frame and known and extent.end < chunks.WRAP:
        view = View(extent.start, extent.end, chunks.sized_head(file, extent))
    if extent.unread or (extent.mended and not frame and view is None):
        status = "damaged"
        faults = (*faults, f"{extent.unread or held} bytes follow the samples that the header claims; not read")
    n_held = held // frame if frame else None
    return replace(header, n_frames=n_frames, view=view, faults=faults, status=status, n_held=n_held)
