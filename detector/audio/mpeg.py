"""Find the frames of MP3 files, and the end of the ID3 tags before them. Format: ISO/IEC 11172-3 and 13818-3."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import BinaryIO

_BITRATES = {  # kbit/s by index, layer III
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version bits
LARGEST_FRAME = 2881  # bytes
SMALLEST_FRAME = 24
TAG_NAMES = {b"Xing", b"Info"}
_SEARCHED = 65536  # bytes that are searched at once
_ID3_HEAD = 10  # bytes of the head of an ID3v2 tag
_ID3V1 = 128  # bytes of an ID3v1 tag, which stands behind the last frame
_VERSION_AND_LAYER = 0x1E  # bits of a frame's second byte
_RATE = 0x0C  # bits of its third byte
_CHANNELS = 0xC0  # bits of its fourth byte
_MONO = 3  # their value for one channel
CHAIN = 6
"""Number of frames one after another that other bytes never look like by chance."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The head of a layer III frame.

    Attributes
    ----------
    offset : int
        First byte of the frame in the file.
    size : int
        Size of the frame in bytes.
    tag : int
        Byte of the frame at which a "Xing" or "Info" tag begins, if it has one.
    head : bytes
        Its first four bytes.
    """

    offset: int
    size: int
    tag: int
    head: bytes

    @property
    def samples(self) -> int:
        """Return the number of samples of each channel."""
        return 1152 if self.head[1] >> 3 & 3 == 3 else 576

    @property
    def seconds(self) -> float:
        """Return its length in s."""
        return self.samples / _SAMPLE_RATES[self.head[1] >> 3 & 3][self.head[2] >> 2 & 3]

    def like(self, other: Frame) -> bool:
        """Return whether both can belong to one stream: same version, same sample rate, both mono or both not."""
        return (
            self.head[1] & _VERSION_AND_LAYER == other.head[1] & _VERSION_AND_LAYER
            and self.head[2] & _RATE == other.head[2] & _RATE
            and (self.head[3] >> 6 == _MONO) == (other.head[3] >> 6 == _MONO)
        )


def as_of(frame: Frame, other: Frame) -> Frame:
    """Return a frame with the version, the sample rate and the channels of another frame's stream."""
    masks = (0x00, _VERSION_AND_LAYER, _RATE, _CHANNELS)
    head = bytes(own & ~mask | theirs & mask for own, theirs, mask in zip(frame.head, other.head, masks))
    changed = read_frame(head, frame.offset)
    return frame if changed is None else replace(changed, size=frame.size)


def read_frame(head: bytes, offset: int) -> Frame | None:
    """Read the four bytes with which a frame begins; None if they are no head of a layer III frame."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version = head[1] >> 3 & 3
    layer = head[1] >> 1 & 3
    bitrate = head[2] >> 4
    rate = head[2] >> 2 & 3
    padding = head[2] >> 1 & 1
    if version == 1 or layer != 1 or bitrate in (0, 15) or rate == 3:
        return None
    kbits = _BITRATES[1 if version == 3 else 2][bitrate]
    size = (144 if version == 3 else 72) * kbits * 1000 // _SAMPLE_RATES[version][rate] + padding
    is_mono = head[3] >> 6 == _MONO
    side_information = (17 if is_mono else 32) if version == 3 else (9 if is_mono else 17)  # bytes
    return Frame(offset, size, 4 + side_information, head[:4])


def first_frame(file: BinaryIO, size: int) -> Frame | None:
    """Find the first frame after the ID3 tags that another frame, or the end of the file, follows.

    If a chain of frames begins within the last tag and goes on behind it, then the size of the tag is wrong. The first
    frame of this chain is then returned.
    """
    tag = 0
    start = 0
    while (length := tag_size(file, start)) > 0:
        tag = start
        start += length
    if start > 0 and (frame := _across(file, tag + _ID3_HEAD, start)) is not None:
        return frame
    file.seek(start)
    frame = read_frame(file.read(4), start)
    if frame is not None and is_tagged(file, frame):
        return frame  # whatever follows it
    return find_frame(file, start, size, 1)


def tag_size(file: BinaryIO, start: int) -> int:
    """Return the size in bytes of the ID3 tag at `start`, of version 1 or 2; 0 if there is none."""
    file.seek(start)
    tag = file.read(_ID3_HEAD)
    if tag[:3] == b"TAG":
        return _ID3V1
    if len(tag) < _ID3_HEAD or tag[:3] != b"ID3":
        return 0
    a, b, c, d = (byte & 0x7F for byte in tag[6:10])
    return _ID3_HEAD + (a << 21 | b << 14 | c << 7 | d) + (_ID3_HEAD if tag[5] & 0x10 else 0)


def find_frame(file: BinaryIO, start: int, size: int, n_more: int) -> Frame | None:
    """Find the first frame from byte `start` on that `n_more` other frames, or the end of the file, follow.

    With fewer than `CHAIN` others, other bytes look like frames by chance. Then only the first bytes are searched.
    """
    while start < size:
        file.seek(start)
        content = file.read(_SEARCHED)
        position = content.find(b"\xff")
        while position >= 0:
            frame = read_frame(content[position : position + 4], start + position)
            if frame is not None and _is_followed(file, frame, size, n_more):
                return frame
            position = content.find(b"\xff", position + 1)
        if n_more < CHAIN or len(content) < _SEARCHED:
            return None
        start += len(content) - 3  # a head may lie across the end of `content`
    return None


def _is_followed(file: BinaryIO, frame: Frame, size: int, n_more: int) -> bool:
    """Return whether `n_more` frames follow a frame, or fewer up to the end of the file. Several must be like it."""
    current = frame
    for _ in range(n_more):
        start = current.offset + current.size
        if start >= size:
            return True
        file.seek(start)
        following = read_frame(file.read(4), start)
        if following is None or (n_more > 1 and not following.like(frame)):
            return False
        current = following
    return True


def is_tagged(file: BinaryIO, frame: Frame) -> bool:
    """Return whether a frame holds a "Xing" or "Info" tag instead of sound."""
    file.seek(frame.offset + frame.tag)
    return file.read(4) in TAG_NAMES


def _across(file: BinaryIO, start: int, end: int) -> Frame | None:
    """Find the first frame of a chain that begins between the bytes `start` and `end` and goes on behind `end`."""
    file.seek(start)
    content = file.read(min(_SEARCHED, end - start) + CHAIN * LARGEST_FRAME)
    position = content.find(0xFF)
    while 0 <= position < end - start:
        frame = read_frame(content[position : position + 4], start + position)
        if frame is not None and _reaches(content, position, frame, end - start):
            return frame
        position = content.find(0xFF, position + 1)
    return None


def _reaches(content: bytes, start: int, first: Frame, end: int) -> bool:
    """Return whether a chain of at least `CHAIN` frames goes from `start` beyond `end`, or to the end of `content`."""
    n_frames = 0
    position = start
    frame = read_frame(content[position : position + 4], position)
    while frame is not None and frame.like(first) and (n_frames < CHAIN or position < end):
        n_frames += 1
        position += frame.size
        frame = read_frame(content[position : position + 4], position)
    return n_frames >= CHAIN and (position > end or position + 4 > len(content))
