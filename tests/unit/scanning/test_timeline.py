from __future__ import annotations

import numpy as np
import pytest

from detector.scanning.timeline import timeline
from detector.scanning.windows import Columns, WindowGrid


def grid(hop: int = 6) -> WindowGrid:
    """Five columns, two frames apart, the first on frame 3 of a window; windows `hop` frames apart."""
    return WindowGrid(first=-3, hop=hop, length=15, frame_rate=100.0, columns=Columns(5, 2, 3.0))


def averaged(scores: np.ndarray, n_frames: float, hop: int = 6) -> np.ndarray:
    line = timeline(grid(hop))
    return np.concatenate([line.push(scores[:1]), line.push(scores[1:]), line.flush(n_frames)])


def test_windows_that_agree_give_what_they_agree_on() -> None:
    truth = np.random.default_rng(0).uniform(size=(17, 2))
    scores = np.stack([truth[3 * k : 3 * k + 5] for k in range(5)]).astype(np.float32)
    assert averaged(scores, 33.0) == pytest.approx(truth, abs=1e-6)


def test_the_middle_of_a_window_counts_most_and_its_ends_count() -> None:
    scores = np.stack([np.zeros((5, 1)), np.ones((5, 1))]).astype(np.float32)
    rows = averaged(scores, 15.0)[:, 0]  # weights 1 2 3 2 1, the second window three columns later
    assert rows.tolist() == pytest.approx([0, 0, 0, 1 / 3, 2 / 3, 1, 1, 1])


def test_columns_beyond_the_recording_are_left_out() -> None:
    scores = np.ones((2, 5, 1), dtype=np.float32)
    assert [len(averaged(scores, n)) for n in (10.9, 11.0, 11.1, 12.9, 13.1)] == [6, 6, 7, 7, 8]


def test_windows_need_not_overlap() -> None:
    scores = np.arange(10, dtype=np.float32).reshape(2, 5, 1)
    assert averaged(scores, 19.0, hop=10)[:, 0].tolist() == list(range(10))


def test_windows_with_one_score_are_points_already() -> None:
    line = timeline(WindowGrid(0, 10, 40, 100.0))
    assert line.push(np.array([[0.25], [0.5]], dtype=np.float32)).tolist() == [[0.25], [0.5]]
    assert len(line.flush(100.0)) == 0
