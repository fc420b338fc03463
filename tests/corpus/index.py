"""Say which bytes of an undamaged file hold which stretch of its sound, without any of the program's code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.corpus import ogg
from tests.corpus.case import Stretch
from tests.corpus.sound import KINDS, from_source

Piece = tuple[int, int, float, float]  # first byte, the one after the last, start s, end s
_FLAC_BLOCK = 4096
_OPUS_RATE = 48000
_MP3_FRAME = 576  # samples of MPEG 2.5, 8 kHz
_MP3_KBIT = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_MEMORY_S = 0.3  # a frame of layer III may hold bits of those after it


@dataclass(frozen=True)
class Index:
    """Where the sound lies: `header` bytes come first; pieces follow one another in bytes and in time."""

    header: int
    pieces: tuple[Piece, ...]

    @property
    def seconds(self) -> float:
        """Give the length, s."""
        return self.pieces[-1][3]

    def touched(self, first: int, end: int) -> Stretch:
        """Give the stretch whose bytes are among those from `first` to `end`."""
        hit = [piece for piece in self.pieces if piece[0] < end and piece[1] > first]
        return (hit[0][2], hit[-1][3]) if hit else (self.seconds, self.seconds)

    def before(self, end: int) -> float:
        """Give the time, s, up to which all bytes lie before `end`."""
        return max((piece[3] for piece in self.pieces if piece[1] <= end), default=0.0)


@cache
def index(source: str) -> Index:
    """Index an undamaged recording, by name."""
    data = from_source(source)
    kind, _, rate = source.rsplit(".", 1)[0].removeprefix("healthy-").rsplit("-", 2)
    if width := KINDS[kind].bytes_per_sample:
        return _plain(data, width, int(rate))
    if kind == "flac":
        return _of(_flac(data, int(rate)))
    return _of(_mp3(data)) if kind == "mp3" else _of(_ogg(data, _OPUS_RATE if kind == "opus" else int(rate)))


def _of(pieces: Iterator[Piece]) -> Index:
    listed = tuple(pieces)
    return Index(listed[0][0], listed)


def data_offset(data: bytes) -> int:
    """Find where the samples of a WAV, RF64, W64 or AIFF file begin."""
    if data[:4] == b"FORM":
        return data.index(b"SSND") + 16
    return data.index(b"data", 12) + (24 if data[:4] == b"riff" else 8)


def _plain(data: bytes, width: int, rate: int) -> Index:
    offset, step = data_offset(data), width * rate // 100
    ends = range(offset, len(data), step)
    return Index(offset, tuple((at, at + step, n / 100, (n + 1) / 100) for n, at in enumerate(ends)))


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ (0x07 if value & 0x80 else 0)) & 0xFF
    return value


def _coded_number(number: int) -> bytes:
    return chr(number).encode()  # FLAC numbers its frames as UTF-8 does characters


def _flac(data: bytes, rate: int) -> Iterator[Piece]:
    """Follow the frames by their numbers and checksums. Format: RFC 9639."""
    at, last = 4, False
    while not last:
        last, length = bool(data[at] & 0x80), int.from_bytes(data[at + 1 : at + 4], "big")
        at += 4 + length
    n_frames = -(-(int.from_bytes(data[21:26], "big") % 2**36) // _FLAC_BLOCK)
    starts = [at]
    for number in range(1, n_frames):
        coded = _coded_number(number)
        at = data.find(b"\xff\xf8", at + 1)
        while True:
            extra = {6: 1, 7: 2}.get(data[at + 2] >> 4, 0) + {12: 1, 13: 2, 14: 2}.get(data[at + 2] & 15, 0)
            end = at + 4 + len(coded) + extra
            if data[at + 4 : at + 4 + len(coded)] == coded and _crc8(data[at:end]) == data[end]:
                break
            at = data.index(b"\xff\xf8", at + 1)
        starts.append(at)
    block_s = _FLAC_BLOCK / rate
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)])):
        yield start, end, number * block_s, (number + 1) * block_s


def _ogg(data: bytes, rate: int) -> Iterator[Piece]:
    before = 0
    for page in ogg.pages(data):
        if page.granule > 0:
            yield page.start, page.end, before / rate, page.granule / rate
            before = page.granule


def _mp3(data: bytes) -> Iterator[Piece]:
    """Follow frames of MPEG 2.5, layer III, 8 kHz; the first holds no sound but LAME's table."""
    at, number = 0, -1
    while at < len(data):
        end = at + 9 * _MP3_KBIT[data[at + 2] >> 4] + (data[at + 2] >> 1 & 1)
        if number >= 0:
            yield at, end, number * _MP3_FRAME / 8000, (number + 1) * _MP3_FRAME / 8000 + _MP3_MEMORY_S
        at, number = end, number + 1
