"""Which epoch is the best: average precision, then loss; never one whose loss is no number."""

from __future__ import annotations

import math

import pytest

from detector.training.history import Epoch, History


def epoch(number: int, precision: float, loss: float) -> Epoch:
    return Epoch(number, 0.1, loss, precision, 1e-3, 1.0)


@pytest.mark.parametrize(
    ("precision", "loss", "better"),
    [
        (0.81, 9.0, True),
        (0.79, 0.1, False),
        (0.80001, 0.6, False),  # the same to 4 places
        (0.80001, 0.4, True),
        (0.8, 0.5, False),
        (math.nan, 0.1, False),
        (0.9, math.nan, False),
        (0.9, math.inf, False),
    ],
)
def test_average_precision_to_4_places_decides_then_the_loss(precision: float, loss: float, better: bool) -> None:
    progress = History("", [epoch(1, 0.8, 0.5)], best=1)
    assert progress.is_better(epoch(2, precision, loss)) == better


def test_the_first_epoch_is_the_best_so_far() -> None:
    assert History("").is_better(epoch(1, math.nan, 3.0))
