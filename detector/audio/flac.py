"""Read the heads of FLAC frames, and correct the metadata of a file by them. Format: RFC 9639."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np

from detector.audio.flac_metadata import StreamInfo

_SAMPLE_RATES = (0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
_BITS = (0, 8, 12, -1, 16, 20, 24, 32)
_LONGEST_HEAD = 16
_NUMBERED = 0xF8  # second byte of frames that give their own number; 0xF9 means the number of their first sample
_CHUNK = 1 << 22  # bytes read at once
_TAIL = 1 << 16  # bytes at the end of a file, at least, in which the last frame is searched
_MOST_TAIL = 1 << 20


def _crc8_table() -> bytes:
    """Return the table for the checksum of frame heads, whose polynomial is x^8 + x^2 + x + 1."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value << 1 ^ 0x07 if value & 0x80 else value << 1) & 0xFF  # noqa: PLW2901 (shifted in place)
        table.append(value)
    return bytes(table)


_CRC8 = _crc8_table()


@dataclass(frozen=True, slots=True)
class Frame:
    """The head of a frame.

    Attributes
    ----------
    offset : int
        Byte at which it begins.
    number : int
        Number of the frame. If the frames of the file differ in size: number of the frame's first sample.
    size : int
        Samples of each channel.
    sample_rate, bits : int
        Sample rate in Hz, and bits of a sample. 0 where only the metadata give the value.
    n_channels : int
        From 1 to 8.
    second : int
        Its second byte, which is the same in all frames of a file. 0xF8 means that `number` is the frame's.
    """

    offset: int
    number: int
    size: int
    sample_rate: int
    n_channels: int
    bits: int
    second: int

    def first(self, block: int) -> int:
        """Return the number of its first sample, in a file whose frames have `block` samples."""
        return self.number * block if self.second == _NUMBERED else self.number


def read_frame(head: bytes, offset: int) -> Frame | None:
    """Read the head of a frame from its first 16 bytes; None if they are no head with a right checksum."""
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xFE != 0xF8:
        return None
    size_code = head[2] >> 4
    rate_code = head[2] & 15
    channel_code = head[3] >> 4
    bits_code = head[3] >> 1 & 7
    if size_code == 0 or rate_code == 15 or channel_code > 10 or bits_code == 3 or head[3] & 1:
        return None
    number, end = _coded_number(head)
    if end == 0 or len(head) < end + 5:
        return None
    size, end = _size(head, size_code, end)
    sample_rate, end = _sample_rate(head, rate_code, end)
    if len(head) <= end or _checksum(head[:end]) != head[end]:
        return None
    n_channels = 2 if channel_code > 7 else channel_code + 1  # codes above 7: stereo, coded as a difference
    return Frame(offset, number, size, sample_rate, n_channels, _BITS[bits_code], head[1])


def _coded_number(head: bytes) -> tuple[int, int]:
    """Read the number that stands from the fifth byte on, coded as a long UTF-8 character.

    Returns the number and the byte after it, or zeros if it is coded wrongly.
    """
    lead = head[4]
    if lead < 0x80:
        return lead, 5
    n_more = next((n for n in range(1, 7) if not lead << n & 0x40), 0) if lead >= 0xC0 else 0
    if n_more == 0 or len(head) < 5 + n_more:
        return 0, 0
    number = lead & 0x3F >> n_more
    for byte in head[5 : 5 + n_more]:
        if byte & 0xC0 != 0x80:
            return 0, 0
        number = number << 6 | byte & 0x3F
    return number, 5 + n_more


def _size(head: bytes, code: int, start: int) -> tuple[int, int]:
    """Return the samples of a frame, and the byte after the field at `start` that may hold them (RFC 9639, 9.1.6)."""
    if code in {6, 7}:
        width = code - 5
        return int.from_bytes(head[start : start + width], "big") + 1, start + width
    if code == 1:
        return 192, start
    return 576 << code - 2 if code < 6 else 256 << code - 8, start


def _sample_rate(head: bytes, code: int, start: int) -> tuple[int, int]:
    """Return the sample rate in Hz, and the byte after the field at `start` that may hold it (RFC 9639, 9.1.7)."""
    if code < 12:
        return _SAMPLE_RATES[code], start
    width = 1 if code == 12 else 2
    unit = {12: 1000, 13: 1, 14: 10}[code]
    return int.from_bytes(head[start : start + width], "big") * unit, start + width


def _checksum(head: bytes) -> int:
    crc = 0
    for byte in head:
        crc = _CRC8[crc ^ byte]
    return crc


def true_info(file: BinaryIO, size: int, info: StreamInfo) -> StreamInfo | None:
    """Return the metadata, corrected by the first and the last frame of a file of `size` bytes.

    None if one of these two frames is not found, or if they disagree. This reads only the two ends of the file.
    """
    first = _first_frame(file, info)
    last = None if first is None else last_frame(file, size, replace(info, audio=first.offset))
    if first is None or last is None or likeness(first) != likeness(last):
        return None
    numbered = first.second == _NUMBERED
    if not (first.sample_rate or info.sample_rate) or not (first.bits or info.bits):
        return None
    return replace(
        info,
        audio=first.offset,
        shortest=first.size if numbered else info.shortest,
        block=first.size if numbered else info.block,
        sample_rate=first.sample_rate or info.sample_rate,
        n_channels=first.n_channels,
        bits=first.bits or info.bits,
        total=last.first(first.size) + last.size,
    )


def _first_frame(file: BinaryIO, info: StreamInfo) -> Frame | None:
    """Find the head of the frame that holds the first sample: behind the metadata, or else in the first 4 MiB."""
    file.seek(info.audio)
    frame = read_frame(file.read(_LONGEST_HEAD), info.audio)
    if frame is not None:
        return frame if frame.number == 0 else None
    return next((frame for frame in find_heads(file, _CHUNK) if frame.number == 0), None)


def likeness(frame: Frame) -> tuple[int, int, int, int]:
    """Return the values that all frames of a file have in common."""
    return frame.second, frame.n_channels, frame.sample_rate, frame.bits


def last_frame(file: BinaryIO, size: int, info: StreamInfo) -> Frame | None:
    """Find the head of the last frame of a file of `size` bytes; None if there is none near its end.

    Other bytes may look like a head. So a head counts only if the frame before it joins it without a gap, or if it is
    the only frame.
    """
    start = max(info.audio, size - min(_MOST_TAIL, max(_TAIL, 4 * info.largest)))
    file.seek(start)
    tail = file.read(max(0, size - start))
    later: Frame | None = None
    position = len(tail)
    while (position := tail.rfind(b"\xff", 0, position)) >= 0:
        frame = read_frame(tail[position : position + _LONGEST_HEAD], start + position)
        if frame is None:
            continue
        block = frame.size
        if later is not None and frame.first(block) + frame.size == later.first(block):
            return later
        if frame.offset == info.audio and frame.number == 0:
            return frame if later is None else None
        later = frame
    return None


def find_heads(file: BinaryIO, size: int) -> Iterator[Frame]:
    """Yield the head of every frame that begins in the first `size` bytes. Some may only look like a head."""
    for start in range(0, size, _CHUNK):
        file.seek(start)
        content = file.read(_CHUNK + _LONGEST_HEAD)
        values = np.frombuffer(content, np.uint8)
        sync = (values[:-1] == 0xFF) & (values[1:] & 0xFE == 0xF8)  # the 15 bits with which a frame begins
        for position in np.flatnonzero(sync[:_CHUNK]).tolist():
            frame = read_frame(content[position : position + _LONGEST_HEAD], start + position)
            if frame is not None:
                yield frame
