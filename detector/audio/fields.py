"""Find a damaged field in the header of a WAV, W64 or AIFF file, and correct it from the other fields.

A header gives the bytes of a frame, or of a second, although they follow from its other fields. So one damaged field
contradicts the others. Sources: IBM and Microsoft, Multimedia Programming Interface 1.0; Apple, AIFF 1.3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal

from detector.audio.chunks import Layout, find_layout, walk
from detector.audio.extent import measure

_FORMAT = struct.Struct("HHIIHH")
_COMMON = struct.Struct(">hIh")
_EXTENSIBLE = 0xFFFE
_SUBTYPES = {
    (1, 1): "PCM_U8", (1, 2): "PCM_16", (1, 3): "PCM_24", (1, 4): "PCM_32", (3, 4): "FLOAT", (3, 8): "DOUBLE",
    (6, 1): "ALAW", (7, 1): "ULAW",
}  # fmt: skip
_CODINGS = {coding for coding, _ in _SUBTYPES}
_LARGEST_FRAME = 8192


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a header that say how samples are coded.

    Attributes
    ----------
    coding : int
        WAV's number for the coding. 1: integers, 3: floating point, 6: A-law, 7: mu-law. Others are not examined.
    n_channels : int
        Number of channels.
    sample_bytes : int
        Bytes of a sample.
    sample_rate : int
        Samples of each channel a second, Hz.
    """

    coding: int
    n_channels: int
    sample_bytes: int
    sample_rate: int

    @property
    def subtype(self) -> str | None:
        """Return libsndfile's name of the coding; None if libsndfile has no such coding."""
        return _SUBTYPES.get((self.coding, self.sample_bytes))

    @property
    def frame_bytes(self) -> int:
        """Return the bytes of a frame: a sample of every channel."""
        return self.n_channels * self.sample_bytes


@dataclass(frozen=True, slots=True)
class Witness:
    """The result of comparing the fields of a header.

    Attributes
    ----------
    stated, true : Fields
        The fields as they stand in the header, and the fields after correction.
    fault : str
        How the fields contradict each other; empty if they agree.
    certain : bool
        Whether it is known which field is wrong.
    order : {"LITTLE", "BIG"}
        Byte order of the samples.
    """

    stated: Fields
    true: Fields
    fault: str = ""
    certain: bool = True
    order: Literal["LITTLE", "BIG"] = "LITTLE"

    @property
    def usable(self) -> bool:
        """Return whether the corrected fields are enough to read the samples without libsndfile's help."""
        true = self.true
        known = self.certain and true.subtype is not None and true.sample_rate > 0
        return known and 0 < true.frame_bytes <= _LARGEST_FRAME

    @property
    def recoded(self) -> bool:
        """Return whether the correction changes more than the sample rate."""
        return replace(self.true, sample_rate=0) != replace(self.stated, sample_rate=0)


def examine(file: BinaryIO, size: int) -> Witness | None:
    """Compare the fields in the header of a file of `size` bytes; None if it has no such fields."""
    layout = find_layout(file)
    if layout is None:
        return None
    is_aiff = layout.samples == b"SSND"
    name = b"COMM" if is_aiff else b"fmt "
    chunk = next((chunk for chunk in walk(file, layout, layout.first) if chunk.name[:4] == name), None)
    if chunk is None:
        return None
    file.seek(chunk.offset)
    content = file.read(min(chunk.size, 64))
    if not is_aiff:
        return _examine_wav(content, layout)
    extent = measure(file, size, second_bytes=size)
    return None if extent is None else _examine_aiff(content, layout, extent.end - extent.start)


def _examine_wav(content: bytes, layout: Layout) -> Witness | None:
    """Compare the fields of a format chunk of WAV or W64."""
    if len(content) < _FORMAT.size:
        return None
    order = "<" if layout.order == "LITTLE" else ">"
    coding, n_channels, rate, byte_rate, frame_bytes, bits = struct.unpack_from(order + _FORMAT.format, content)
    if coding == _EXTENSIBLE and len(content) >= 26:
        (coding,) = struct.unpack_from(order + "H", content, 24)
    stated = Fields(coding, n_channels, -(-bits // 8), rate)
    agrees = frame_bytes == stated.frame_bytes and byte_rate == rate * frame_bytes
    if stated.subtype is None and agrees and (integers := replace(stated, coding=1)).subtype:
        fault = f"samples of {bits} bits are not of coding {coding}"
        return Witness(stated, integers, _describe([fault], stated, integers), order=layout.order)
    if coding not in _CODINGS:
        return None
    true = stated
    faults = []
    certain = True
    if frame_bytes != stated.frame_bytes and frame_bytes and rate * frame_bytes == byte_rate:
        corrected = _with_frame(stated, frame_bytes)
        faults.append(f"{n_channels} channels of {bits} bits do not make frames of {frame_bytes} bytes")
        true = corrected or true
        certain = corrected is not None
    if byte_rate not in {0, rate * frame_bytes, rate * true.frame_bytes}:
        faults.append(f"{rate} Hz do not make {byte_rate} bytes a second")
        true = _with_rate(true, byte_rate)
        certain = certain and true.sample_rate % 25 == 0
    return Witness(stated, true, _describe(faults, stated, true), certain, layout.order)


def _with_rate(fields: Fields, byte_rate: int) -> Fields:
    """Correct the sample rate by the bytes of a second, if only the sample rate can be wrong.

    Sample rates are multiples of 25. A single wrong bit never turns one multiple of 25 into another.
    """
    if not fields.frame_bytes or fields.sample_rate % 25 == 0:
        return fields
    rate = byte_rate / fields.frame_bytes
    return replace(fields, sample_rate=int(rate)) if rate and rate % 25 == 0 else fields


def _examine_aiff(content: bytes, layout: Layout, n_bytes: int) -> Witness | None:
    """Compare the fields of a common chunk of AIFF with the number of bytes of samples that the file holds."""
    if len(content) < _COMMON.size or not layout.mendable:
        return None
    n_channels, n_frames, bits = _COMMON.unpack_from(content)
    stated = Fields(1, n_channels, -(-bits // 8), _rate(content[_COMMON.size : _COMMON.size + 10]))
    if n_frames * stated.frame_bytes == n_bytes - n_bytes % 2 or not n_bytes:
        return Witness(stated, stated, order="BIG")
    frame_bytes = n_bytes // n_frames if n_frames and n_bytes % n_frames == 0 else 0
    corrected = _with_frame(stated, frame_bytes) if frame_bytes else None
    if corrected is not None and not _one_bit_apart(stated, corrected):  # the number of frames is rather wrong
        corrected = None
    true = corrected or stated
    fault = f"{n_frames} frames of {n_channels} channels of {bits} bits do not make {n_bytes} bytes"
    certain = corrected is not None or n_bytes % max(1, stated.frame_bytes) == 0
    return Witness(stated, true, _describe([fault], stated, true), certain, "BIG")


def _rate(extended: bytes) -> int:
    """Read a sample rate in Hz from a floating-point number of 80 bits; 0 if it is not a sample rate."""
    exponent = int.from_bytes(extended[:2], "big") - 16383 - 63
    mantissa = int.from_bytes(extended[2:], "big")
    return round(mantissa * 2.0**exponent) if len(extended) == 10 and -63 <= exponent < 0 else 0


def _one_bit_apart(stated: Fields, corrected: Fields) -> bool:
    """Return whether a single wrong bit explains the correction, as damage on a disk does."""
    wrong_in_channels = stated.n_channels ^ corrected.n_channels
    wrong_in_bits = stated.sample_bytes * 8 ^ corrected.sample_bytes * 8
    return wrong_in_channels.bit_count() + wrong_in_bits.bit_count() == 1


def _with_frame(fields: Fields, frame_bytes: int) -> Fields | None:
    """Correct the number of channels, or else the bytes of a sample, so that a frame has `frame_bytes`.

    None if neither correction is possible. If both are, the one with fewer channels is chosen: one channel of 24 bits
    is more common than three of 8 bits.
    """
    choices = []
    if fields.sample_bytes and frame_bytes % fields.sample_bytes == 0:
        choices.append(replace(fields, n_channels=frame_bytes // fields.sample_bytes))
    if fields.n_channels > 0 and frame_bytes % fields.n_channels == 0:
        choices.append(replace(fields, sample_bytes=frame_bytes // fields.n_channels))
    possible = [choice for choice in choices if choice.subtype and 0 < choice.frame_bytes <= _LARGEST_FRAME]
    return min(possible, key=lambda choice: choice.n_channels, default=None)


def _describe(faults: list[str], stated: Fields, true: Fields) -> str:
    """Say in one line how the fields contradict each other, and which values are used; empty without faults."""
    if not faults:
        return ""
    units = {"n_channels": "channels", "sample_bytes": "bytes a sample", "sample_rate": "Hz", "coding": "as coding"}
    corrections = [
        f"{getattr(true, name)} {unit}" for name, unit in units.items() if getattr(true, name) != getattr(stated, name)
    ]
    conclusion = f"read as {', '.join(corrections)}" if corrections else "read as they stand"
    return f"its header contradicts itself: {'; '.join(faults)}; {conclusion}"
