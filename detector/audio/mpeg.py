"""Read the frames of MP3 files, and the tags that stand before them or in the first one.

Format: ISO/IEC 11172-3 and 13818-3; how many frames there are is in the "Xing" or "Info" tag that encoders write into a
first, silent frame.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO

_BITRATES = {  # kbit/s by index, layer III
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version bits
_SEARCHED = 65536
_LARGEST_FRAME = 2881
_SMALLEST_FRAME = 24
_TAG_HEAD = 10
_TAG_1 = 128  # bytes of a tag of version 1, which stands behind the last frame
_ENCODER_AT = 120  # in a tag: the encoder's name
_ENCODERS = {b"LAME", b"Lavf", b"Lavc"}
_CHECKED = 154  # bytes of a tag of LAME that its checksum covers, with what stands before it in the frame
_DELAY_AT = 141  # in a tag of the encoder LAME
CHAIN = 6  # frames one after another that cannot be there by chance


@dataclass(frozen=True, slots=True)
class Frame:
    """The head of a layer III frame: where it is, its size in bytes, and where a tag would be in it."""

    offset: int
    size: int
    tag: int
    head: bytes

    @property
    def samples(self) -> int:
        """Give the samples of each channel."""
        return 1152 if self.head[1] >> 3 & 3 == 3 else 576

    @property
    def seconds(self) -> float:
        """Give its length in s."""
        return self.samples / _SAMPLE_RATES[self.head[1] >> 3 & 3][self.head[2] >> 2 & 3]

    def like(self, other: Frame) -> bool:
        """Say whether both can be of one stream: version, sample rate, and whether there is one channel or two."""
        mono = self.head[3] >> 6 == 3, other.head[3] >> 6 == 3
        return (
            self.head[1] & 0x1E == other.head[1] & 0x1E
            and self.head[2] & 12 == other.head[2] & 12
            and mono[0] == mono[1]
        )


def as_of(frame: Frame, other: Frame) -> Frame:
    """Read a frame as one of the stream of another: with its version, sample rate and number of channels."""
    one, two, three = frame.head[1:4]
    a, b, c = other.head[1:4]
    head = bytes([0xFF, one & ~0x1E | a & 0x1E, two & ~12 | b & 12, three & ~0xC0 | c & 0xC0])
    read = read_frame(head, frame.offset)
    return frame if read is None else replace(read, size=frame.size)


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
    """Find the first frame that another follows (or the end of the file), after the ID3v2 tags.

    Where frames follow one another from within the last tag over its end, the size of the tag is wrong, and they count.
    """
    tag = start = 0
    while (length := tag_size(file, start)) > 0:
        tag = start
        start += length
    if start > 0 and (across := _across(file, tag + _TAG_HEAD, start)) is not None:
        return across
    file.seek(start)
    tagged = read_frame(file.read(4), start)
    if tagged is not None and is_tagged(file, tagged):
        return tagged  # whatever follows it
    return find_frame(file, start, size, 1)


def tag_size(file: BinaryIO, start: int) -> int:
    """Give the bytes of the ID3 tag at `start`, of version 1 or 2; 0 where there is none."""
    file.seek(start)
    tag = file.read(_TAG_HEAD)
    if tag[:3] == b"TAG":
        return _TAG_1
    if len(tag) < _TAG_HEAD or tag[:3] != b"ID3":
        return 0
    a, b, c, d = (byte & 0x7F for byte in tag[6:10])
    return _TAG_HEAD + (a << 21 | b << 14 | c << 7 | d) + (_TAG_HEAD if tag[5] & 0x10 else 0)


def find_frame(file: BinaryIO, start: int, size: int, n_more: int) -> Frame | None:
    """Find the first frame from `start` on that `n_more` others follow or the end of the file.

    Where one other is enough, chance finds one in the end, so it is not looked for too far away.
    """
    while start < size:
        file.seek(start)
        searched = file.read(_SEARCHED)
        at = searched.find(b"\xff")
        while at >= 0:
            frame = read_frame(searched[at : at + 4], start + at)
            if frame is not None and _is_followed(file, frame, size, n_more):
                return frame
            at = searched.find(b"\xff", at + 1)
        if n_more < CHAIN or len(searched) < _SEARCHED:
            return None
        start += len(searched) - 3
    return None


def _is_followed(file: BinaryIO, frame: Frame, size: int, n_more: int) -> bool:
    current = frame
    for _ in range(n_more):
        after = current.offset + current.size
        if after >= size:
            return True
        file.seek(after)
        behind = read_frame(file.read(4), after)
        if behind is None or (n_more > 1 and not behind.like(frame)):
            return False
        current = behind
    return True


def _across(file: BinaryIO, start: int, end: int) -> Frame | None:
    """Find the first of many frames, one after another, that begins from `start` on and reaches over `end`."""
    file.seek(start)
    content = file.read(min(_SEARCHED, end - start) + CHAIN * _LARGEST_FRAME)
    at = content.find(0xFF)
    while 0 <= at < end - start:
        frame = read_frame(content[at : at + 4], start + at)
        if frame is not None and _reaches(content, at, frame, end - start):
            return frame
        at = content.find(0xFF, at + 1)
    return None


def _reaches(content: bytes, at: int, first: Frame, end: int) -> bool:
    """Say whether at least `CHAIN` frames follow one another from `at` on, as far as `end` or the content goes."""
    n_frames = 0
    frame = read_frame(content[at : at + 4], at)
    while frame is not None and frame.like(first) and (n_frames < CHAIN or at < end):
        n_frames, at = n_frames + 1, at + frame.size
        frame = read_frame(content[at : at + 4], at)
    return n_frames >= CHAIN and (at > end or at + 4 > len(content))


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


def is_tagged(file: BinaryIO, frame: Frame) -> bool:
    """Say whether a frame holds a tag in the place of sound."""
    file.seek(frame.offset + frame.tag)
    return file.read(4) in {b"Xing", b"Info"}


def is_spoilt_tag(file: BinaryIO, frame: Frame) -> bool:
    """Say whether a frame holds a tag that is damaged: by its checksum, or by what must stand before and within it."""
    content = _content(file, frame)
    tag, encoder = content[frame.tag : frame.tag + 4], content[frame.tag + _ENCODER_AT :][:4]
    if tag not in {b"Xing", b"Info"}:
        return encoder in _ENCODERS
    if any(content[4 : frame.tag]):
        return True
    end = frame.tag + _CHECKED
    return encoder == b"LAME" and _crc16(content[:end]) != int.from_bytes(content[end : end + 2], "big")


def mended_tag(file: BinaryIO, frame: Frame, n_frames: int) -> bytes:
    """Write the frame with a tag anew, as far as it can be known what it said: that `n_frames` follow it."""
    content = bytearray(_content(file, frame))
    known = bytes(content[frame.tag + _ENCODER_AT :][:4]) in _ENCODERS
    content[:4] = frame.head
    content[4 : frame.tag] = bytes(frame.tag - 4)
    content[frame.tag : frame.tag + 8] = b"Info" + struct.pack(">I", 15 if known else 1)
    content[frame.tag + 8 : frame.tag + 12] = struct.pack(">I", n_frames)
    return bytes(content)


def _content(file: BinaryIO, frame: Frame) -> bytes:
    file.seek(frame.offset)
    return file.read(frame.size)


def _crc16(content: bytes) -> int:
    """Compute the checksum of LAME's tag: polynomial x^16 + x^15 + x^2 + 1, bits mirrored."""
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def encoder_delay(file: BinaryIO, frame: Frame) -> int:
    """Read how many samples the encoder put before the first one; 0 where the tag in `frame` does not say."""
    file.seek(frame.offset + frame.tag)
    tag = file.read(_DELAY_AT + 2)
    if tag[:4] not in {b"Xing", b"Info"} or len(tag) < _DELAY_AT + 2 or not tag[120:124].strip(b"\0"):
        return 0
    return tag[_DELAY_AT] << 4 | tag[_DELAY_AT + 1] >> 4


def endless_frame(frame: Frame, size: int) -> bytes:
    """Write a silent frame like `frame` whose tag counts more frames than a file of `size` bytes can hold."""
    head = bytes([0xFF, frame.head[1] | 1, frame.head[2] & 0x0C | 0x90, frame.head[3]])  # no CRC, bit rate by index 9
    blank = read_frame(head, 0)
    assert blank is not None
    tag = b"Xing" + struct.pack(">II", 1, size // _SMALLEST_FRAME + 1)
    return (head.ljust(blank.tag, b"\0") + tag).ljust(blank.size, b"\0")
