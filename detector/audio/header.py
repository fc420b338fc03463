"""The facts about a recording that are known before it is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from detector.audio import mpeg_runs, ogg
from detector.audio.chunks import Chunk
from detector.audio.decode import Sound, decoding
from detector.audio.flac_metadata import StreamInfo
from detector.audio.status import Status
from detector.audio.view import View
from detector.chronology import Chronology
from detector.errors import RecordingError
from detector.place import CHANGED, Identity, Place

SAMPLE_BYTES = {
    "PCM_S8": 1,
    "PCM_U8": 1,
    "ULAW": 1,
    "ALAW": 1,
    "PCM_16": 2,
    "PCM_24": 3,
    "PCM_32": 4,
    "FLOAT": 4,
    "DOUBLE": 8,
}
"""Bytes of a sample, for the codings in which all samples have the same size."""


@dataclass(frozen=True, slots=True)
class Header:
    """The facts about a recording that are known before it is decoded.

    Attributes
    ----------
    place : Place
        Where the file is.
    format, subtype : str
        The container and the coding, by libsndfile's names, such as "WAV" and "PCM_16".
    sample_rate : int
        Samples of each channel a second, Hz.
    n_channels : int
        Number of channels, from 1.
    n_frames : int or None
        Samples of each channel that the header claims, corrected where possible. None if the header gives no number,
        or an impossible one.
    faults : tuple of str
        The faults of the header, a text for each.
    status : str
        The status that the faults give the recording. "ok" if all samples can be read in spite of them.
    view : View or None
        The part of the file to decode, if the header is wrong.
    n_held : int or None
        Most samples of each channel that the file can hold. None if only decoding can find out.
    comment : str
        The comment that the recorder wrote into the file.
    chunks : tuple of Chunk
        The first chunks of a file that is divided into chunks: WAV, RF64, W64 or AIFF.
    chronology : Chronology or None
        When the recording was made; None if no source tells it.
    identity : Identity or None
        The state of the file when the header was read. Decoding refuses a file in another state.
    flac : StreamInfo or None
        The metadata of a FLAC file, corrected by its frames.
    links : tuple of Link
        The streams of an Ogg file, unless it is a single undamaged one.
    runs : tuple of Run
        The stretches between the gaps of a damaged MP3 file.
    raw : bool
        Whether the samples are decoded without the header, because it is wrong.
    """

    place: Place
    format: str
    subtype: str
    sample_rate: int
    n_channels: int
    n_frames: int | None
    faults: tuple[str, ...] = ()
    status: Status = "ok"
    view: View | None = None
    n_held: int | None = None
    comment: str = ""
    chunks: tuple[Chunk, ...] = ()
    chronology: Chronology | None = None
    identity: Identity | None = None
    flac: StreamInfo | None = None
    links: tuple[ogg.Link, ...] = ()
    runs: tuple[mpeg_runs.Run, ...] = ()
    raw: bool = False

    @property
    def divisible(self) -> bool:
        """Return whether all samples take the same number of bytes, so that decoding can begin at any of them."""
        return self.subtype in SAMPLE_BYTES

    @property
    def n_planned(self) -> int | None:
        """Return the samples that the header claims, but at most those that the file can hold."""
        if self.n_frames is None or self.n_held is None:
            return self.n_frames
        return min(self.n_frames, self.n_held)

    def file(self) -> BinaryIO:
        """Open the file as bytes; raise `RecordingError` if it changed since the header was read."""
        return self.place.open(self.identity)

    def decoding(self, file: BinaryIO, view: View | None = None) -> AbstractContextManager[Sound]:
        """Open the recording's file for decoding.

        Parameters
        ----------
        file : binary file
            The recording, open for reading.
        view : View, optional
            The part to decode. By default, the header's own view, or else the whole file.

        Raises
        ------
        soundfile.SoundFileError
            If it cannot be decoded.
        OSError
            If the disk or the network cannot read the file.
        """
        view = view or self.view
        raw: dict[str, int | str] | None = None
        if view is not None and view.raw is not None:
            raw = {
                "format": "RAW",
                "subtype": self.subtype,
                "samplerate": self.sample_rate,
                "channels": self.n_channels,
                "endian": view.raw,
            }
        return decoding(file, view, raw)

    @contextmanager
    def opened(self) -> Iterator[Sound]:
        """Open the recording for decoding; raise the errors of `file` and `decoding`."""
        with self.file() as file, self.decoding(file) as sound:
            yield sound

    def check_unchanged(self) -> None:
        """Raise `RecordingError` if the file changed since the header was read. This does not open the file."""
        if self.identity not in {None, self.place.identity()}:
            raise RecordingError(f"{self.place}: {CHANGED}")
