from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.evaluation.overlap import covered_s, reaches

SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)).map(lambda pair: (pair[0], pair[0] + pair[1])))


@given(spans=SPANS, others=SPANS)
def test_covered_time_is_counted_once_however_many_spans_cover_it(
    spans: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    seconds = {second for start, end in others for second in range(start, end)}
    expected = [len(seconds & set(range(start, end))) for start, end in spans]
    assert covered_s(np.array(spans, float).reshape(-1, 2), others).tolist() == expected


def test_a_share_is_reached_to_the_microsecond() -> None:
    span = np.array([[0.1, 0.4]])
    assert reaches(covered_s(span, [(0.1, 0.25)]), 0.5, span).all()
    assert not reaches(covered_s(span, [(0.1, 0.249998)]), 0.5, span).any()
