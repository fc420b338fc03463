from __future__ import annotations

import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.evaluation.evaluate import evaluate
from detector.evaluation.material import Material, Unit
from detector.evaluation.settings import EvaluateSettings
from detector.evaluation.sweep import Stretches, count_pairs, covered_s, find_pairs, number_times, portions, reaches
from detector.events import merged, overlap_s

from .conftest import event

Rows = list[tuple[int, tuple[float, float]]]
SPANS = st.tuples(st.integers(0, 20), st.integers(1, 6)).map(lambda pair: (float(pair[0]), float(sum(pair))))
ROWS = st.lists(st.tuples(st.integers(0, 2), SPANS), max_size=12)


def stretches(*sets: Rows) -> list[Stretches]:
    times, edges = number_times(*(np.array([span for _, span in rows], float).reshape(-1, 2) for rows in sets))
    return [Stretches(np.array([cell for cell, _ in rows], np.intp), own, times) for rows, own in zip(sets, edges)]


@given(rows=ROWS, others=ROWS)
def test_pairs_are_those_that_share_time_in_one_cell_each_once(rows: Rows, others: Rows) -> None:
    ones, theirs = stretches(rows, others)
    pairs = find_pairs(ones, theirs)
    expected = {
        (n, m): overlap_s(span, other)
        for n, (cell, span) in enumerate(rows)
        for m, (its_cell, other) in enumerate(others)
        if cell == its_cell and overlap_s(span, other) > 0
    }
    assert len(pairs.first) == len(expected)
    assert dict(zip(zip(pairs.first.tolist(), pairs.second.tolist()), pairs.shared_s.tolist())) == expected
    assert count_pairs(ones, theirs).tolist() == np.bincount(pairs.first, minlength=len(rows)).tolist()


@given(rows=ROWS, others=ROWS)
def test_covered_time_is_counted_once_however_many_spans_cover_it(rows: Rows, others: Rows) -> None:
    ones, theirs = stretches(rows, others)
    expected = [
        len({s for its, (a, b) in others if its == cell for s in range(int(a), int(b))} & set(range(int(c), int(d))))
        for cell, (c, d) in rows
    ]
    assert covered_s(ones, theirs).tolist() == expected


@given(rows=ROWS)
def test_united_spans_are_those_of_each_cell_joined(rows: Rows) -> None:
    (ones,) = stretches(rows)
    union = ones.united
    expected = [(cell, span) for cell in range(3) for span in merged(span for own, span in rows if own == cell)]
    assert list(zip(union.cells.tolist(), map(tuple, union.spans.tolist()))) == expected


def test_a_share_is_reached_to_the_microsecond() -> None:
    span, enough, too_little = stretches([(0, (0.1, 0.4))], [(0, (0.1, 0.25))], [(0, (0.1, 0.249998))])
    assert reaches(covered_s(span, enough), 0.5, span).all()
    assert not reaches(covered_s(span, too_little), 0.5, span).any()


@given(sizes=st.lists(st.integers(0, 9)), most=st.integers(0, 20))
def test_portions_have_every_row_once_and_no_more_than_may_be_unless_a_row_is_alone(
    sizes: list[int], most: int
) -> None:
    taken = list(portions(np.array(sizes, np.intp), most))
    assert [n for rows in taken for n in range(rows.start, rows.stop)] == list(range(len(sizes)))
    assert all(sum(sizes[rows]) <= most or rows.stop - rows.start == 1 for rows in taken)


def spread_out(n: int) -> Material:
    """Make a long recording whose events are as dense whatever their number, one of them as long as all of it."""
    rng = np.random.default_rng(0)
    starts = rng.uniform(0, n, (2, n)).round(3)
    unit = Unit("a.wav")
    calls = [event(0, n), *(event(start, start + 1) for start in starts[0])]
    return Material({unit: calls}, {unit: [event(s, s + 1, score=n % 97 / 97) for n, s in enumerate(starts[1])]})


def peak_bytes(material: Material) -> int:
    tracemalloc.start()
    try:
        evaluate(material, EvaluateSettings(draws=0))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_with_the_events_and_not_with_their_square() -> None:
    small, large = (peak_bytes(spread_out(n)) for n in (1000, 4000))
    assert large < 6 * small


def test_labels_and_units_without_events_of_each_other_cost_nothing() -> None:
    def scattered(n: int) -> Material:
        reference = {Unit(f"{m}.wav"): [event(1, 2, f"label {m}")] for m in range(n)}
        return Material(reference, {unit: [event(1, 2, events[0].label, 0.5)] for unit, events in reference.items()})

    small, large = (peak_bytes(scattered(n)) for n in (100, 400))
    assert large < 6 * small  # 16 with every label in every unit
