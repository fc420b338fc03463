"""Files that archives hold now and then: sound that can be decoded is decoded, and what is lost is told."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import numpy as np
import pytest
import soundfile

from detector.audio.reading import read_header
from detector.audio.stream import AudioStream
from detector.audio.verdict import Facts, judge
from detector.recipe import Audio

from .conftest import Write, judged, noise

RATE = 8000


def encoded(samples: np.ndarray, format_: str, subtype: str) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, samples, RATE, format=format_, subtype=subtype)
    return stream.getvalue()


def read(write: Write, name: str, content: bytes) -> tuple[AudioStream, float]:
    stream = AudioStream(write(name, content), Audio(sample_rate=RATE))
    return stream, sum(block.shape[1] for block in stream.blocks()) / RATE


@pytest.mark.parametrize("subtype", ["GSM610", "G721_32", "NMS_ADPCM_32", "IMA_ADPCM", "MS_ADPCM"])
def test_codings_that_cannot_tell_where_they_are_are_read(write: Write, subtype: str) -> None:
    if subtype not in soundfile.available_subtypes("WAV"):
        subtype = "IMA_ADPCM"
    stream, seconds = read(write, "coded.wav", encoded(noise(5, RATE), "WAV", subtype))
    assert (judged(stream).status, seconds) == ("ok", pytest.approx(5, abs=0.1))


def test_a_hole_behind_an_id3_tag_costs_a_flac_file_only_the_hole(write: Write) -> None:
    content = encoded(noise(60, RATE), "FLAC", "PCM_16")
    middle = len(content) // 2
    broken = content[:middle] + bytes(3000) + content[middle + 3000 :]
    tag = b"ID3\4\0\0\0\0\0\x10" + bytes(16)
    plain, tagged = (read(write, name, part + broken) for name, part in (("a.flac", b""), ("b.flac", tag)))
    assert judged(tagged[0]).status == judged(plain[0]).status == "damaged"
    assert tagged[0].facts.holes == plain[0].facts.holes


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM", "GSM610"])
@pytest.mark.parametrize("stated", [0, 0xFFFFFFFF])
def test_codings_in_blocks_whose_length_was_never_filled_in_are_read_to_the_end(
    write: Write, subtype: str, stated: int
) -> None:
    content = encoded(noise(20, RATE), "WAV", subtype)
    at = content.index(b"data") + 4
    stream, seconds = read(write, "coded.wav", content[:at] + stated.to_bytes(4, "little") + content[at + 4 :])
    assert judged(stream).faults
    assert seconds == pytest.approx(20, abs=0.2)
    assert judged(stream).status == "ok"


def test_a_second_chunk_of_samples_and_a_joined_file_are_told(write: Write) -> None:
    content = encoded(noise(10, RATE), "WAV", "PCM_16")
    stream, seconds = read(write, "joined.wav", content + content)
    assert (judged(stream).status, seconds) == ("damaged", 10)


def test_a_file_of_which_nothing_can_be_decoded_has_failed(write: Write) -> None:
    header = read_header(write("a.wav", encoded(noise(1, RATE), "WAV", "PCM_16")))
    assert judge(header, ["0"], Facts((False,), error="lost"))[0] == "failed"
    assert judge(header, ["0"], Facts((False,)))[0] == "empty"
    assert judge(header, ["0"], Facts((True,), n_read=RATE // 2, error="lost"))[0] == "damaged"


@pytest.mark.parametrize("between", ["T", " "])
def test_a_time_of_guano_may_have_a_space_in_it_and_a_date_alone_is_none(write: Write, between: str) -> None:
    def chunk(text: str) -> bytes:
        told = f"GUANO|Version: 1.0\nTimestamp: {text}\n".encode()
        told += b" " * (len(told) % 2)
        return b"guan" + len(told).to_bytes(4, "little") + told

    content = encoded(noise(1, RATE), "WAV", "PCM_16")
    path = write("a.wav", content + chunk(f"2023-07-04{between}21:30:00+02:00"))
    found = read_header(path).chronology
    assert found is not None
    assert found.pieces[0].start == datetime(2023, 7, 4, 19, 30, tzinfo=UTC)
    assert read_header(write("b.wav", content + chunk("2023-07-04")), timezone=UTC).chronology is None
