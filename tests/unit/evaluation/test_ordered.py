from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.evaluation.chain import Segments
from detector.evaluation.ordered import Ordered

ROWS = st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 3), st.integers(0, 2)), max_size=30)


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_quantiles_of_weighted_values_are_those_of_the_values_repeated(
    labels: list[list[tuple[int, int, int]]],
) -> None:
    rows = [row for of_label in labels for row in sorted(of_label)]
    values = np.array([float(value) for value, _, _ in rows])
    weights = np.array([[one, other] for _, one, other in rows], dtype=np.int16).reshape(-1, 2)
    segments = Segments.of([len(of_label) for of_label in labels])
    drawn = Ordered(values, np.arange(len(rows)), segments).drawn(weights)
    figures = [drawn.median(), *drawn.quantiles((0.5, 0.9))]
    for n, draw in product(range(len(labels)), (0, 1)):
        own = slice(*segments.firsts[n : n + 2])
        repeated = np.repeat(values[own], weights[own, draw])
        expected = [np.median(repeated), *np.quantile(repeated, (0.5, 0.9))] if len(repeated) else [np.nan] * 3
        assert [figure[n, draw] for figure in figures] == pytest.approx(expected, nan_ok=True)
