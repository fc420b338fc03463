"""The duty cycle is found whatever single files are missing; gaps and coverage add up to the whole time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, lists, sets, tuples

from detector.survey.schedule import SLACK_S, Schedule, find_coverage, find_schedule

MINUTE = 60.0
HALF_HOUR = 30 * MINUTE


def recordings(on_s: float, every_s: float, number: int) -> list[tuple[float, float]]:
    return [(n * every_s, n * every_s + on_s) for n in range(number)]


@given(sets(integers(1, 46), max_size=5), lists(floats(-1, 1), min_size=48, max_size=48))
def test_missing_files_and_late_starts_leave_the_duty_cycle_as_it_is(missing: set[int], late: list[float]) -> None:
    spans = [(start + late[n], end + late[n]) for n, (start, end) in enumerate(recordings(300, HALF_HOUR, 48))]
    kept = [span for n, span in enumerate(spans) if n not in missing]
    schedule = find_schedule([kept])
    assert schedule is not None
    assert (schedule.on_s, schedule.every_s) == pytest.approx((300, HALF_HOUR), abs=2)
    gaps = find_coverage(kept, schedule).gaps
    holes = sum(n + 1 in missing and n not in missing for n in range(47))
    assert len(gaps) == holes


@pytest.mark.parametrize(("on_s", "continuous"), [(3600, True), (3599, True), (3595, False), (3601, True)])
def test_recordings_without_a_pause_are_continuous(on_s: float, continuous: bool) -> None:
    schedule = find_schedule([recordings(on_s, 3600, 10)])
    assert schedule is not None
    assert schedule.is_continuous == continuous


def test_nights_only_are_a_duty_cycle_with_a_gap_for_each_day() -> None:
    nights = [(start + day * 86400, end + day * 86400) for day in range(3) for start, end in recordings(300, 1800, 20)]
    assert find_schedule([nights]) == Schedule(300, 1800)
    assert len(find_coverage(nights, Schedule(300, 1800)).gaps) == 2


def test_each_recorder_has_its_own_rhythm() -> None:
    first = recordings(300, HALF_HOUR, 20)
    second = [(start + 600, end + 600) for start, end in first]
    assert find_schedule([first, second]) == Schedule(300, HALF_HOUR)


@pytest.mark.parametrize("starts", [[], [0], [0, 1800], [0, 100, 1000, 1750, 4000, 9100]])
def test_too_few_or_irregular_recordings_have_no_duty_cycle(starts: list[float]) -> None:
    assert find_schedule([[(start, start + 60) for start in starts]]) is None


@given(lists(tuples(integers(0, 10**6), integers(1, 5000)), min_size=1, max_size=40))
def test_covered_time_and_pauses_make_the_whole_time(drawn: list[tuple[int, int]]) -> None:
    spans = [(float(start), float(start + length)) for start, length in drawn]
    coverage = find_coverage(spans)
    seconds = {second for start, length in drawn for second in range(start, start + length)}
    total = max(seconds) - min(seconds) + 1
    assert coverage.share == pytest.approx(len(seconds) / total)
    pauses = [later - second - 1 for second, later in pairwise(sorted(seconds)) if later - second - 1 > SLACK_S]
    assert [end - start for start, end in coverage.gaps] == pauses
