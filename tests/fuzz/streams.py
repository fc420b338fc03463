"""Decoding of recordings: what can be opened gives finite samples, in time, and says what was wrong."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from detector.audio.status import STATUSES
from detector.audio.stream import AudioStream
from detector.audio.verdict import judge
from detector.errors import RecordingError
from detector.recipe import Audio
from tests.fuzz import sounds
from tests.fuzz.target import MOST_S, Target, TooSlowError


def run(data: bytes, folder: Path) -> None:
    """Decode a spoilt recording."""
    path, start = sounds.written(data, folder), time.process_time()
    with suppress(RecordingError):
        stream = AudioStream(path, Audio(sample_rate=8000), block_s=1.0)
        for block in stream.blocks():
            assert np.isfinite(block).all(), "samples are not finite"
            if time.process_time() - start > MOST_S:
                raise TooSlowError(f"{stream.n_samples} samples of {len(data)} bytes, and more to come")
        status, _ = judge(stream.header, stream.channels, stream.facts)
        assert status in STATUSES


TARGET = Target("streams", sounds.seeds, run, sounds.mutate)
