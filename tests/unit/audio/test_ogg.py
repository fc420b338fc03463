from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from detector.audio.ogg import Link, survey
from detector.audio.ogg_pages import checksum
from detector.audio.reading import read_header
from detector.audio.stream import AudioStream
from detector.recipe import Audio

from .conftest import Write, judged, noise

RATE = 24000
SECONDS = 30


def made(path: Path, subtype: str, seconds: float = SECONDS, channels: int = 1) -> bytes:
    with soundfile.SoundFile(path, "w", RATE, channels, format="OGG", subtype=subtype) as sound:
        for block in np.array_split(noise(seconds, RATE, channels), 50):  # in one call, long ones crash the encoder
            sound.write(block)
    return path.read_bytes()


def paged(content: bytes) -> list[bytes]:
    starts = [at for at in range(len(content)) if content.startswith(b"OggS\0", at)]
    return [content[start:end] for start, end in pairwise([*starts, len(content)])]


def samples(path: Path, block_s: float = 10.0) -> tuple[AudioStream, np.ndarray]:
    stream = AudioStream(path, Audio(sample_rate=RATE, channel="each"), block_s)
    return stream, np.concatenate([np.zeros((len(stream.channels), 0), np.float32), *stream.blocks()], axis=1)


def found(path: Path) -> tuple[Link, ...]:
    with path.open("rb") as file:
        return survey(file, path.stat().st_size)


@pytest.fixture(params=["VORBIS", "OPUS"])
def content(request: pytest.FixtureRequest, tmp_path: Path) -> bytes:
    return made(tmp_path / "made.ogg", request.param)


def test_the_checksum_of_every_page_is_the_one_that_it_carries(content: bytes) -> None:
    assert all(checksum(page) == int.from_bytes(page[22:26], "little") for page in paged(content))


def test_a_whole_file_is_one_whole_link(content: bytes, write: Write) -> None:
    for name, more in (("whole.ogg", b""), ("padded.ogg", bytes(3000))):
        (link,) = found(write(name, content + more))
        assert link.whole
        assert link.ended
        assert read_header(write(name, content + more)).links == ()


def test_a_file_cut_within_a_page_or_between_two_is_truncated(content: bytes, write: Write) -> None:
    last = content.rindex(b"OggS")
    for end in (last, last + 5, last + 27, last + 40, len(content) - 1):
        header = read_header(write("cut.ogg", content[:end]))
        assert (header.status, header.faults) == ("truncated", ("truncated: its last page is missing",)), end


def broken(pages: list[bytes], how: str) -> list[bytes]:
    k = len(pages) // 2
    flipped = pages[k][:200] + bytes([pages[k][200] ^ 8]) + pages[k][201:]
    return {
        "lost": pages[:k] + pages[k + 1 :],
        "first lost": pages[:2] + pages[3:],
        "two lost": pages[:k] + pages[k + 1 : k + 3] + pages[k + 4 :],
        "flipped": [*pages[:k], flipped, *pages[k + 1 :]],
        "swapped": [*pages[:k], pages[k + 1], pages[k], *pages[k + 2 :]],
        "junk": [*pages[:k], b"OggS\0junk" * 300, *pages[k:]],
        "doubled": [*pages[:k], pages[k], *pages[k:]],
    }[how]


@pytest.mark.parametrize("how", ["lost", "first lost", "two lost", "flipped", "swapped", "junk", "doubled"])
def test_what_lies_behind_a_lost_page_is_at_its_true_time_whatever_the_block(
    content: bytes, write: Write, how: str
) -> None:
    _, whole = samples(write("whole.ogg", content))
    path = write("broken.ogg", b"".join(broken(paged(content), how)))
    stream, got = samples(path)
    np.testing.assert_array_equal(samples(path, 0.37)[1], got)
    assert got.shape == whole.shape
    lost = np.zeros(whole.shape[1], bool)
    for start, end in stream.facts.holes:
        lost[start : end + RATE // 4] = True  # Opus takes a quarter of a second to settle
    assert lost.mean() < 0.25
    assert (np.abs(got - whole)[:, ~lost] > 0.02).mean() < 0.003  # Opus settles after swapped pages, too
    assert judged(stream).status == "damaged"
    assert bool(stream.facts.holes) == (how not in {"junk", "doubled"})


@pytest.mark.parametrize("same", [True, False])
def test_streams_one_after_another_are_read_to_the_end(content: bytes, write: Write, same: bool) -> None:
    def with_serial(page: bytes) -> bytes:
        page = page[:14] + b"\1\2\3\4" + page[18:22] + bytes(4) + page[26:]
        return page[:22] + checksum(page).to_bytes(4, "little") + page[26:]

    second = content if same else b"".join(map(with_serial, paged(content)))
    _, once = samples(write("once.ogg", content))
    stream, twice = samples(write("twice.ogg", content + second))
    assert judged(stream) == ("ok", [])
    np.testing.assert_array_equal(twice, np.concatenate([once, once], axis=1))


def test_a_stream_of_another_kind_that_follows_is_told_and_not_read(tmp_path: Path) -> None:
    mono, stereo = made(tmp_path / "1.ogg", "VORBIS", 3), made(tmp_path / "2.ogg", "VORBIS", 3, channels=2)
    path = tmp_path / "both.ogg"
    path.write_bytes(mono + stereo)
    stream, got = samples(path)
    assert got.shape == (1, 3 * RATE)
    assert judged(stream).status == "damaged"
    assert "2 channels" in judged(stream).faults[0]


def sealed(page: bytes) -> bytes:
    page = page[:22] + bytes(4) + page[26:]
    return page[:22] + checksum(page).to_bytes(4, "little") + page[26:]


@pytest.mark.parametrize("offset_s", [3600, 7 * 3600])
def test_positions_of_a_stream_that_was_joined_while_it_ran_shift_nothing(
    content: bytes, write: Write, offset_s: int
) -> None:
    offset = offset_s * (48000 if b"OpusHead" in content else RATE)

    def moved(page: bytes) -> bytes:
        position = int.from_bytes(page[6:14], "little")
        return sealed(page[:6] + (position + offset).to_bytes(8, "little") + page[14:]) if position else page

    later = [moved(page) for page in paged(content)]
    _, whole = samples(write("whole.ogg", content))
    later.pop(len(later) // 2)
    stream, got = samples(write("live.ogg", b"".join(later)))
    assert judged(stream).status == "damaged"
    assert got.shape == whole.shape
    ((start, end),) = stream.facts.holes
    assert end - start < 1.1 * RATE
    np.testing.assert_allclose(got[:, end + RATE :], whole[:, end + RATE :], atol=0.02)


@pytest.mark.parametrize("other", [b"fishead\0" + bytes(56), b"\x80theora\3\2\1" + bytes(33)])
def test_a_stream_of_another_kind_that_begins_first_hides_no_sound(content: bytes, write: Write, other: bytes) -> None:
    _, whole = samples(write("whole.ogg", content))
    head = b"OggS\0\2" + bytes(8) + b"\7\7\7\7" + bytes(4) + bytes(4) + bytes([1, len(other)])
    stream, got = samples(write("mixed.ogg", sealed(head + other) + content))
    assert judged(stream) == ("ok", [])
    np.testing.assert_array_equal(got, whole)


def test_a_damaged_first_page_of_a_short_stream_hides_no_later_stream(write: Write, tmp_path: Path) -> None:
    short, second = made(tmp_path / "a.ogg", "OPUS", 1.5), made(tmp_path / "b.ogg", "OPUS", 4)
    pages = paged(short)
    pages[2] = pages[2][:27] + bytes([pages[2][27] ^ 0x3F]) + pages[2][28:]
    stream, got = samples(write("chained.ogg", b"".join(pages) + second))
    assert judged(stream).status == "damaged"
    _, whole = samples(write("second.ogg", second))
    np.testing.assert_allclose(got[:, -3 * RATE :], whole[:, -3 * RATE :], atol=0.02)
