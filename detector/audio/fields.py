"""Compare the fields of a WAV, W64 or AIFF header that say the same thing twice, and mend the one that is wrong.

A header states the bytes of a frame, or of a second, beside the numbers that they follow from. Where one field is
damaged, the others give it away. Sources: IBM and Microsoft, Multimedia Programming Interface 1.0; Apple, AIFF 1.3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal

from detector.audio.chunks import Layout, find_layout, measure, walk

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
    """How the samples of a file are coded, as its header says.

    Attributes
    ----------
    coding : int
        1: whole numbers, 3: floating point, 6 and 7: the codes of telephones; others are not looked at.
    n_channels : int
        Channels.
    sample_bytes : int
        Bytes of a sample.
    sample_rate : int
        In Hz.
    """

    coding: int
    n_channels: int
    sample_bytes: int
    sample_rate: int

    @property
    def subtype(self) -> str | None:
        """Name the coding as libsndfile does; None where there is no such one."""
        return _SUBTYPES.get((self.coding, self.sample_bytes))

    @property
    def frame_bytes(self) -> int:
        """Give the bytes of a sample of every channel."""
        return self.n_channels * self.sample_bytes


@dataclass(frozen=True, slots=True)
class Witness:
    """What comes out when the fields are compared.

    Attributes
    ----------
    stated, true : Fields
        What they say, and what they must have said.
    fault : str
        How they contradict each other; empty where they do not.
    certain : bool
        Whether the others tell which one is wrong.
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
        """Say whether the fields alone tell how to read the samples."""
        true = self.true
        known = self.certain and true.subtype is not None and true.sample_rate > 0
        return known and 0 < true.frame_bytes <= _LARGEST_FRAME

    @property
    def recoded(self) -> bool:
        """Say whether the samples are coded in another way than stated."""
        return replace(self.true, sample_rate=0) != replace(self.stated, sample_rate=0)


def examine(file: BinaryIO, size: int) -> Witness | None:
    """Compare the fields of the header of a file of `size` bytes with one another; None where there are none."""
    layout = find_layout(file)
    if layout is None:
        return None
    name = b"COMM" if layout.samples == b"SSND" else b"fmt "
    chunk = next((chunk for chunk in walk(file, layout, layout.first) if chunk.name[:4] == name), None)
    if chunk is None:
        return None
    file.seek(chunk.offset)
    content = file.read(min(chunk.size, 64))
    if name == b"fmt ":
        return _of_wav(content, layout)
    extent = measure(file, size, second=size)
    return None if extent is None else _of_aiff(content, layout, extent.end - extent.start)


def _of_wav(content: bytes, layout: Layout) -> Witness | None:
    if len(content) < _FORMAT.size:
        return None
    order = "<" if layout.order == "LITTLE" else ">"
    coding, n_channels, rate, byte_rate, align, bits = struct.unpack_from(order + _FORMAT.format, content)
    if coding == _EXTENSIBLE and len(content) >= 26:
        (coding,) = struct.unpack_from(order + "H", content, 24)
    stated = Fields(coding, n_channels, -(-bits // 8), rate)
    agrees = align == stated.frame_bytes and byte_rate == rate * align
    if stated.subtype is None and agrees and (plain := replace(stated, coding=1)).subtype:
        fault = f"samples of {bits} bits are not of coding {coding}"
        return Witness(stated, plain, _fault([fault], stated, plain), order=layout.order)
    if coding not in _CODINGS:
        return None
    true, faults, certain = stated, [], True
    if align != stated.frame_bytes and align and rate * align == byte_rate:
        mended = _with_frame(stated, align)
        faults.append(f"{n_channels} channels of {bits} bits do not make frames of {align} bytes")
        true = mended or true
        certain = mended is not None
    if byte_rate not in {0, rate * align, rate * true.frame_bytes}:
        told = byte_rate / true.frame_bytes if true.frame_bytes else 0.0
        faults.append(f"{rate} Hz do not make {byte_rate} bytes a second")
        if rate % 25 and told and told % 25 == 0:  # one wrong bit never leaves a multiple of 25, which rates are
            true = replace(true, sample_rate=int(told))
        certain = certain and true.sample_rate % 25 == 0
    return Witness(stated, true, _fault(faults, stated, true), certain, layout.order)


def _of_aiff(content: bytes, layout: Layout, held: int) -> Witness | None:
    """Compare the fields of an AIFF header with the bytes of samples that the file holds."""
    if len(content) < _COMMON.size or not layout.mendable:
        return None
    n_channels, n_frames, bits = _COMMON.unpack_from(content)
    stated = Fields(1, n_channels, -(-bits // 8), _rate(content[_COMMON.size : _COMMON.size + 10]))
    if n_frames * stated.frame_bytes == held - held % 2 or not held:
        return Witness(stated, stated, order="BIG")
    frame_bytes = held // n_frames if n_frames and held % n_frames == 0 else 0
    mended = _with_frame(stated, frame_bytes) if frame_bytes else None
    if mended is not None and not _one_bit_apart(stated, mended):  # then rather the number of frames is wrong
        mended = None
    true = mended or stated
    fault = f"{n_frames} frames of {n_channels} channels of {bits} bits do not make {held} bytes"
    certain = mended is not None or held % max(1, stated.frame_bytes) == 0
    return Witness(stated, true, _fault([fault], stated, true), certain, "BIG")


def _rate(extended: bytes) -> int:
    """Read a sample rate in Hz that is a floating-point number of 80 bits; 0 where it is none."""
    exponent = int.from_bytes(extended[:2], "big") - 16383 - 63
    mantissa = int.from_bytes(extended[2:], "big")
    return round(mantissa * 2.0**exponent) if len(extended) == 10 and -63 <= exponent < 0 else 0


def _one_bit_apart(one: Fields, other: Fields) -> bool:
    """Say whether one wrong bit makes one of the other, as damage on a disk does."""
    channels = one.n_channels ^ other.n_channels
    bits = one.sample_bytes * 8 ^ other.sample_bytes * 8
    return channels.bit_count() + bits.bit_count() == 1


def _with_frame(fields: Fields, frame_bytes: int) -> Fields | None:
    """Change the field that must be wrong where frames have so many bytes; None where neither can be.

    Where either can be, it is the number of channels, if that makes it less: three channels of 8 bits are rarer than
    one of 24.
    """
    choices = []
    if fields.sample_bytes and frame_bytes % fields.sample_bytes == 0:
        choices.append(replace(fields, n_channels=frame_bytes // fields.sample_bytes))
    if fields.n_channels > 0 and frame_bytes % fields.n_channels == 0:
        choices.append(replace(fields, sample_bytes=frame_bytes // fields.n_channels))
    possible = [choice for choice in choices if choice.subtype and 0 < choice.frame_bytes <= _LARGEST_FRAME]
    return min(possible, key=lambda choice: choice.n_channels, default=None)


def _fault(faults: list[str], stated: Fields, true: Fields) -> str:
    if not faults:
        return ""
    taken = [
        f"{getattr(true, name)} {unit}"
        for name, unit in (
            ("n_channels", "channels"),
            ("sample_bytes", "bytes a sample"),
            ("sample_rate", "Hz"),
            ("coding", "as coding"),
        )
        if getattr(true, name) != getattr(stated, name)
    ]
    conclusion = f"read as {', '.join(taken)}" if taken else "read as they stand"
    return f"its header contradicts itself: {'; '.join(faults)}; {conclusion}"
