from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.estimates.draws import MOST_OFTEN, narrowed
from detector.estimates.sums import MOST_ROWS, Sums
from detector.evaluation.chain import Segments
from detector.evaluation.ordered import Ordered


@pytest.mark.parametrize("n_rows", [1, MOST_ROWS, MOST_ROWS + 1, 100_000])
@pytest.mark.parametrize("often", [1, MOST_OFTEN, MOST_OFTEN + 1, 20_000])
def test_sums_of_weights_are_exact_however_many_rows_and_however_often(n_rows: int, often: int) -> None:
    weights = narrowed(np.array([[often], [0]], dtype=np.int32))
    sums = Sums(np.repeat([0, 1], n_rows), np.array([n_rows, 2 * n_rows]))
    assert sums.of(weights)[:, 0].tolist() == [n_rows * often, 0]
    assert Segments.of([2]).down(sums.of(weights))[:, 0].tolist() == [n_rows * often, n_rows * often]


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
