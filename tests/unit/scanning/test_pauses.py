"""A detection never lasts longer than a pause of the recorder lets it, and gets the time of its own raw file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.events import Event
from detector.scanning.cuts import cut_at
from detector.scanning.results import detections_of
from tests.recorders import RATE, Clock, harp, wav
from tests.scans import detected

from .conftest import noise, tone_model, with_tones

STARTS: list[Clock] = [(22, 5, 6, 7, 0, 0, 500), (22, 5, 6, 7, 10, 0, 0), (22, 5, 6, 7, 20, 0, 0)]
RAW_S = 6.0
SIZES = [round(RAW_S * RATE) * 2] * 3
TONES = ((1.0, 2.0), (5.5, 7.0), (13.0, 14.0))


def test_detections_in_a_duty_cycled_xwav_get_the_times_that_a_calculation_by_hand_gives(tmp_path: Path) -> None:
    samples = (with_tones(noise(3 * RAW_S), *TONES) * 32767).astype(np.int16)
    cycled = wav(tmp_path / "cycled.x.wav", [harp(STARTS, SIZES)], samples=samples)
    scanned = detected(tone_model("frame"), cycled)
    rows = list(detections_of(scanned))
    spans = [row.event.span for row in rows]
    assert np.array(spans) == pytest.approx(np.array([(1.0, 2.0), (5.5, 6.0), (6.0, 7.0), (13.0, 14.0)]), abs=0.05)
    assert (spans[1][1], spans[2][0]) == (RAW_S, RAW_S)
    by_hand = ["07:00:01.500", "07:00:06.000", "07:10:00.000", "07:20:01.000"]  # a raw file's start, and the rest
    for row, clock in zip(rows, by_hand):
        assert row.start_time is not None
        late = datetime.fromisoformat(row.start_time) - datetime.fromisoformat(f"2022-05-06T{clock}+00:00")
        assert abs(late.total_seconds()) < 0.05
    assert rows[2].start_time == "2022-05-06T07:10:00.000+00:00"
    assert rows[1].event.score == rows[2].event.score
    continuous = wav(tmp_path / "continuous.wav", samples=samples)
    assert [event.span for _, event in detected(tone_model("frame"), continuous).detections] == [
        spans[0], (spans[1][0], spans[2][1]), spans[3]
    ]  # fmt: skip


@given(
    st.floats(0, 50), st.floats(0.01, 50), st.lists(st.floats(0, 100), max_size=9, unique=True).map(sorted),
    st.floats(0, 2),
)  # fmt: skip
def test_the_parts_of_a_cut_event_lie_in_it_and_cross_no_pause(
    start_s: float, length_s: float, breaks: list[float], shortest_s: float
) -> None:
    event = Event(start_s, start_s + length_s, "owl", 1.0, 2.0, 0.5)
    parts = list(cut_at(breaks, event, shortest_s))
    inside = [offset for offset in breaks if event.start_s < offset < event.end_s]
    if not inside:
        assert parts == [event]
    for part in parts:
        assert (part.label, part.low_hz, part.high_hz, part.score) == ("owl", 1.0, 2.0, 0.5)
        assert event.start_s <= part.start_s < part.end_s <= event.end_s
        assert not any(part.start_s < offset < part.end_s for offset in breaks)
        assert not inside or part.duration_s >= shortest_s - 1e-6
    dropped = len(inside) + 1 - len(parts)
    missing_s = event.duration_s - sum(part.duration_s for part in parts)
    assert missing_s <= dropped * max(shortest_s, 0.001) + 1e-6
