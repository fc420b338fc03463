"""Background is what was scanned without a detection of the label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detector.audit.background import Scanned, cut_windows, draw_windows, inclusion, read_scanned
from detector.errors import AnnotationError, ConfigurationError
from detector.events import Event
from detector.tables.detection import Detection
from detector.tables.effort import COLUMNS


def located(recording: str, channel: str, start: float, end: float) -> Detection:
    return Detection(recording, channel, Event(start, end, "owl", score=0.5))


def effort(path: Path, *rows: tuple[str, str, str]) -> Path:
    lines = [f"{recording},{channel},ok,30.000,{scanned},,," for recording, channel, scanned in rows]
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
    return path


def test_the_effort_table_of_a_scan_is_read(tmp_path: Path) -> None:
    path = effort(tmp_path / "effort.csv", ("a.wav", "0", "30.000"), ("a.wav", "1", "12.500"), ("b.wav", "", "0.000"))
    scanned = read_scanned(path)
    assert scanned.seconds == {("a.wav", "0"): 30.0, ("a.wav", "1"): 12.5, ("b.wav", ""): 0.0}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("a.wav", "0", "3"), ("a.wav", "0", "3")], "row 2: a.wav, channel '0'"),
        ([("a.wav", "0", "")], "row 1: scanned_s ''"),
    ],
)
def test_a_faulty_effort_table_is_named_with_its_row(
    tmp_path: Path, rows: list[tuple[str, str, str]], told: str
) -> None:
    with pytest.raises(AnnotationError) as fault:
        read_scanned(effort(tmp_path / "effort.csv", *rows))
    assert told in str(fault.value)


def test_what_is_free_is_told_for_each_channel() -> None:
    scanned = Scanned(Path("e"), {("a", "0"): 10.0, ("a", "1"): 10.0, ("b", ""): 0.0})
    rows = [located("a", "0", 2.0, 4.0), located("a", "1", 3.0, 20.0)]
    assert scanned.free(rows) == [(("a", "0"), (0.0, 2.0)), (("a", "0"), (4.0, 10.0)), (("a", "1"), (0.0, 3.0))]


def test_a_detection_on_no_known_channel_touches_all_of_them() -> None:
    scanned = Scanned(Path("e"), {("a", "0"): 10.0, ("a", "1"): 10.0})
    assert scanned.free([located("a", "mix", 0.0, 6.0)]) == [
        (("a", "0"), (6.0, 10.0)),
        (("a", "1"), (6.0, 10.0)),
    ]


def test_detections_in_a_recording_that_was_not_scanned_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"`effort`: e\.csv: has no row for b\.wav"):
        Scanned(Path("e.csv"), {("a.wav", "0"): 10.0}).free([located("b.wav", "0", 0.0, 1.0)])


def test_a_gap_is_cut_into_equal_windows_no_longer_than_wanted() -> None:
    windows, gap = cut_windows(np.array([[0, 10_000], [20_000, 20_900], [30_000, 30_000]]), 4000)
    assert windows.tolist() == [[0, 3333], [3333, 6666], [6666, 10_000], [20_000, 20_900]]
    assert gap.tolist() == [0, 0, 0, 1]


def test_a_window_is_drawn_in_proportion_to_its_length() -> None:
    assert inclusion(np.array([100, 200, 300, 400]), 2).tolist() == pytest.approx([0.2, 0.4, 0.6, 0.8])


def test_a_window_that_would_be_drawn_more_than_once_is_certain_and_the_others_share_the_rest() -> None:
    assert inclusion(np.array([100, 200, 300, 5400]), 3).tolist() == pytest.approx([1 / 3, 2 / 3, 1.0, 1.0])


def test_more_windows_than_there_are_is_all_of_them() -> None:
    free = [(("a", "0"), (0.0, 7.0)), (("b", "0"), (1.0, 2.0))]
    windows, size = draw_windows(free, 50, 4.0, np.random.default_rng(0))
    assert size == 3
    assert [(one.recording, one.start_s, one.end_s, one.probability) for one in windows] == [
        ("a", 0.0, 3.5, 1.0), ("a", 3.5, 7.0, 1.0), ("b", 1.0, 2.0, 1.0),
    ]  # fmt: skip


def test_no_background_is_no_window() -> None:
    assert draw_windows([], 5, 4.0, np.random.default_rng(0)) == ([], 0)
