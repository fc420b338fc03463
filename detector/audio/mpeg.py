"""Find out whether an MP3 file says how long it is, and make it readable to its end where it does not.

Without a count of frames, libsndfile takes the first frame's size for that of all, and stops where the file would then
end: the rest of a file with a variable bit rate is lost without a word. Format: ISO/IEC 11172-3 and 13818-3; the count
is in the "Xing" or "Info" tag that encoders write into a first, silent frame.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from detector.audio.view import View

_BITRATES = {  # kbit/s by index, layer III
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version bits
_SEARCHED = 65536
_LARGEST_FRAME = 2881
_SMALLEST_FRAME = 24


@dataclass(frozen=True, slots=True)
class Frame:
    """The head of a layer III frame: where it is, its size in bytes, and where a tag would be in it."""

    offset: int
    size: int
    tag: int
    head: bytes


def read_frame(head: bytes, offset: int) -> Frame | None:
    """Read a frame's four bytes of head; None where they are none, or not of layer III."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer != 1 or bitrate in (0, 15) or rate == 3:
        return None
    kbits = _BITRATES[1 if version == 3 else 2][bitrate]
    size = (144 if version == 3 else 72) * kbits * 1000 // _SAMPLE_RATES[version][rate] + padding
    mono = head[3] >> 6 == 3
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    return Frame(offset, size, 4 + side, head[:4])


def first_frame(file: BinaryIO, size: int) -> Frame | None:
    """Find the first frame that another follows (or the end of the file), after the ID3v2 tags."""
    start = 0
    while True:
        file.seek(start)
        tag = file.read(10)
        if len(tag) < 10 or tag[:3] != b"ID3":
            break
        a, b, c, d = (byte & 0x7F for byte in tag[6:10])
        start += 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if tag[5] & 0x10 else 0)
    file.seek(start)
    searched = file.read(_SEARCHED)
    at = searched.find(0xFF)
    while at >= 0:
        frame = read_frame(searched[at : at + 4], start + at)
        if frame is not None:
            after = frame.offset + frame.size
            file.seek(after)
            if after >= size or read_frame(file.read(4), after) is not None:
                return frame
        at = searched.find(0xFF, at + 1)
    return None


def counted_frames(file: BinaryIO, frame: Frame, size: int) -> int | None:
    """Read the count of frames from the tag in the first frame; None where there is none, or it cannot be true."""
    file.seek(frame.offset + frame.tag)
    tag = file.read(16)
    if len(tag) < 16 or tag[:4] not in {b"Xing", b"Info"} or not tag[7] & 1:
        return None
    (count,) = struct.unpack(">I", tag[8:12])
    (claimed,) = struct.unpack(">I", tag[12:16]) if tag[7] & 2 else (size - frame.offset,)
    if not _SMALLEST_FRAME * count <= max(claimed, frame.size) <= _LARGEST_FRAME * (count + 1):
        return None
    file.seek(frame.offset + claimed)
    more = file.read(4)  # a second file joined to the first, which the tag does not count
    return None if more[:3] == b"ID3" or read_frame(more, 0) is not None else count


def whole_view(file: BinaryIO, size: int) -> View | None:
    """Show an MP3 file that does not say how long it is as one that is read to its end.

    A frame is put first whose tag counts more frames than the file can hold. None where the file's own count can be
    true, or the file is not of layer III.
    """
    frame = first_frame(file, size)
    if frame is None or counted_frames(file, frame, size) is not None:
        return None
    file.seek(frame.offset + frame.tag)
    tagged = file.read(4) in {b"Xing", b"Info"}
    head = bytes([0xFF, frame.head[1] | 1, frame.head[2] & 0x0C | 0x90, frame.head[3]])  # no CRC, bit rate by index 9
    blank = read_frame(head, 0)
    assert blank is not None
    tag = b"Xing" + struct.pack(">II", 1, size // _SMALLEST_FRAME + 1)
    prefix = (head.ljust(blank.tag, b"\0") + tag).ljust(blank.size, b"\0")
    return View(frame.offset + (frame.size if tagged else 0), size, prefix)
