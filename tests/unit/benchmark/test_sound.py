"""Made sound is the same every time; excerpts are the beginnings of recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from detector.benchmark.sound import cut_excerpts, make_sound
from detector.recipe import Audio
from tests.made import write_sound

RATE = 8000


def test_made_sound_is_as_long_as_asked_and_the_same_every_time(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    made = make_sound(tmp_path, 2, 25.0, Audio(sample_rate=RATE))
    again = make_sound(tmp_path / "again", 2, 25.0, Audio(sample_rate=RATE))
    assert [soundfile.info(path).duration for path in made] == [12.5, 12.5]
    assert [path.read_bytes() for path in made] == [path.read_bytes() for path in again]
    assert made[0].read_bytes() != made[1].read_bytes()


def test_made_sound_has_the_channel_that_a_model_listens_to(tmp_path: Path) -> None:
    (path,) = make_sound(tmp_path, 1, 1.0, Audio(sample_rate=RATE, channel=2))
    samples, _ = soundfile.read(path)
    assert samples.shape == (RATE, 3)
    assert samples.std(axis=0) == pytest.approx(samples[:, 0].std())


def test_excerpts_begin_where_recordings_do_and_come_to_what_is_asked(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (10 * RATE, 2)).astype(np.float32)
    long = write_sound(tmp_path / "long.wav", sound, RATE)
    brief = write_sound(tmp_path / "brief.wav", sound[:RATE], RATE)
    excerpts = list(cut_excerpts([(long, 10.0), (brief, 1.0)], 6.0, 3.0, tmp_path / "cut"))
    assert [soundfile.info(path).duration for path in excerpts] == [3.0, 1.0, 2.0]
    assert excerpts[1] == brief
    for excerpt in excerpts:
        samples, rate = soundfile.read(excerpt, dtype="float32")
        assert rate == RATE
        assert np.array_equal(samples, sound[: len(samples)])


def test_recordings_that_are_wanted_whole_are_not_copied(tmp_path: Path) -> None:
    paths = make_sound(tmp_path, 2, 4.0, Audio(sample_rate=RATE))
    assert list(cut_excerpts([(path, 2.0) for path in paths], 4.0, 2.0, tmp_path / "cut")) == paths
