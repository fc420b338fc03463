"""What the parts of a recording gave, put together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detector.audio.header import Header
from detector.audio.verdict import Facts
from detector.errors import Fault, RecordingError
from detector.place import LocalPlace
from detector.scanning.layout import lay_out
from detector.scanning.parts import PartScores
from detector.scanning.recording import Reader, RecordingScan, failed

from .conftest import RATE, random_model

PLANNED = 5
HOP = 12 * 80  # samples from one window to the next


def scan_of(n_windows: int = 20, *channels: str) -> RecordingScan:
    """Begin a recording whose header claims as many windows."""
    model = random_model("conv2d")
    header = Header(LocalPlace(Path("a.wav")), "WAV", "PCM_16", RATE, 1, RATE + (n_windows - 1) * HOP)
    return RecordingScan(
        header, None, channels or ("mix",), Reader(model.recipe, lay_out(model.recipe).grid, model.operating.label)
    )


def part(
    first: int, n: int = PLANNED, *, score: float = 0.1, error: str = "", sounding: bool = True, n_absurd: int = 0
) -> PartScores:
    """Make what a part of `n` windows gave."""
    n_read = RATE + (first + n - 1) * HOP if n else 0
    facts = Facts((sounding,), n_read, n_absurd=n_absurd, error=error)
    return PartScores(np.full((n, 2), score, dtype=np.float32), facts, bool(error))


def test_parts_follow_one_another_and_their_facts_add_up() -> None:
    whole = scan_of()
    blocks = [whole.add([part(first, score=first / 20, n_absurd=1)], PLANNED) for first in (0, 5, 10)]
    blocks.append(whole.add([part(15, score=0.9, n_absurd=1)], None))
    last, scanned = whole.finish()
    blocks.append(last)
    assert [(block.first, block.n_points) for block in blocks] == [(0, 5), (5, 5), (10, 5), (15, 5), (20, 0)]
    assert np.concatenate([block.scores["mix"] for block in blocks])[::5, 0] == pytest.approx([0, 0.25, 0.5, 0.9])
    (effort,) = scanned.effort
    assert (effort.status, effort.seconds, effort.scanned_s) == ("damaged", 3.28, 3.28)
    assert effort.detail.startswith("4 samples ")
    assert len(scanned.detections) == 2  # one a label, from the parts that score 0.5 and 0.9


def test_the_share_that_is_done_grows_to_the_whole() -> None:
    whole, shares = scan_of(), []
    for first in (0, 5, 10, 15):
        whole.add([part(first)], PLANNED if first < 15 else None)
        shares.append(whole.share)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_what_comes_after_a_part_that_fell_short_is_left_out() -> None:
    whole = scan_of()
    whole.add([part(0)], PLANNED)
    whole.add([part(5, 2)], PLANNED)
    whole.add([part(10, score=0.9)], PLANNED)
    _, scanned = whole.finish()
    assert scanned.detections == ()
    assert (scanned.effort[0].status, scanned.scanned_s) == ("truncated", (RATE + 6 * HOP) / RATE)


def test_channels_sound_each_for_itself() -> None:
    whole = scan_of(10, "0", "1")
    whole.add([part(0, sounding=False), part(0, sounding=False)], PLANNED)
    whole.add([part(5, sounding=False), part(5)], None)
    assert [row.status for row in whole.finish()[1].effort] == ["silent", "ok"]


def test_one_part_that_cannot_be_scanned_or_scores_no_numbers_fails_the_recording() -> None:
    for broken, reason in (
        (RecordingError("a.wav: is gone"), "a.wav: is gone"),
        ([part(5, score=np.nan)], "a.wav: gives scores that are no numbers, by 2 s"),
        (ZeroDivisionError("division\nby zero"), "a.wav: the program failed on it: ZeroDivisionError: division"),
        (MemoryError(), "a.wav: there is not enough memory for it"),
    ):
        whole = scan_of()
        whole.add([part(0, score=0.9)], PLANNED)
        whole.add(broken, PLANNED)
        whole.add([part(10, score=0.9)], PLANNED)
        _, scanned = whole.finish()
        assert scanned.failed
        assert isinstance(scanned.bug, ZeroDivisionError) == isinstance(broken, ZeroDivisionError)
        assert (scanned.detections, scanned.remarks) == ((), (reason,))
        assert [row.status for row in scanned.effort] == ["failed"]


def test_a_recording_that_failed_has_one_row_without_a_channel() -> None:
    scanned = failed(LocalPlace(Path("a.wav")), None, Fault("why"))
    assert [(row.channel, row.status, row.detail) for row in scanned.effort] == [("", "failed", "why")]
    assert scanned.scanned_s == 0.0
