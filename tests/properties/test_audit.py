"""An audit draws as its estimates assume; they are right on average, and as sure as they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.audit.background import Scanned, draw_windows, inclusion, systematic
from detector.audit.detections import Detections
from detector.audit.estimation import background_figures, gather
from detector.audit.sample import AuditRequest, draw
from detector.audit.strata import LEAST, allocate, cut
from detector.estimates.estimate import Estimate, share_of_sum
from detector.events import Event, overlap_s
from detector.tables.detection import Detection
from tests.unit.audit.worlds import World, detections_of, make_world

scores = st.lists(st.integers(0, 20).map(lambda n: n / 20), min_size=1, max_size=80)


@given(scores=scores, n_strata=st.integers(1, 7))
def test_strata_are_ranges_of_score_that_keep_equal_scores_together(scores: list[float], n_strata: int) -> None:
    strata = cut(np.array(scores), n_strata)
    assert sorted(set(strata.tolist())) == list(range(strata.max() + 1))
    assert strata.max() < n_strata
    order = sorted(zip(scores, strata.tolist(), strict=True))
    assert [stratum for _, stratum in order] == sorted(strata.tolist())
    assert len(set(order)) == len(set(scores))


@given(sizes=st.lists(st.integers(1, 60), min_size=1, max_size=6), n=st.integers(1, 400), seed=st.integers(0, 99))
def test_every_check_is_given_out_and_every_stratum_has_a_few(sizes: list[int], n: int, seed: int) -> None:
    spreads = np.random.default_rng(seed).uniform(0.3, 0.5, len(sizes)).tolist()
    taken = allocate(sizes, spreads, n)
    assert sum(taken) == min(n, sum(sizes))
    least = min(LEAST, n // len(sizes))
    assert all(min(size, least) <= part <= size for part, size in zip(taken, sizes, strict=True))


spans = st.lists(st.tuples(st.floats(0, 100), st.floats(0.001, 20)), max_size=15)


@given(spans=spans, seconds=st.floats(0, 110), longest=st.floats(0.5, 40), n=st.integers(1, 30), seed=st.integers(0, 9))
def test_background_lies_within_what_was_scanned_and_touches_no_detection(
    spans: list[tuple[float, float]], seconds: float, longest: float, n: int, seed: int
) -> None:
    rows = tuple(Detection("a", "0", Event(start, start + length, "owl", score=0.5)) for start, length in spans)
    free = Scanned(Path("effort.csv"), {("a", "0"): seconds}).free(rows)
    windows, size = draw_windows(free, n, longest, np.random.default_rng(seed))
    assert len(windows) == min(n, size)
    for window in windows:
        assert 0 <= window.start_s < window.end_s <= seconds + 1e-9
        assert window.end_s - window.start_s <= longest + 1e-3
        assert all(overlap_s((window.start_s, window.end_s), row.event.span) <= 1e-9 for row in rows)
    assert all(one.end_s <= other.start_s for one, other in pairwise(windows))


@given(spans=spans, seconds=st.floats(1, 110), longest=st.floats(0.5, 40))
def test_all_windows_together_are_all_of_the_background(
    spans: list[tuple[float, float]], seconds: float, longest: float
) -> None:
    rows = tuple(Detection("a", "0", Event(start, start + length, "owl", score=0.5)) for start, length in spans)
    free = Scanned(Path("effort.csv"), {("a", "0"): seconds}).free(rows)
    windows, _ = draw_windows(free, 10**6, longest, np.random.default_rng(0))
    whole = sum(end - start for _, (start, end) in free)
    assert sum(window.end_s - window.start_s for window in windows) == pytest.approx(
        whole, abs=0.002 * len(free) + 1e-9
    )


lengths = st.lists(st.integers(1, 10_000), min_size=1, max_size=40)


@given(lengths=lengths, n=st.integers(1, 50), seed=st.integers(0, 99))
def test_as_many_windows_are_drawn_as_wanted_none_twice(lengths: list[int], n: int, seed: int) -> None:
    probability = inclusion(np.array(lengths), n)
    assert probability.sum() == pytest.approx(min(n, len(lengths)))
    drawn = systematic(probability, np.random.default_rng(seed)).tolist()
    assert len(drawn) == len(set(drawn)) == min(n, len(lengths))
    assert set(np.flatnonzero(probability >= 1).tolist()) <= set(drawn)


def test_every_detection_is_drawn_with_the_probability_that_is_written_beside_it() -> None:
    found = detections_of(np.random.default_rng(0).beta(2, 1, 60).round(2).tolist())
    n_draws, counts, probability = 3000, Counter[str](), {}
    for seed in range(n_draws):
        for item in draw(found, AuditRequest(n=25, n_strata=3, seed=seed)):
            counts[item.id] += 1
            probability[item.id] = item.probability
    assert len(probability) == 60
    for name, p in probability.items():
        assert abs(counts[name] / n_draws - p) < 4.5 * np.sqrt(p * (1 - p) / n_draws)
    assert sum(probability.values()) == pytest.approx(25)


def test_every_window_is_drawn_with_the_probability_that_is_written_beside_it() -> None:
    world = make_world([0.5] * 5, lambda _: 1.0)
    n_draws, counts, probability = 3000, Counter[float](), {}
    free = world.scanned.free(world.detections.rows)
    for seed in range(n_draws):
        windows, size = draw_windows(free, 12, 20.0, np.random.default_rng(seed))
        for window in windows:
            counts[window.start_s] += 1
            probability[window.start_s] = window.probability
    assert len(probability) == size
    for start, p in probability.items():
        assert abs(counts[start] / n_draws - p) < 4.5 * np.sqrt(p * (1 - p) / n_draws)


def estimates(world: World, request: AuditRequest, n_draws: int) -> tuple[list[Estimate], list[Estimate]]:
    """Estimate precision and missed calls from many samples of one world."""
    precision, missed = [], []
    for seed in range(n_draws):
        one = AuditRequest(n=request.n, n_background=request.n_background, window_s=request.window_s, seed=seed)
        answers = world.answers(draw(world.detections, one, world.scanned))
        windows = [answer for answer in answers if answer.stratum is None]
        drawn = [answer for answer in answers if answer.stratum is not None]
        found, heard = gather("owl", drawn, world.detections).precision(), background_figures(windows)
        assert found is not None
        assert heard is not None
        precision.append(found)
        missed.append(heard.missed)
    return precision, missed


def coverage(found: list[Estimate], truth: float) -> float:
    return float(np.mean([one.low - 1e-9 <= truth <= one.high + 1e-9 for one in found]))


def unbiased(found: list[Estimate], truth: float) -> bool:
    values = np.array([one.value for one in found])
    return abs(values.mean() - truth) <= 4 * values.std() / np.sqrt(len(values)) + 1e-9


WORLDS: dict[str, tuple[Callable[[float], float], int, int, int]] = {
    "calibrated": (lambda score: score, 600, 100, 20),
    "steep": (lambda score: float(score > 0.8), 600, 100, 20),
    "mostly right": (lambda _: 0.97, 600, 100, 5),
    "mostly wrong": (lambda _: 0.03, 600, 100, 20),
    "all right": (lambda _: 1.0, 600, 100, 20),
    "all wrong": (lambda _: 0.0, 600, 100, 20),
    "half of few": (lambda score: score, 60, 30, 6),
    "nearly all of few": (lambda _: 0.9, 60, 50, 6),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_estimates_are_right_on_average_and_their_intervals_hold_the_truth_as_often_as_they_say(name: str) -> None:
    precision_at, size, n, n_missed = WORLDS[name]
    drawn = np.random.default_rng(7).uniform(0.3, 1.0, size).round(3).tolist()
    world = make_world(drawn, precision_at, n_missed, seed=7)
    precision, missed = estimates(world, AuditRequest(n=n, n_background=80, window_s=5.0), 300)
    assert unbiased(precision, float(world.right.mean()))
    assert unbiased(missed, len(world.missed))
    held = coverage(precision, float(world.right.mean()))
    assert held >= 0.9
    if not name.startswith(("all", "nearly")):
        assert held <= 0.99
    assert coverage(missed, len(world.missed)) >= 0.9
    recall = [share_of_sum(size * one, other) for one, other in zip(precision, missed, strict=True)]
    assert coverage([one for one in recall if one is not None], world.recall) >= 0.9


@given(scores=scores, seed=st.integers(0, 2**40))
@settings(max_examples=30)
def test_the_same_seed_draws_the_same_sample(scores: list[float], seed: int) -> None:
    found = detections_of(scores)
    assert draw(found, AuditRequest(n=9, seed=seed)) == draw(found, AuditRequest(n=9, seed=seed))


def test_another_seed_draws_another_sample() -> None:
    found = detections_of([n / 100 for n in range(100)])
    assert {item.id for item in draw(found, AuditRequest(n=9))} != {
        item.id for item in draw(found, AuditRequest(n=9, seed=1))
    }


def test_what_is_drawn_of_a_label_does_not_depend_on_the_others() -> None:
    owls, frogs = detections_of([0.5] * 50).rows, detections_of([0.5] * 50, "frog").rows
    both, alone = Detections(Path("d"), owls + frogs, "d"), Detections(Path("d"), owls, "d")
    drawn = [item.id for item in draw(both, AuditRequest(n=9)) if item.label == "owl"]
    assert sorted(drawn) == sorted(item.id for item in draw(alone, AuditRequest(n=9)))
    assert sorted(drawn) == sorted(item.id for item in draw(both, AuditRequest(labels=("owl",), n=9)))


@given(scores=scores)
@settings(max_examples=30)
def test_a_sample_as_large_as_the_detections_takes_all_and_leaves_no_doubt(scores: list[float]) -> None:
    world = make_world(scores, lambda score: score)
    items = draw(world.detections, AuditRequest(n=len(scores) + 5))
    assert sorted(item.id for item in items) == sorted(f"D{n + 1}" for n in range(len(scores)))
    precision = gather("owl", world.answers(items), world.detections).precision()
    assert precision is not None
    truth = float(world.right.mean())
    assert (precision.value, precision.low, precision.high) == pytest.approx((truth, truth, truth))


def test_the_order_of_a_sample_tells_nothing_of_scores_unless_it_is_asked_to() -> None:
    found = detections_of([n / 400 for n in range(400)])
    shuffled = [item.score or 0.0 for item in draw(found, AuditRequest(n=200))]
    assert abs(np.corrcoef(shuffled, range(200))[0, 1]) < 0.2
    by_score = [item.score or 0.0 for item in draw(found, AuditRequest(n=200, by_score=True))]
    assert by_score == sorted(by_score, reverse=True)
