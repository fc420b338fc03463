"""Events are one consumer of score blocks; what goes wrong with them is the recording's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import RecordingError
from detector.operating.points import OperatingPoint
from detector.place import LocalPlace, Place
from detector.scanning.blocks import ScoreBlock, ScoreCollector
from detector.scanning.events import EventFinder, EventRules, Smoothing
from detector.scanning.scanner import Scanner
from detector.scanning.windows import Columns, WindowGrid
from tests.made import recipe
from tests.scans import detected, detected_all

from .conftest import noise, short_parts, tone_model, with_tones, written

GRID = WindowGrid(0, 10, 10, 10.0, Columns(10, 1, 0.0))  # a column every 0.1 s


def event_rules(**point: float) -> EventRules:
    return EventRules(recipe("mel"), GRID, (OperatingPoint(name="owl", **point),))


def blocks_of(name: str, scores: Sequence[float], sizes: Sequence[int] = (), *, ended: bool = True) -> list[ScoreBlock]:
    """Cut the scores of a recording into blocks of these sizes, and one of what is left."""
    bounds = [0, *np.minimum(np.cumsum(sizes, dtype=int), len(scores)).tolist(), len(scores)]
    blocks = []
    for first, end in pairwise(bounds):
        rows = np.array(scores[first:end], dtype=np.float64)[:, None]
        heard_s = len(scores) / 10 if ended and len(blocks) == len(bounds) - 2 else None
        blocks.append(ScoreBlock(LocalPlace(Path(name)), GRID.points, first, np.inf, {"mix": rows}, heard_s))
    return blocks


def spans(event_rules: EventRules, *recordings: list[ScoreBlock]) -> list[list[tuple[float, float]]]:
    smoothing = Smoothing(event_rules)
    finder = EventFinder(event_rules)
    found = []
    for blocks in recordings:
        for block in blocks:
            finder(smoothing(block))
        found.append([event.span for _, event in finder.events()])
    return found


@given(
    st.lists(st.sampled_from([0.0, 0.4, 0.6, 1.0]), min_size=1, max_size=40), st.lists(st.integers(0, 9), max_size=9)
)
def test_the_blocks_that_scores_come_in_change_no_event(scores: list[float], sizes: list[int]) -> None:
    for smooth_s in (0.1, 0.5):
        whole, cut = (spans(event_rules(smooth_s=smooth_s), blocks_of("a", scores, s))[0] for s in ((), sizes))
        assert whole == cut


def test_a_recording_that_was_not_ended_leaves_nothing_to_the_next_one() -> None:
    high = [0.0, 0.0, *[1.0] * 8, 0.0]
    low = [0.0] * 12
    broken = blocks_of("a", high, [4], ended=False)[:1]
    assert spans(event_rules(smooth_s=0.3), broken, blocks_of("b", low))[1] == []
    assert (
        spans(event_rules(smooth_s=0.3), broken, blocks_of("b", high))[1]
        == spans(event_rules(smooth_s=0.3), blocks_of("b", high))[0]
    )


def test_collected_scores_are_those_of_the_recording_at_hand() -> None:
    collector = ScoreCollector()
    for block in (*blocks_of("a", [1.0] * 5, ended=False), *blocks_of("b", [0.1, 0.2, 0.3], [1, 1])):
        collector(block)
    assert collector.scores()["mix"][:, 0].tolist() == [0.1, 0.2, 0.3]
    assert collector.scores() == {}


def test_a_fault_while_events_are_looked_for_fails_that_recording_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_parts(monkeypatch)
    names = [written(tmp_path / f"{n}.wav", with_tones(noise(9, n), (2.0, 2.5), (6.0, 6.5))) for n in range(3)]
    expected = detected_all(tone_model(), names)
    find = EventFinder.__call__

    def failing(finder: EventFinder, block: ScoreBlock) -> None:
        if block.recording.name == names[1].as_posix() and block.first > 0:
            raise ZeroDivisionError("a bug")
        find(finder, block)

    monkeypatch.setattr(EventFinder, "__call__", failing)
    scanned = detected_all(tone_model(), names)
    assert [one.failed for one in scanned] == [False, True, False]
    assert isinstance(scanned[1].bug, ZeroDivisionError)
    assert scanned[::2] == expected[::2]
    assert all(len(one.detections) == 2 for one in expected)


def test_whoever_takes_scores_and_fails_ends_the_scan(tmp_path: Path) -> None:
    def full(block: ScoreBlock) -> None:
        raise OSError("no space left")

    path = written(tmp_path / "a.wav", noise(3))
    with pytest.raises(OSError, match="no space"):
        detected(tone_model(), path, take=full)


def test_what_cannot_be_planned_is_the_recording_s_own_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [written(tmp_path / f"{n}.wav", noise(3, n)) for n in range(3)]
    plan = Scanner.plan

    def refusing(scanner: Scanner, recording: Place) -> object:
        if recording.name == names[0].as_posix():
            raise RecordingError(f"{recording}: is refused")
        return plan(scanner, recording)

    monkeypatch.setattr(Scanner, "plan", refusing)
    scanned = detected_all(tone_model(), names)
    assert [one.failed for one in scanned] == [True, False, False]
    assert scanned[0].remarks == (f"{names[0]}: is refused",)
