"""What the parts of a recording gave, put together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector.audio.header import Header
from detector.audio.verdict import Facts
from detector.errors import Fault, RecordingError
from detector.place import LocalPlace
from detector.scanning.assembly import Assembly
from detector.scanning.blocks import ScoreBlock
from detector.scanning.layout import lay_out
from detector.scanning.outcome import Scanned, failed
from detector.scanning.parts import PartScores
from detector.scanning.plan import Plan

from .conftest import RATE, random_model

PLANNED = 5
HOP = 12 * 80  # samples from one window to the next


class Whole:
    """A recording whose header claims so many windows, planned in parts of `PLANNED`."""

    def __init__(self, n_windows: int = 20, *channels: str) -> None:
        model = random_model("conv2d")
        header = Header(LocalPlace(Path("a.wav")), "WAV", "PCM_16", RATE, 1, RATE + (n_windows - 1) * HOP)
        plan = Plan(header, channels or ("mix",), n_windows, PLANNED, "a fingerprint")
        self.parts = {part.first: part for part in plan.parts()}
        self.assembly = Assembly(plan, model.recipe, lay_out(model.recipe).grid)

    def finish(self) -> tuple[ScoreBlock | None, Scanned]:
        last = self.assembly.finish()
        (scanned,) = self.assembly.results
        return last, scanned

    def add(self, first: int, scores: PartScores | Exception) -> ScoreBlock | None:
        return self.assembly.add(self.parts[first], scores)


def scores_of(
    first: int, n: int = PLANNED, *, score: float = 0.1, error: str = "", sounding: tuple[bool, ...] = (True,)
) -> PartScores:
    """Make what a part of `n` windows gave, with one absurd sample."""
    n_read = RATE + (first + n - 1) * HOP if n else 0
    facts = Facts(sounding, n_read, n_absurd=1, error=error)
    return PartScores(
        first, "a fingerprint", np.full((len(sounding), n, 2), score, dtype=np.float32), facts, bool(error)
    )


def test_a_plan_has_parts_that_follow_one_another_to_the_end() -> None:
    parts = list(Whole(18).parts.values())
    assert [(part.first, part.end) for part in parts] == [(0, 5), (5, 10), (10, 15), (15, None)]
    assert [part.is_last for part in parts] == [False, False, False, True]


def test_parts_follow_one_another_and_their_facts_add_up() -> None:
    whole = Whole()
    blocks = [whole.add(first, scores_of(first, score=score)) for first, score in ((0, 0), (5, 0.25), (10, 0.5))]
    blocks.append(whole.add(15, scores_of(15, score=0.9)))
    last, scanned = whole.finish()
    blocks.append(last)
    assert [(block.first, block.n_points) for block in blocks] == [(0, 5), (5, 5), (10, 5), (15, 5), (20, 0)]
    assert [block.heard_s for block in blocks] == [None, None, None, None, pytest.approx(3.28)]
    assert np.concatenate([block.scores["mix"] for block in blocks])[::5, 0] == pytest.approx([0, 0.25, 0.5, 0.9])
    (effort,) = scanned.effort
    assert (effort.status, effort.seconds, effort.scanned_s) == ("damaged", 3.28, 3.28)
    assert effort.detail.startswith("4 samples ")


def test_the_share_that_is_done_grows_to_the_whole() -> None:
    whole = Whole()
    shares = []
    for first in (0, 5, 10, 15):
        whole.add(first, scores_of(first))
        shares.append(whole.assembly.share)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_what_comes_after_a_part_that_fell_short_is_left_out() -> None:
    whole = Whole()
    blocks = [whole.add(0, scores_of(0)), whole.add(5, scores_of(5, 2)), whole.add(10, scores_of(10))]
    _, scanned = whole.finish()
    assert [block and block.n_points for block in blocks] == [5, 2, None]
    assert (scanned.effort[0].status, scanned.scanned_s) == ("damaged", (RATE + 6 * HOP) / RATE)


def test_channels_sound_each_for_itself() -> None:
    whole = Whole(10, "0", "1")
    for first, sounding in ((0, (False, False)), (5, (False, True))):
        scores = scores_of(first, sounding=sounding)
        whole.add(first, replace(scores, facts=Facts(sounding, scores.facts.n_read)))
    assert [row.status for row in whole.finish()[1].effort] == ["silent", "ok"]


def test_one_part_that_cannot_be_scanned_or_scores_no_numbers_fails_the_recording() -> None:
    for broken, reason in (
        (RecordingError("a.wav: is gone"), "a.wav: is gone"),
        (scores_of(5, score=np.nan), "a.wav: gives scores that are no numbers, by 2 s"),
        (ZeroDivisionError("division\nby zero"), "a.wav: the program failed on it: ZeroDivisionError: division"),
        (MemoryError(), "a.wav: there is not enough memory for it"),
    ):
        whole = Whole()
        whole.add(0, scores_of(0, score=0.9))
        assert whole.add(5, broken) is None
        assert whole.add(10, scores_of(10, score=0.9)) is None
        last, scanned = whole.finish()
        assert last is None
        assert scanned.failed
        assert isinstance(scanned.bug, ZeroDivisionError) == isinstance(broken, ZeroDivisionError)
        assert scanned.remarks == (reason,)
        assert [row.status for row in scanned.effort] == ["failed"]


def test_a_recording_that_failed_has_one_row_without_a_channel() -> None:
    scanned = failed(LocalPlace(Path("a.wav")), None, Fault("why"))
    assert [(row.channel, row.status, row.detail) for row in scanned.effort] == [("", "failed", "why")]
    assert scanned.scanned_s == 0.0


def test_parts_out_of_order_and_scores_of_another_part_or_model_are_not_assembled() -> None:
    for first, scores in (
        (5, scores_of(5)),
        (0, scores_of(5)),
        (0, replace(scores_of(0), fingerprint="another one")),
    ):
        whole = Whole()
        assert whole.add(first, scores) is None
        assert isinstance(whole.finish()[1].bug, ValueError)


def test_blocks_come_as_parts_do_and_the_result_with_the_last() -> None:
    whole = Whole()
    blocks = list(whole.assembly.blocks((part, scores_of(first)) for first, part in whole.parts.items()))
    assert [block.heard_s is None for block in blocks] == [True, True, True, True, False]
    assert whole.assembly.results[0].scanned_s == blocks[-1].heard_s
    failed_one = Whole()
    parts = [(failed_one.parts[0], scores_of(0)), (failed_one.parts[5], RecordingError("a.wav: is gone"))]
    assert [block.heard_s for block in failed_one.assembly.blocks(parts)] == [None]
    assert failed_one.assembly.results[0].failed
