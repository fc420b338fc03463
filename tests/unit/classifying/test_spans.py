"""The scores of spans are those that lie in them, however the recording comes in blocks."""

from __future__ import annotations

from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.classifying.spans import WHOLE, SpanCollector, SpanScores
from detector.events import Span
from detector.place import LocalPlace
from detector.scanning.blocks import ScoreBlock
from detector.scanning.windows import Points

POINTS = Points(first_s=0.05, step_s=0.1, half_s=0.05)
SCORES = np.random.default_rng(0).random((100, 2))


def collected(spans: list[Span], cuts: list[int] | None = None, scores: np.ndarray = SCORES) -> SpanScores:
    """Push scores as blocks that end at the given points; the recording lasts 10 s."""
    collector = SpanCollector(lambda _: spans)
    for first, end in zip([0, *(cuts or [])], [*(cuts or []), len(scores)]):
        block = ScoreBlock(LocalPlace(Path("a.wav")), POINTS, first, inf, {"mix": scores[first:end]})
        collector(block)
    return collector.scores(10.0)["mix"]


@given(st.lists(st.integers(0, 100), max_size=5).map(sorted))
def test_blocks_change_nothing(cuts: list[int]) -> None:
    spans = [WHOLE, (0.0, 1.0), (2.33, 7.1), (9.9, 12.0), (3.0, 3.01)]
    whole = collected(spans)
    parts = collected(spans, cuts)
    assert parts.highest.tolist() == whole.highest.tolist()
    assert parts.mean == pytest.approx(whole.mean, abs=1e-12)


def test_the_whole_recording_is_the_highest_of_the_spans_that_share_it_out() -> None:
    spans = [(0.0, 2.5), (2.5, 2.75), (2.75, 10.0)]
    assert collected(spans).highest.max(axis=0).tolist() == collected([WHOLE]).highest[0].tolist()
    assert collected([WHOLE]).highest[0].tolist() == SCORES.max(axis=0).tolist()
    assert collected([(0.0, 10.0)]).mean == pytest.approx(SCORES.mean(axis=0)[None])


def test_the_scores_of_a_span_are_those_between_its_times() -> None:
    made = collected([(1.0, 1.3)])
    assert made.highest[0].tolist() == SCORES[10:13].max(axis=0).tolist()
    assert made.mean[0] == pytest.approx(SCORES[10:13].mean(axis=0))


@pytest.mark.parametrize(("span", "point"), [((1.06, 1.09), 10), ((0.0, 0.01), 0), ((9.96, 9.99), 99)])
def test_a_span_between_two_scores_has_the_nearest(span: Span, point: int) -> None:
    made = collected([span])
    assert made.highest[0].tolist() == made.mean[0].tolist() == SCORES[point].tolist()


def test_a_span_after_the_end_has_no_scores_even_if_windows_reach_there() -> None:
    longer = np.concatenate([SCORES, SCORES])
    for scores in (SCORES, longer):
        made = collected([(10.0, 11.0), (9.0, 11.0)], scores=scores)
        assert np.isnan(made.highest[0]).all()
        assert np.isnan(made.mean[0]).all()
        assert not np.isnan(made.highest[1]).any()


def test_a_span_that_reaches_the_end_has_the_windows_beyond_it_as_the_whole_recording_has() -> None:
    beyond = np.concatenate([SCORES, np.full((1, 2), 2.0)])
    for span, highest in ((WHOLE, 2.0), ((9.0, 10.0), 2.0), ((9.0, 9.9995), 2.0), ((9.0, 9.99), None)):
        made = collected([span], [50, 101], beyond).highest[0]
        assert made.tolist() == ([highest] * 2 if highest else SCORES[90:].max(axis=0).tolist())
