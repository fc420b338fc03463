"""Read the header of a FLAC file, and correct it by its first and last frame."""

from __future__ import annotations

from dataclasses import replace

from detector.audio import flac
from detector.audio.flac_metadata import StreamInfo
from detector.audio.header import Header
from detector.audio.opened import OpenRecording, header_by_libsndfile, with_comment
from detector.audio.view import View


def read_flac_header(recording: OpenRecording, info: StreamInfo) -> Header:
    """Read the header of a FLAC file with the metadata `info`.

    Raises
    ------
    soundfile.SoundFileError
        If libsndfile cannot read it.
    """
    true = flac.true_info(recording.file, recording.size, info)
    if true is None:
        return replace(header_by_libsndfile(recording), flac=info)
    wrong = _wrong(info, true)
    if not wrong:
        header = replace(header_by_libsndfile(recording), flac=true, n_held=true.total)
        if info.total and header.n_frames is None:
            header = replace(header, faults=(f"its header claims {info.total} samples, which no file of its size has",))
        return header
    view = View(true.audio, recording.size, true.head())
    header = replace(header_by_libsndfile(recording, view), n_frames=true.total, comment="")
    header = with_comment(header, recording)
    return replace(header, flac=true, n_held=true.total, faults=(f"its header claims {', '.join(wrong)}",))


def _wrong(info: StreamInfo, true: StreamInfo) -> list[str]:
    """List the values of the metadata that differ from the true ones.

    Fewer samples than the metadata say are no fault of the metadata: the file was cut.
    """
    wrong = [
        f"{stated} {unit} instead of {actual}"
        for stated, actual, unit in (
            (info.sample_rate, true.sample_rate, "Hz"),
            (info.n_channels, true.n_channels, "channels"),
            (info.bits, true.bits, "bits"),
            (info.audio, true.audio, "bytes before its frames"),
        )
        if stated != actual
    ]
    if 0 < info.total < true.total:
        wrong.append(f"{info.total} samples instead of {true.total}")
    return wrong
