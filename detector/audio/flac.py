"""Read the metadata and the heads of frames of FLAC files, and compare the two. Format: RFC 9639."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np

_SAMPLE_RATES = (0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
_BITS = (0, 8, 12, -1, 16, 20, 24, 32)
_LONGEST_HEAD = 16
_MOST_BLOCKS = 1000
_NUMBERED = 0xF8  # second byte of frames that tell their number; 0xF9: that of their first sample
_CHUNK = 1 << 22
_TAIL = 1 << 16
_MOST_TAIL = 1 << 20


def _crc8_table() -> bytes:
    """Tabulate the checksum of frame heads: polynomial x^8 + x^2 + x + 1."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value << 1 ^ 0x07 if value & 0x80 else value << 1) & 0xFF  # noqa: PLW2901 (shifted in place)
        table.append(value)
    return bytes(table)


_CRC8 = _crc8_table()


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What the metadata of a FLAC file says.

    Attributes
    ----------
    audio : int
        Where the frames begin, in bytes.
    shortest, block : int
        Samples of the smallest and of the largest frame; where all but the last have as many, the same.
    largest : int
        Size of the largest frame in bytes; 0 where it is not known.
    sample_rate : int
        In Hz.
    n_channels, bits : int
        Channels, and bits of a sample.
    total : int
        Samples of each channel; 0 where it is not known.
    """

    audio: int
    shortest: int
    block: int
    largest: int
    sample_rate: int
    n_channels: int
    bits: int
    total: int

    def head(self, total: int | None = None) -> bytes:
        """Write the shortest metadata that says the same, to stand before frames; without a checksum of the sound.

        `total` is for some of the frames: how many samples these have, 0 for any number.
        """
        samples = self.total if total is None else total
        described = self.sample_rate << 44 | (self.n_channels - 1) << 41 | (self.bits - 1) << 36 | samples
        sizes = b"".join(min(size, 0xFFFF).to_bytes(2, "big") for size in (self.shortest, self.block)) + bytes(6)
        return b"fLaC\x80\x00\x00\x22" + sizes + described.to_bytes(8, "big") + bytes(16)


@dataclass(frozen=True, slots=True)
class Frame:
    """The head of a frame.

    Attributes
    ----------
    offset : int
        Where it lies, in bytes.
    number : int
        Number of the frame, or of its first sample where frames differ in size.
    size : int
        Samples of each channel.
    sample_rate, bits : int
        As it says; 0 where the metadata has to say so.
    n_channels : int
        From 1 to 8.
    second : int
        Its second byte, which is the same in all frames of a file: 0xF8 where they are numbered.
    """

    offset: int
    number: int
    size: int
    sample_rate: int
    n_channels: int
    bits: int
    second: int

    def first(self, block: int) -> int:
        """Give the number of its first sample, in a file of frames of `block` samples."""
        return self.number * block if self.second == _NUMBERED else self.number


def read_stream_info(file: BinaryIO) -> StreamInfo | None:
    """Read the metadata of a file; None where it is no FLAC file, or too short to tell.

    Metadata that do not begin as they must say nothing: every number is 0.
    """
    start = _after_id3(file)
    file.seek(start)
    head = file.read(42)
    if len(head) < 42 or head[:4] != b"fLaC":
        return None
    if head[4] & 0x7F != 0 or head[5:8] != b"\0\0\x22":
        return StreamInfo(start + 42, 0, 0, 0, 0, 0, 0, 0)
    block = head[8:]
    described = int.from_bytes(block[10:18], "big")
    audio = start + 42
    last = head[4] & 0x80
    for _ in range(_MOST_BLOCKS):
        if last:
            break
        file.seek(audio)
        next_head = file.read(4)
        if len(next_head) < 4:
            break
        last = next_head[0] & 0x80
        audio += 4 + int.from_bytes(next_head[1:], "big")
    return StreamInfo(
        audio=audio,
        shortest=int.from_bytes(block[:2], "big"),
        block=int.from_bytes(block[2:4], "big"),
        largest=int.from_bytes(block[7:10], "big"),
        sample_rate=described >> 44,
        n_channels=(described >> 41 & 7) + 1,
        bits=(described >> 36 & 31) + 1,
        total=described & (1 << 36) - 1,
    )


def _after_id3(file: BinaryIO) -> int:
    """Give the end of an ID3v2 tag at the file's start, which some programs put there; 0 without one."""
    file.seek(0)
    tag = file.read(10)
    if len(tag) < 10 or tag[:3] != b"ID3":
        return 0
    a, b, c, d = (byte & 0x7F for byte in tag[6:10])
    return 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if tag[5] & 0x10 else 0)


def read_frame(head: bytes, offset: int) -> Frame | None:
    """Read the head of the frame that begins with `head` (16 bytes are enough); None where there is none."""
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xFE != 0xF8:
        return None
    size_code, rate_code, channel_code, bits_code = head[2] >> 4, head[2] & 15, head[3] >> 4, head[3] >> 1 & 7
    if size_code == 0 or rate_code == 15 or channel_code > 10 or bits_code == 3 or head[3] & 1:
        return None
    number, at = _coded_number(head)
    if at == 0 or len(head) < at + 5:
        return None
    if size_code in {6, 7}:
        size = int.from_bytes(head[at : at + size_code - 5], "big") + 1
        at += size_code - 5
    else:
        size = 192 if size_code == 1 else 576 << size_code - 2 if size_code < 6 else 256 << size_code - 8
    rate = _SAMPLE_RATES[rate_code] if rate_code < 12 else 0
    if rate_code >= 12:
        width = 1 if rate_code == 12 else 2
        rate = int.from_bytes(head[at : at + width], "big") * {12: 1000, 13: 1, 14: 10}[rate_code]
        at += width
    crc = 0
    for byte in head[:at]:
        crc = _CRC8[crc ^ byte]
    if len(head) <= at or crc != head[at]:
        return None
    return Frame(offset, number, size, rate, min(channel_code, 1) + 1 if channel_code > 7 else channel_code + 1,
                 _BITS[bits_code], head[1])  # fmt: skip


def _coded_number(head: bytes) -> tuple[int, int]:
    """Read the number that is coded like a long UTF-8 character from the fifth byte on; give it, and where it ends."""
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


def true_info(file: BinaryIO, size: int, info: StreamInfo) -> StreamInfo | None:
    """Compare the metadata with the first and the last frame, and give it as these two say it is.

    None where one of the two is not found, or they disagree. This takes one read at either end of the file.
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
    """Find the head of the frame that holds the first sample: where the metadata end, or else wherever it is."""
    file.seek(info.audio)
    frame = read_frame(file.read(_LONGEST_HEAD), info.audio)
    if frame is not None:
        return frame if frame.number == 0 else None
    return next((frame for frame in find_heads(file, _CHUNK) if frame.number == 0), None)


def likeness(frame: Frame) -> tuple[int, int, int, int]:
    """Give what the frames of a file have in common."""
    return frame.second, frame.n_channels, frame.sample_rate, frame.bits


def last_frame(file: BinaryIO, size: int, info: StreamInfo) -> Frame | None:
    """Find the head of the last frame of a file of `size` bytes; None where there is none near its end.

    A head is taken where the frame before it ends with the sample before its own, or where it is the first.
    """
    start = max(info.audio, size - min(_MOST_TAIL, max(_TAIL, 4 * info.largest)))
    file.seek(start)
    tail = file.read(max(0, size - start))
    later: Frame | None = None
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        frame = read_frame(tail[at : at + _LONGEST_HEAD], start + at)
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
    """Find everything that looks like the head of a frame in the first `size` bytes."""
    for start in range(0, size, _CHUNK):
        file.seek(start)
        content = file.read(_CHUNK + _LONGEST_HEAD)
        values = np.frombuffer(content, np.uint8)
        for at in np.flatnonzero((values[:-1] == 0xFF) & (values[1:] & 0xFE == 0xF8)).tolist():
            frame = read_frame(content[at : at + _LONGEST_HEAD], start + at) if at < _CHUNK else None
            if frame is not None:
                yield frame
