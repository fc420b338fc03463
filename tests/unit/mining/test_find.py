"""What is wrongly found: high scores beside every call and doubt, the hardest first, none twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.clips import CONFUSING, UNCERTAIN
from detector.events import Event, overlap_s
from detector.mining.find import FLOOR, PeakKeeper, Peaks, Search, overlaps
from detector.model import Operating, OperatingPoint
from detector.place import LocalPlace
from detector.scanning.blocks import ScoreBlock
from detector.scanning.windows import Points

POINTS = Points(0.5, 0.25, 0.5)  # windows of 1 s, every 0.25 s
WINDOWS = Search(POINTS, 1.0, 20.0, columns=False)
COLUMNS = Search(Points(0.0, 0.1, 0.05), 1.0, 20.0, columns=True)
tenths = st.integers(0, 100).map(lambda n: n / 10)
spans = st.tuples(tenths, tenths).map(sorted).map(tuple)


def peaks(hardness: dict[int, float]) -> Peaks:
    return Peaks(np.array(list(hardness), dtype=np.int64), np.array(list(hardness.values())))


@given(st.lists(spans, min_size=1), st.lists(spans))
def test_stretches_meet_spans_where_they_share_time(stretches: list[tuple[float, float]], known: list) -> None:
    found = overlaps(*np.array(stretches).T, known)
    of_time = [span for span in known if span[1] > span[0]]
    wanted = [any(overlap_s(one, span) > 0 for span in of_time) for one in stretches]
    lasting = [one[1] > one[0] for one in stretches]
    assert [bool(hit) for hit, lasts in zip(found, lasting) if lasts] == [
        hit for hit, lasts in zip(wanted, lasting) if lasts
    ]


@given(
    st.dictionaries(st.integers(0, 70), st.floats(FLOOR, 2), min_size=1).map(lambda d: dict(sorted(d.items()))),
    st.lists(st.tuples(spans, st.sampled_from(["a", UNCERTAIN, CONFUSING]))),
    st.lists(tenths),
    st.integers(1, 5),
)
def test_windows_meet_no_call_lie_apart_and_are_the_hardest(
    hardness: dict[int, float], annotated: list, taken: list[float], most: int
) -> None:
    known = [Event(*span, label) for span, label in annotated if span[1] > span[0]]
    chosen = WINDOWS.windows(peaks(hardness), known, taken, most)
    calls = [event.span for event in known if event.label != CONFUSING]

    def allowed(start: float, others: list[float]) -> bool:
        beside = not any(overlap_s((start, start + 1), call) > 0 for call in calls)
        return beside and all(abs(start - other) >= 0.5 - 1e-6 for other in others)

    starts = [start for start, _ in chosen]
    assert len(chosen) <= most
    assert all(allowed(start, [*taken, *starts[:n]]) for n, start in enumerate(starts))
    assert [hard for _, hard in chosen] == sorted((hard for _, hard in chosen), reverse=True)
    if len(chosen) < most:  # nothing that may be taken is left
        assert not any(allowed(POINTS.at(number) - 0.5, [*taken, *starts]) for number in hardness)


def test_high_columns_that_reach_into_a_call_are_its_edge_and_others_are_wrong() -> None:
    high = dict.fromkeys([*range(10, 20), *range(50, 53)], 1.0) | {51: 1.5}
    chosen = COLUMNS.windows(peaks(high), [Event(1.5, 3.0, "a")], [], 9)
    assert chosen == [(pytest.approx(5.1 - 0.5), 1.5)]


def test_a_window_around_a_column_stays_in_the_recording() -> None:
    chosen = COLUMNS.windows(peaks({0: 1.0, 199: 0.9}), [], [], 9)
    assert [start for start, _ in chosen] == [0.0, 19.0]


def test_only_points_near_their_labels_threshold_are_kept_with_their_numbers() -> None:
    operating = Operating(label=(OperatingPoint(name="a", threshold=0.8), OperatingPoint(name="b", threshold=0.2)))
    keeper = PeakKeeper(operating)
    for first in (0, 3):
        scores = np.array([[0.8, 0.0], [0.39, 0.09], [0.0, 0.1]])
        keeper(ScoreBlock(LocalPlace(Path("x")), POINTS, first, 9.0, {"0": scores, "1": scores[:0]}))
    found = keeper.peaks()
    assert list(found) == ["0"]
    assert found["0"].numbers.tolist() == [0, 2, 3, 5]
    assert found["0"].hardness.tolist() == pytest.approx([1.0, 0.5, 1.0, 0.5])
    assert keeper.peaks() == {}
