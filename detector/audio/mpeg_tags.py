"""Read, check and write the "Xing" or "Info" tag of MP3 files.

Encoders write this tag into a first, silent frame. It gives the number of frames in the file. LAME adds a part of its
own, with the samples that it put before the sound, and a checksum.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from detector.audio.mpeg import LARGEST_FRAME, SMALLEST_FRAME, TAG_NAMES, Frame, read_frame

_ENCODER_AT = 120  # byte of a tag at which the encoder's name begins
_ENCODERS = {b"LAME", b"Lavf", b"Lavc"}
_DELAY_AT = 141  # byte of a tag at which LAME gives its delay
_CHECKED = 154  # bytes of a tag of LAME that its checksum covers, beside all that comes before the tag
_COUNTS_FRAMES = 1  # flags of a tag
_COUNTS_BYTES = 2


def is_spoilt_tag(file: BinaryIO, frame: Frame) -> bool:
    """Return whether a frame holds a damaged tag.

    A tag is damaged if its name is wrong although an encoder's name follows. It is also damaged if bytes before it are
    not 0, or if the checksum of LAME is wrong.
    """
    content = _content(file, frame)
    name = content[frame.tag : frame.tag + 4]
    encoder = content[frame.tag + _ENCODER_AT :][:4]
    if name not in TAG_NAMES:
        return encoder in _ENCODERS
    if any(content[4 : frame.tag]):
        return True
    end = frame.tag + _CHECKED
    return encoder == b"LAME" and _crc16(content[:end]) != int.from_bytes(content[end : end + 2], "big")


def counted_frames(file: BinaryIO, frame: Frame, size: int) -> int | None:
    """Read the number of frames from the tag in the first frame of a file of `size` bytes.

    None if there is no tag, or if the number cannot be true. It is not true for two files joined into one.
    """
    file.seek(frame.offset + frame.tag)
    tag = file.read(16)
    if len(tag) < 16 or tag[:4] not in TAG_NAMES or not tag[7] & _COUNTS_FRAMES:
        return None
    count = int.from_bytes(tag[8:12], "big")
    n_bytes = int.from_bytes(tag[12:16], "big") if tag[7] & _COUNTS_BYTES else size - frame.offset
    if not SMALLEST_FRAME * count <= max(n_bytes, frame.size) <= LARGEST_FRAME * (count + 1):
        return None
    file.seek(frame.offset + n_bytes)
    behind = file.read(4)
    return None if behind[:3] == b"ID3" or read_frame(behind, 0) is not None else count


def encoder_delay(file: BinaryIO, frame: Frame) -> int:
    """Read the number of samples that the encoder put before the sound; 0 if the tag in `frame` does not give it."""
    file.seek(frame.offset + frame.tag)
    tag = file.read(_DELAY_AT + 2)
    if tag[:4] not in TAG_NAMES or len(tag) < _DELAY_AT + 2 or not tag[_ENCODER_AT : _ENCODER_AT + 4].strip(b"\0"):
        return 0
    return tag[_DELAY_AT] << 4 | tag[_DELAY_AT + 1] >> 4


def mended_tag(file: BinaryIO, frame: Frame, n_frames: int) -> bytes:
    """Return the frame with its damaged tag repaired: it says that `n_frames` follow, and keeps the encoder's part."""
    content = bytearray(_content(file, frame))
    is_known = bytes(content[frame.tag + _ENCODER_AT :][:4]) in _ENCODERS
    content[:4] = frame.head
    content[4 : frame.tag] = bytes(frame.tag - 4)
    content[frame.tag : frame.tag + 8] = b"Info" + struct.pack(">I", 15 if is_known else _COUNTS_FRAMES)
    content[frame.tag + 8 : frame.tag + 12] = struct.pack(">I", n_frames)
    return bytes(content)


def endless_frame(frame: Frame, size: int) -> bytes:
    """Return a silent frame like `frame` whose tag counts more frames than a file of `size` bytes can hold."""
    head = bytes([0xFF, frame.head[1] | 1, frame.head[2] & 0x0C | 0x90, frame.head[3]])  # no CRC, bit rate by index 9
    silent = read_frame(head, 0)
    assert silent is not None
    tag = b"Xing" + struct.pack(">II", _COUNTS_FRAMES, size // SMALLEST_FRAME + 1)
    return (head.ljust(silent.tag, b"\0") + tag).ljust(silent.size, b"\0")


def _content(file: BinaryIO, frame: Frame) -> bytes:
    file.seek(frame.offset)
    return file.read(frame.size)


def _crc16(content: bytes) -> int:
    """Return the checksum of LAME's tag: polynomial x^16 + x^15 + x^2 + 1, bits mirrored."""
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc
