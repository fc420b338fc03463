"""What is known of a recording before it is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from detector.audio import flac, mpeg_runs, ogg
from detector.audio.decode import Sound, decoding
from detector.audio.status import Status
from detector.audio.view import View
from detector.errors import RecordingError
from detector.place import Identity, Place
from detector.place.protocol import CHANGED

SAMPLE_BYTES = {  # of codings in which each sample takes as many
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


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a recording before it is decoded.

    Attributes
    ----------
    place : Place
        Where the file is.
    format, subtype : str
        As libsndfile names them, such as "WAV" and "PCM_16".
    sample_rate : int
        In Hz.
    n_channels : int
        From 1.
    n_frames : int or None
        Samples of each channel that the header claims, put right where that can be done; None where it does not say, or
        says what cannot be.
    faults : tuple of str
        What is wrong with the header, in words.
    status : str
        What that makes of the recording: "ok" where all samples can be read nevertheless.
    view : View or None
        Which part of the file to decode, where its header has to be passed over.
    n_held : int or None
        So many samples the file holds at most; None where that is not known before it is decoded.
    comment : str
        What the recorder wrote into it.
    guano : str
        What its GUANO chunk holds (guano-md.org), which bat detectors write.
    identity : Identity or None
        Which file it was; decoding refuses another one.
    flac : StreamInfo or None
        Of a FLAC file, what its metadata say, or should say.
    links : tuple of Link
        Of an Ogg file that is not one whole stream, its streams.
    runs : tuple of Run
        Of an MP3 file with gaps between its frames, what lies between the gaps.
    raw : bool
        Whether libsndfile is not to see its header.
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
    guano: str = ""
    identity: Identity | None = None
    flac: flac.StreamInfo | None = None
    links: tuple[ogg.Link, ...] = ()
    runs: tuple[mpeg_runs.Run, ...] = ()
    raw: bool = False

    @property
    def divisible(self) -> bool:
        """Say whether decoding can begin at any sample: where each takes as many bytes, and in FLAC."""
        return self.subtype in SAMPLE_BYTES

    @property
    def n_planned(self) -> int | None:
        """Give the samples to plan for: those that the header claims, as far as the file can hold them."""
        if self.n_frames is None or self.n_held is None:
            return self.n_frames
        return min(self.n_frames, self.n_held)

    def file(self) -> BinaryIO:
        """Open the file as bytes; raises `RecordingError` where it is no longer what it was."""
        return self.place.open(self.identity)

    def decoding(self, file: BinaryIO, view: View | None = None) -> AbstractContextManager[Sound]:
        """Decode what `view` shows of the recording's open file; without one, all that its header lets through.

        Raises
        ------
        soundfile.SoundFileError
            Where it cannot be decoded.
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
        """Open the recording for decoding; raises as `file` and `decoding`."""
        with self.file() as file, self.decoding(file) as sound:
            yield sound

    def check_unchanged(self) -> None:
        """Raise `RecordingError` where the file is no longer what it was. It is not opened for that."""
        if self.identity not in {None, self.place.identity()}:
            raise RecordingError(f"{self.place}: {CHANGED}")
