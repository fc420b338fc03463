from __future__ import annotations

import numpy as np
import pytest

from detector.estimates.draws import MOST_OFTEN, narrowed
from detector.estimates.sums import MOST_ROWS, Sums
from detector.evaluation.chain import Segments


@pytest.mark.parametrize("n_rows", [1, MOST_ROWS, MOST_ROWS + 1, 100_000])
@pytest.mark.parametrize("often", [1, MOST_OFTEN, MOST_OFTEN + 1, 20_000])
def test_sums_of_weights_are_exact_however_many_rows_and_however_often(n_rows: int, often: int) -> None:
    weights = narrowed(np.array([[often], [0]], dtype=np.int32))
    sums = Sums(np.repeat([0, 1], n_rows), np.array([n_rows, 2 * n_rows]))
    assert sums.of(weights)[:, 0].tolist() == [n_rows * often, 0]
    assert Segments.of([2]).down(sums.of(weights))[:, 0].tolist() == [n_rows * often, n_rows * often]
