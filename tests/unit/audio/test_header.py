from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from detector.audio.reading import read_header
from detector.errors import RecordingError

from .conftest import Write, a_list_chunk, noise, with_data_size

CODINGS = [
    ("WAV", "PCM_U8"), ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "PCM_32"), ("WAV", "FLOAT"), ("WAV", "DOUBLE"),
    ("WAV", "ULAW"), ("WAVEX", "PCM_24"), ("RF64", "PCM_16"), ("W64", "PCM_24"), ("AIFF", "PCM_16"), ("AIFF", "FLOAT"),
    ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"),
]  # fmt: skip


@pytest.mark.parametrize(("format_", "subtype"), CODINGS)
def test_a_sound_header_is_believed(write: Write, format_: str, subtype: str) -> None:
    path = write("x.bin", noise(0.5, channels=2), format=format_, subtype=subtype)
    header = read_header(path)
    assert (header.format, header.subtype, header.sample_rate, header.n_channels) == (format_, subtype, 48000, 2)
    assert header.n_frames == 24000
    assert (header.faults, header.status, header.view) == ((), "ok", None)


def test_a_big_endian_wav_is_believed(write: Write) -> None:
    header = read_header(write("x.wav", noise(0.5), format="WAV", subtype="PCM_16", endian="BIG"))
    assert (header.n_frames, header.faults) == (24000, ())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is an empty file"),
        (b"only words, no sound. " * 50, "is not audio that can be read: format not recognised"),
        (b"\0" * 5000, "is not audio"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "is not audio"),
        (b"ID3\x04\0\0\0\0\0\x0a" + bytes(200), "is not audio"),
    ],
)
@pytest.mark.parametrize("name", ["x.wav", "x.raw", "x.mp3"])
def test_what_is_no_audio_is_named_with_the_reason(write: Write, name: str, content: bytes, message: str) -> None:
    with pytest.raises(RecordingError, match=message) as caught:
        read_header(write(name, content))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"none\.wav: cannot be read: No such file"):
        read_header(tmp_path / "none.wav")
    with pytest.raises(RecordingError, match="is a folder"):
        read_header(tmp_path)
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(RecordingError, match="named pipe"):
        read_header(tmp_path / "pipe.wav")


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_a_wav_that_gives_no_length_is_decoded_to_its_end(write: Write, subtype: str, size: int) -> None:
    whole = write("whole.wav", noise(0.5, channels=3), format="WAV", subtype=subtype)
    lying = write("lying.wav", with_data_size(whole.read_bytes(), size))
    header = read_header(lying)
    assert header.n_frames == read_header(whole).n_frames == 24000
    assert len(header.faults) == 1
    assert hex(size) in header.faults[0]
    expected, _ = soundfile.read(whole)
    with header.opened() as sound:
        assert np.array_equal(sound.read(len(expected) + 1), expected)


def test_chunks_after_an_empty_data_chunk_are_no_samples(write: Write) -> None:
    empty = write("empty.wav", noise(0))
    header = read_header(write("tail.wav", empty.read_bytes() + a_list_chunk()))
    assert (header.n_frames, header.faults, header.view) == (0, (), None)


def test_chunks_after_the_samples_are_no_samples(write: Write) -> None:
    whole = write("whole.wav", noise(0.5))
    header = read_header(write("tail.wav", whole.read_bytes() + a_list_chunk()))
    assert (header.n_frames, header.faults, header.view) == (24000, (), None)


def test_much_that_follows_the_samples_and_is_no_chunk_is_told(write: Write) -> None:
    whole = write("whole.wav", noise(3))
    content = with_data_size(whole.read_bytes(), 96000)
    header = read_header(write("short.wav", content[:4] + bytes([1, 2, 3, 0]) + content[8:]))
    assert header.n_frames == 48000
    assert header.status == "damaged"
    assert "192000 bytes" in header.faults[0]
    padded = with_data_size(whole.read_bytes()[: 44 + 96000] + bytes(200_000), 96000)
    assert read_header(write("padded.wav", padded)).status == "ok"


@pytest.mark.parametrize("claimed", [0, 2, 96000, 287_998, 288_002, 1_000_000, 2**31 + 4, 2**32 - 4])
def test_a_wrong_size_of_the_samples_is_put_right_where_the_size_of_the_file_tells_it(
    write: Write, claimed: int
) -> None:
    whole = write("whole.wav", noise(3))
    header = read_header(write("wrong.wav", with_data_size(whole.read_bytes(), claimed)))
    assert (header.n_frames, header.n_held, header.status) == (144_000, 144_000, "ok")
    assert str(claimed) in header.faults[0] or f"{claimed:#x}" in header.faults[0]
    with header.opened() as sound:
        np.testing.assert_array_equal(sound.read(144_000, dtype="int16"), soundfile.read(whole, dtype="int16")[0])


@pytest.mark.parametrize(
    ("format_", "subtype"), [c for c in CODINGS if c[0] in {"WAV", "WAVEX", "RF64", "W64", "AIFF"}]
)
def test_a_cut_file_keeps_the_length_that_its_header_claims(write: Write, format_: str, subtype: str) -> None:
    content = write("x.bin", noise(0.5, channels=2), format=format_, subtype=subtype).read_bytes()
    assert read_header(write("cut.bin", content[: len(content) // 2])).n_frames == 24000


@pytest.mark.skipif(os.name == "nt", reason="names are bytes elsewhere only")
def test_a_name_that_is_no_unicode_is_read(write: Write) -> None:
    path = write("x.wav", noise(0.1))
    odd = path.with_name(os.fsdecode(b"h\xf6rbar.wav"))
    try:
        path.rename(odd)
    except OSError:
        pytest.skip("this file system takes only unicode names")
    assert read_header(odd).n_frames == 4800
